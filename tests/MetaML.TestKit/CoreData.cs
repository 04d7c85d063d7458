using MetaML.Data;

namespace MetaML.TestKit;

/// <summary>Converts TestKit's rows to task sets of MetaML.Core.</summary>
internal static class CoreData
{
    public static TaskSet Of(IEnumerable<TaskRow> rows, LabelKind kind, ClassSets classSets = ClassSets.Auto, bool sparse = false, bool counts = false)
    {
        FeatureStore store = sparse ? new SparseFeatureStore(TaskRow.FeatureCount) : new DenseFeatureStore(TaskRow.FeatureCount);
        var builder = new TaskSetBuilder(kind, store);
        TaskRow[] all = [.. rows];
        string[] classes = [.. all.Select(row => row.Class).Distinct().Order(StringComparer.Ordinal)];
        foreach (TaskRow row in all)
        {
            float label = kind switch
            {
                LabelKind.Binary => row.Answer ? 1 : 0,
                LabelKind.Multiclass => Array.BinarySearch(classes, row.Class, StringComparer.Ordinal),
                _ => counts ? row.Count : row.Value,
            };
            builder.Add(row.Task, store.Add(new FeatureRow(row.Features)), label, row.Weight);
        }

        return builder.Build(classes.Length, classSets);
    }

    /// <summary>Rows with rare positives.</summary>
    public static TaskSet Of(IEnumerable<RareRow> rows)
    {
        var store = new DenseFeatureStore(RareRow.FeatureCount);
        var builder = new TaskSetBuilder(LabelKind.Binary, store);
        foreach (RareRow row in rows)
            builder.Add(row.Task, store.Add(new FeatureRow(row.Features)), row.Label ? 1 : 0);
        return builder.Build();
    }

    /// <summary>Rows with classes of very different frequencies.</summary>
    public static TaskSet Of(IEnumerable<SkewedRow> rows)
    {
        var store = new DenseFeatureStore(SkewedRow.FeatureCount);
        var builder = new TaskSetBuilder(LabelKind.Multiclass, store);
        foreach (SkewedRow row in rows)
            builder.Add(row.Task, store.Add(new FeatureRow(row.Features)), SkewedRow.Classes.IndexOf(row.Class));
        return builder.Build(SkewedRow.Classes.Length, ClassSets.Common);
    }
}
