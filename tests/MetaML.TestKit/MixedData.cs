using System.Globalization;

namespace MetaML.TestKit;

/// <summary>Data sets of linear mixed models with the results of lme4, in shared/data/mixed beside the repository; none of it is part of the repository.</summary>
internal static class MixedData
{
    /// <summary>The folder; null if it is absent.</summary>
    public static string? Folder { get; } = FindFolder();

    /// <summary>The columns of a table, by name.</summary>
    /// <param name="name">The name of the file without its ending, for example "sleepstudy".</param>
    public static IReadOnlyDictionary<string, string[]> Table(string name)
    {
        string[][] lines = [.. File.ReadLines(Path.Combine(Folder!, name + ".csv")).Select(line => line.Split(',').Select(field => field.Trim('"')).ToArray())];
        return lines[0].Select((column, i) => (column, values: lines.Skip(1).Select(fields => fields[i]).ToArray())).ToDictionary(pair => pair.column, pair => pair.values);
    }

    /// <summary>A column of numbers.</summary>
    public static double[] Numbers(this IReadOnlyDictionary<string, string[]> table, string column) => Array.ConvertAll(table[column], value => double.Parse(value, CultureInfo.InvariantCulture));

    /// <summary>lme4's results by the name of the quantity, for example "se:Days".</summary>
    public static IReadOnlyDictionary<string, double> Reference(string name)
    {
        IReadOnlyDictionary<string, string[]> table = Table(name + ".reference");
        return table["quantity"].Zip(table.Numbers("value")).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    // Above the repository or a worktree of it.
    private static string? FindFolder()
    {
        for (DirectoryInfo? folder = new(SiblingProgram.Root); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", "mixed");
            if (Directory.Exists(path))
                return path;
        }

        return null;
    }
}
