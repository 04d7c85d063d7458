using System.Diagnostics;
using Xunit;

namespace MetaML.TestKit;

/// <summary>Runs a program of this repository, which is built with the tests, as a separate process.</summary>
internal static class SiblingProgram
{
    private static readonly DirectoryInfo s_output = new(AppContext.BaseDirectory);

    /// <summary>The folder of the solution, above tests/project/bin/configuration/framework.</summary>
    public static string Root => s_output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    /// <summary>Runs a program and returns its output. The test fails if the exit code is not 0.</summary>
    /// <param name="project">The folder of the project.</param>
    /// <param name="workingFolder">The working folder; null for that of this process.</param>
    /// <param name="arguments">The arguments of the program.</param>
    public static string Run(string project, string? workingFolder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [PathOf(project), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder ?? "",
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result + output);
        return output;
    }

    /// <summary>Starts a program on Linux. A file beyond the size limit is then an I/O error in the program, and does not end it.</summary>
    /// <param name="project">The folder of the project.</param>
    /// <param name="setting">An environment variable, as in "NAME=value"; or null.</param>
    /// <param name="arguments">The arguments of the program.</param>
    public static Process Start(string project, string? setting, params string[] arguments) =>
        Process.Start(new ProcessStartInfo("bash", ["-c", "trap '' XFSZ; exec env \"$@\"", "bash", setting ?? "NAME=", "dotnet", PathOf(project), .. arguments]) { RedirectStandardOutput = true })!;

    /// <summary>The folder of a program's compiled files.</summary>
    public static string OutputOf(string project) => Path.Combine(Root, project, "bin", s_output.Parent!.Name, s_output.Name);

    private static string PathOf(string project) => Path.Combine(OutputOf(project), Path.GetFileName(project) + ".dll");
}
