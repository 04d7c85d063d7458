using System.Collections.Immutable;
using System.Globalization;
using MetaML.Files;

namespace MetaML.Extensions.Ensembles;

/// <summary>The weights of the models of an ensemble: those of all tasks, and those of tasks that have their own.</summary>
/// <param name="Common">The weight of each model, with sum 1.</param>
/// <param name="TaskColumn">The Task column; null if no task has its own weights.</param>
/// <param name="OfTasks">The weights of tasks that have their own, each with sum 1.</param>
internal sealed record ModelWeights(IReadOnlyList<double> Common, string? TaskColumn, ImmutableDictionary<string, IReadOnlyList<double>> OfTasks)
{
    private const int MostModels = 1 << 10;

    /// <summary>Checks weights, and divides them by their sum.</summary>
    /// <param name="models">The number of models.</param>
    /// <param name="common">The weights; null for equal ones.</param>
    /// <param name="taskColumn">The Task column; null if no task has its own weights.</param>
    /// <param name="ofTasks">The weights of tasks; null for none.</param>
    /// <exception cref="ArgumentException">There are too few or too many models, or the weights of an entry are not as many, or are negative or all 0.</exception>
    public static ModelWeights Of(int models, IReadOnlyList<double>? common, string? taskColumn = null, IEnumerable<KeyValuePair<string, IReadOnlyList<double>>>? ofTasks = null) => models is < 1 or > MostModels
        ? throw new ArgumentException($"An ensemble must have 1 to {MostModels} models; got {models}.", nameof(models))
        : new(
            Normalized(common ?? [.. Enumerable.Repeat(1.0, models)], models, "weights"),
            taskColumn,
            (ofTasks ?? []).ToImmutableDictionary(pair => pair.Key, pair => Normalized(pair.Value, models, $"weights of task '{pair.Key}'"), StringComparer.Ordinal));

    /// <summary>The weights for the rows of a task; null for a row without a task.</summary>
    public IReadOnlyList<double> Of(string? task) => task is not null && OfTasks.TryGetValue(task, out IReadOnlyList<double>? own) ? own : Common;

    /// <summary>The weights without those of a task.</summary>
    public ModelWeights Without(string task) => this with { OfTasks = OfTasks.Remove(task) };

    // double[models]: weights; string: Task column ("" if there is none); int: number of tasks; for each task its name and double[models]: its weights
    public void Write(BinaryWriter writer)
    {
        BinaryFormat.WriteNumbers<double>(writer, [.. Common]);
        writer.Write(TaskColumn ?? "");
        writer.Write(OfTasks.Count);
        foreach (var (task, weights) in OfTasks.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            writer.Write(task);
            BinaryFormat.WriteNumbers<double>(writer, [.. weights]);
        }
    }

    /// <summary>Reads the output of <see cref="Write"/>.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    public static ModelWeights Read(BinaryReader reader, int models)
    {
        if (models is < 1 or > MostModels)
            throw new InvalidDataException($"A saved ensemble must have 1 to {MostModels} models; got {models}. The file is damaged.");
        double[] common = BinaryFormat.ReadNumbers<double>(reader, models);
        string taskColumn = BinaryFormat.ReadName(reader);
        var tasks = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);
        for (int i = BinaryFormat.ReadCount(reader, int.MaxValue, "tasks"); i > 0; i--)
            tasks[BinaryFormat.ReadName(reader)] = BinaryFormat.ReadNumbers<double>(reader, models);
        try
        {
            return Of(models, common, taskColumn.Length > 0 ? taskColumn : null, tasks);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"The weights of a saved ensemble cannot be used: {error.Message} The file is damaged.", error);
        }
    }

    private static IReadOnlyList<double> Normalized(IReadOnlyList<double> weights, int models, string name)
    {
        double sum = weights.Sum();
        if (weights.Count != models || weights.Any(weight => !(weight >= 0)) || !(sum > 0) || double.IsInfinity(sum))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The {name} must be {models} numbers, one for each model, none negative and not all 0; got {string.Join(", ", weights)}. Predictions are averaged with them. Give equal weights if no model is better."), nameof(weights));
        return sum == 1 ? weights : [.. weights.Select(weight => weight / sum)];
    }
}
