using MetaML.Tool.Columns;
using MetaML.Tool.Commands.Settings;
using MetaML.Tool.Output;
using MetaML.Tool.Reading;
using Spectre.Console;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands;

/// <summary>A command.</summary>
internal abstract class ToolCommand<TSettings> : Command<TSettings>
    where TSettings : CommonSettings
{
    public sealed override int Execute(CommandContext context, TSettings settings, CancellationToken cancellationToken)
    {
        Run(new Screen(ConsoleOf(Console.Out), ConsoleOf(Console.Error), settings.IsJson), settings, cancellationToken);
        return 0;
    }

    private static IAnsiConsole ConsoleOf(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    /// <summary>Runs the command.</summary>
    /// <param name="screen">What the user sees.</param>
    /// <param name="settings">The options.</param>
    /// <param name="cancellationToken">Cancelled by Ctrl+C.</param>
    protected abstract void Run(Screen screen, TSettings settings, CancellationToken cancellationToken);

    /// <summary>Describes a file, and shows the number of rows meanwhile.</summary>
    protected static TableDescription Describe(Screen screen, TableFile file, IReadOnlyList<string> missing, CancellationToken cancellationToken) => screen.Run($"Reading {file.Path}", progress =>
        TableDescription.Of(file, missing, screen.IsLive ? new RowCounter(progress) : null, cancellationToken));

    private sealed class RowCounter(IProgress<string> progress) : IProgress<long>
    {
        public void Report(long value) => progress.Report(FormattableString.Invariant($"{value:N0} rows"));
    }
}
