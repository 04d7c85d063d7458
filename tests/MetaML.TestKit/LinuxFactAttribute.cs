using Xunit;

namespace MetaML.TestKit;

/// <summary>A test with means that Linux alone has: bash, prlimit, folders that no one may write.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/prlimit"))
            Skip = "Needs Linux with bash and prlimit.";
    }
}
