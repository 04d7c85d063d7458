using MetaML.Tool.Commands.Settings;
using MetaML.Tool.Generation;
using MetaML.Tool.Output;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;

namespace MetaML.Tool.Commands;

/// <summary>Writes a C# project that learns what 'metaml train' learns.</summary>
internal sealed class CodeCommand : TrainingFileCommand<CodeSettings>
{
    protected override void Run(Screen screen, CodeSettings settings, TablePlan plan, LoadedTable table, CancellationToken cancellationToken)
    {
        if (Directory.Exists(settings.Output) && Directory.EnumerateFileSystemEntries(settings.Output).Any())
            throw new ToolException($"--output must be a folder that is absent or empty; '{settings.Output}' has files. Nothing is written. Choose another folder.");
        string folder = Path.GetFullPath(settings.Output);
        IReadOnlyDictionary<string, string> files = Project.Files(TableFile.Open(settings.File), plan, Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), settings.Seed, settings.UsesTrees);
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in files)
            File.WriteAllText(Path.Combine(folder, name), text);
        screen.Line($"The project is in {settings.Output}: {string.Join(", ", files.Keys)}. Run it with 'dotnet run' in this folder.");
        screen.Json(new { settings.Output, Files = files.Keys });
    }
}
