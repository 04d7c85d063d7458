using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MetaML.Data;
using MetaML.Models;

namespace MetaML.Training.Checkpoints;

/// <summary>Describes the options and hashes the data of a training, to compare them with those of a checkpoint.</summary>
internal static class TrainingFingerprint
{
    // Options that may differ when a training continues.
    private static readonly HashSet<string> s_free =
    [
        nameof(MetaTrainingOptions.CheckpointPath), nameof(MetaTrainingOptions.CheckpointInterval),
        nameof(MetaTrainingOptions.CancellationToken), nameof(MetaTrainingOptions.KeepBestWhenCancelled),
        nameof(MetaTrainingOptions.NumberOfThreads), nameof(MetaTrainingOptions.MaximumTrainingTime), nameof(MetaTrainingOptions.Device), nameof(MetaTrainingOptions.Progress),
        nameof(MetaTrainingOptions.KeepStatistics), nameof(MetaTrainingOptions.StatisticsBufferRows),
    ];

    /// <summary>The options, one line each, sorted by name.</summary>
    public static string OfOptions(MetaTrainingOptions options)
    {
        var lines = new List<string>();
        foreach (PropertyInfo property in Properties(options).Where(property => !s_free.Contains(property.Name)))
            Describe(property.Name, property.GetValue(options), lines);
        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    /// <summary>A hash of tasks, labels and rows.</summary>
    public static string OfData(IReadOnlyList<TaskSet> problems)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add<T>(ReadOnlySpan<T> values)
            where T : unmanaged
        {
            hash.AppendData(BitConverter.GetBytes(values.Length));
            hash.AppendData(MemoryMarshal.AsBytes(values));
        }

        foreach (TaskSet problem in problems)
        {
            Add<int>([(int)problem.Kind, problem.ClassCount, problem.HasCommonOutputs ? 1 : 0, problem.Tasks.Count]);
            foreach (LearningTask task in problem.Tasks)
            {
                Add<char>(task.Name);
                Add<int>(task.Rows);
                Add<float>(task.Labels);
                Add<float>(task.Weights);
                Add<int>(task.Classes);
                if (task.Covariates.Length > 0)
                    Add<float>(task.Covariates);
                foreach (string group in task.Groups)
                    Add<char>(group);
                if (task.Exposures is not null)
                    Add<float>(task.Exposures);
            }
        }

        FeatureStore rows = problems[0].Features; // the store of all problems
        Add<int>([rows.RowCount, rows.FeatureCount]);
        for (int row = 0; row < rows.RowCount; row++)
        {
            Add(rows[row].Indices);
            Add(rows[row].Values);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static void Describe(string name, object? value, List<string> lines)
    {
        switch (value)
        {
            case null:
                lines.Add($"{name} = null");
                break;
            case string or bool or IFormattable:
                lines.Add($"{name} = {Convert.ToString(value, CultureInfo.InvariantCulture)!.ReplaceLineEndings("\\n")}");
                break;
            case MetaModel model:
                lines.Add($"{name} = {Convert.ToHexString(model.Fingerprint)}");
                break;
            case IEnumerable items:
                int count = 0;
                foreach (object? item in items)
                    Describe($"{name}[{count++}]", item, lines);
                lines.Add($"{name}.Count = {count}");
                break;
            default:
                lines.Add($"{name} = {value.GetType().Name}");
                foreach (PropertyInfo property in Properties(value))
                    Describe($"{name}.{property.Name}", property.GetValue(value), lines);
                break;
        }
    }

    private static IEnumerable<PropertyInfo> Properties(object value) =>
        value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.GetIndexParameters().Length == 0);
}
