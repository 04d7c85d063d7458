using System.Text.Json;
using Xunit;

// The tests redirect the console of the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace MetaML.Tool.Tests;

/// <summary>A run of the command line in this process, with what it wrote.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">The standard output.</param>
/// <param name="Error">The standard error.</param>
internal sealed record ToolRun(int ExitCode, string Output, string Error)
{
    /// <summary>The JSON document on the standard output.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Runs a command that succeeds.</summary>
    public static ToolRun Succeeding(params string[] arguments)
    {
        ToolRun run = Of(default, arguments);
        Assert.True(run.ExitCode == 0, $"{run.Error}{run.Output}");
        return run;
    }

    /// <summary>Runs a command that is refused, and returns its message.</summary>
    public static string Refused(params string[] arguments)
    {
        ToolRun run = Of(default, arguments);
        Assert.True(run.ExitCode == ToolApp.Refused, $"{run.ExitCode}: {run.Error}{run.Output}");
        return run.Error;
    }

    /// <summary>Runs a command.</summary>
    public static ToolRun Of(CancellationToken cancellationToken, params string[] arguments)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using StringWriter newOutput = new(), newError = new();
        try
        {
            Console.SetOut(newOutput);
            Console.SetError(newError);
            int code = ToolApp.Run(arguments, cancellationToken);
            return new ToolRun(code, newOutput.ToString(), newError.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
