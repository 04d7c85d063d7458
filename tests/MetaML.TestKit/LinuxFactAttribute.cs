using Xunit;

namespace MetaML.TestKit;

/// <summary>A test that needs Linux: bash, prlimit, and folders without write permission.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/prlimit"))
            Skip = "Needs Linux with bash and prlimit.";
    }
}
