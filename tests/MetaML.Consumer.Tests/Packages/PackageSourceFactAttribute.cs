using System.Diagnostics;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Consumer.Tests.Packages;

/// <summary>A test that installs packages. It is skipped if no package source can be reached.</summary>
internal sealed class PackageSourceFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> s_isReachable = new(CanRestore);

    public PackageSourceFactAttribute()
    {
        if (!s_isReachable.Value)
            Skip = "No package source can be reached from here: a small package could not be restored.";
    }

    private static bool CanRestore()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["probe.csproj"], """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><PackageReference Include="System.Numerics.Tensors" Version="10.0.0" /></ItemGroup>
            </Project>
            """);
        using Process restore = Process.Start(new ProcessStartInfo("dotnet", ["restore", folder["probe.csproj"], "--packages", folder["packages"], "--no-http-cache", "-nodeReuse:false"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder["."],
        })!;
        restore.StandardOutput.ReadToEnd();
        restore.WaitForExit();
        return restore.ExitCode == 0;
    }
}
