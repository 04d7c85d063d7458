using MetaML.Native;
using Xunit;

namespace MetaML.Extensions.Tests;

/// <summary>A fact about systems on which TorchSharp cannot load libtorch by itself.</summary>
internal sealed class OldSystemFactAttribute : FactAttribute
{
    public OldSystemFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || LibTorchSharpResolver.SystemHasNewVersion())
            Skip = "This system is not Linux, or its C++ library is new enough for TorchSharp.";
    }
}
