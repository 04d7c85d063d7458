using System.Reflection;
using System.Text.Json;
using MetaML.Tool.Commands;
using MetaML.Tool.Learning;
using MetaML.Tool.Reading;
using Spectre.Console;
using Spectre.Console.Cli;

namespace MetaML.Tool;

/// <summary>The commands, and the exit codes of errors.</summary>
internal static class ToolApp
{
    /// <summary>Exit code: an unexpected error.</summary>
    public const int Failed = 1;

    /// <summary>Exit code: an error of the command line, the file or the data, which the user can correct.</summary>
    public const int Refused = 2;

    /// <summary>Exit code: cancelled by Ctrl+C.</summary>
    public const int Cancelled = 130;

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="cancellationToken">Cancels the command.</param>
    /// <returns>The exit code: 0, or one of the constants above.</returns>
    public static int Run(string[] arguments, CancellationToken cancellationToken)
    {
        var app = new CommandApp();
        app.Configure(config =>
        {
            config.SetApplicationName("metaml");
            config.SetApplicationVersion(Version);
            config.ConfigureConsole(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) }));
            config.UseStrictParsing();
            config.CancellationExitCode(Cancelled);
            config.SetExceptionHandler((error, _) => Report(error, arguments));
            config.AddCommand<DescribeCommand>("describe")
                .WithDescription("Describe a table (types, missing values, features, possible tasks), or a model.")
                .WithExample("describe", "houses.csv");
            config.AddCommand<CompareCommand>("compare")
                .WithDescription("Compare strategies, and say whether learning across tasks helps.")
                .WithExample("compare", "houses.csv", "--task", "neighborhood", "--label", "price", "--report", "report.html");
            config.AddCommand<TrainCommand>("train")
                .WithDescription("Learn across the tasks of a table, and write a model.")
                .WithExample("train", "houses.csv", "--task", "neighborhood", "--label", "price", "-o", "model.zip");
            config.AddCommand<AdaptCommand>("adapt")
                .WithDescription("Learn new tasks from a few rows each.")
                .WithExample("adapt", "model.zip", "new.csv", "-o", "adapted.zip");
            config.AddCommand<PredictCommand>("predict")
                .WithDescription("Write the rows of a table with their predictions.")
                .WithExample("predict", "adapted.zip", "rows.csv", "-o", "scores.csv");
            config.AddCommand<EvaluateCommand>("evaluate")
                .WithDescription("Compare predictions with the labels of a table, task by task.")
                .WithExample("evaluate", "adapted.zip", "rows.csv");
            config.AddCommand<ExportCommand>("export")
                .WithDescription("Write a model as ONNX, for other languages.")
                .WithExample("export", "model.zip", "--onnx", "model.onnx");
            config.AddCommand<CodeCommand>("code")
                .WithDescription("Write a C# project that learns what 'train' learns.")
                .WithExample("code", "houses.csv", "--task", "neighborhood", "--label", "price", "-o", "Houses");
        });
        return app.Run(arguments, cancellationToken);
    }

    // Without the commit that the SDK adds.
    private static string Version => typeof(ToolApp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static int Report(Exception error, string[] arguments)
    {
        if (error is CommandAppException { Pretty: { } pretty })
            AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }).Write(pretty);
        else if (error is DllNotFoundException)
            Console.Error.WriteLine($"{error.Message.Split('\n')[0]} Set {TorchLibrary.Variable} to the folder of libtorch.");
        else
            Console.Error.WriteLine(IsOfTheUser(error) || error is OperationCanceledException ? error.Message : $"{error.GetType().Name}: {error.Message}");
        if (arguments.Contains("--json"))
            Console.Out.WriteLine(JsonSerializer.Serialize(new { error = error.Message }));
        return error is OperationCanceledException ? Cancelled : IsOfTheUser(error) ? Refused : Failed;
    }

    // The pack checks data and options with these exceptions.
    private static bool IsOfTheUser(Exception error) => error is ToolException or CommandAppException or ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException or InvalidDataException or DllNotFoundException;
}
