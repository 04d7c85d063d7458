using System.Runtime.InteropServices;
using MetaML.Data;
using static TorchSharp.torch;

namespace MetaML.Episodes;

/// <summary>A meta-batch: the supports and queries of several tasks as padded tensors with masks, tasks first.</summary>
/// <remarks>
/// Tasks may have different numbers of rows: padding has weight 0. Sparse features remain sparse: they are values at coordinates, in the
/// columns that have a value anywhere in the batch. <see cref="Columns"/> gives these columns, and the first layer of the encoder uses
/// only the rows of its weight that belong to them.
/// </remarks>
internal sealed class EpisodeBatch
{
    // Targets and scores are [tasks, rows, outputs]: at most a gibibyte of each.
    private const long MostScores = 1L << 28;
    private const int FloatsPerBlock = 1 << 28;

    private EpisodeBatch(LabelKind kind, IReadOnlyList<LearningTask> tasks, RowBatch support, RowBatch query, Tensor classMask, Tensor? columns)
    {
        Kind = kind;
        Tasks = tasks;
        Support = support;
        Query = query;
        ClassMask = classMask;
        Columns = columns;
    }

    /// <summary>What the labels are.</summary>
    public LabelKind Kind { get; }

    /// <summary>The task of each episode. A task may have several episodes.</summary>
    public IReadOnlyList<LearningTask> Tasks { get; }

    /// <summary>Number of episodes.</summary>
    public int TaskCount => Tasks.Count;

    /// <summary>The rows to adapt on.</summary>
    public RowBatch Support { get; }

    /// <summary>The rows that are scored.</summary>
    public RowBatch Query { get; }

    /// <summary>Float [tasks, outputs]: 1 for the outputs that a task has, 0 where padded.</summary>
    public Tensor ClassMask { get; }

    /// <summary>Int64 [features of this batch]: the columns of sparse features that have a value; null if features are dense.</summary>
    public Tensor? Columns { get; }

    /// <summary>Float [tasks, covariates]; null if tasks have none.</summary>
    public Tensor? Covariates { get; private init; }

    /// <summary>Number of outputs of a head: 1, or the largest number of classes.</summary>
    public int OutputCount => (int)ClassMask.shape[1];

    /// <summary>Collects the rows of episodes in tensors, which the current dispose scope owns.</summary>
    /// <param name="set">Holds the rows.</param>
    /// <param name="episodes">At least one episode, all of tasks of <paramref name="set"/>.</param>
    /// <param name="scaling">Applied to each row, or null to leave features as they are.</param>
    /// <param name="device">The device of the tensors.</param>
    /// <param name="dtype">Float32, or float64 to compare with exact computations.</param>
    internal static EpisodeBatch Create(
        TaskSet set, IReadOnlyList<Episode> episodes, FeatureScaling? scaling = null, Device? device = null, ScalarType dtype = ScalarType.Float32)
    {
        // Subtracting a mean makes sparse rows dense.
        int[]? columns = set.Features.IsSparse && scaling?.Shift is null ? ActiveColumns(set.Features, episodes) : null;
        int OutputsOf(Episode episode) => set.Kind == LabelKind.Multiclass ? episode.Classes.Length : 1;
        int outputs = episodes.Max(OutputsOf);
        CheckSize(episodes.Count, episodes.Max(episode => Math.Max(episode.Support.Length, episode.Query.Length)), outputs);
        var mask = new float[episodes.Count * outputs];
        for (int t = 0; t < episodes.Count; t++)
            mask.AsSpan(t * outputs, OutputsOf(episodes[t])).Fill(1);

        Tensor ToTensor(float[] values, long[] shape) => tensor(values, shape, dtype: dtype, device: device);
        RowBatch Gather(Func<Episode, int[]> positions) => GatherRows(set, episodes, positions, ToTensor, columns is null
            ? GatherDense(set, episodes, positions, scaling).to(dtype, device ?? CPU)
            : GatherSparse(set, episodes, positions, scaling, columns, ToTensor));

        return new EpisodeBatch(
            set.Kind,
            [.. episodes.Select(episode => episode.Task)],
            Gather(e => e.Support),
            Gather(e => e.Query),
            ToTensor(mask, [episodes.Count, outputs]),
            columns is null ? null : tensor(Array.ConvertAll(columns, c => (long)c), device: device))
        {
            Covariates = set.CovariateNames.Count == 0 ? null : ToTensor([.. episodes.SelectMany(episode => episode.Task.Covariates)], [episodes.Count, set.CovariateNames.Count]),
        };
    }

    /// <summary>Whether the scores of all rows fit into memory at once.</summary>
    internal static bool Fits(long tasks, long rows, long outputs) => tasks * rows <= MostScores / outputs;

    /// <summary>Throws if there are too many scores: each row has one for each class.</summary>
    /// <exception cref="InvalidOperationException">There are too many scores.</exception>
    internal static void CheckSize(long tasks, long rows, long outputs)
    {
        if (!Fits(tasks, rows, outputs))
            throw new InvalidOperationException($"Tasks · rows · classes that are computed at once must be at most {MostScores}; got {tasks} · {rows} · {outputs}. Each row has a score for each class. Draw fewer classes with Episodes.Ways, or fewer tasks with Episodes.TasksPerIteration, or join rare classes.");
    }

    /// <summary>The same episodes with other features of the same shape.</summary>
    /// <param name="replace">Maps features [tasks, rows, features] to features of the same shape.</param>
    internal EpisodeBatch WithFeatures(Func<Tensor, Tensor> replace)
    {
        RowBatch With(RowBatch rows) => rows.Features.shape[1] == 0 ? rows : new(replace(rows.Features), rows.Labels, rows.Weights) { Exposures = rows.Exposures };
        return new EpisodeBatch(Kind, Tasks, With(Support), With(Query), ClassMask, Columns) { Covariates = Covariates };
    }

    private static RowBatch GatherRows(
        TaskSet set, IReadOnlyList<Episode> episodes, Func<Episode, int[]> positionsOf, Func<float[], long[], Tensor> toTensor, Tensor features)
    {
        int rows = (int)features.shape[1];
        var labels = new float[episodes.Count * rows];
        var weights = new float[labels.Length];
        float[]? exposures = episodes.Any(episode => episode.Task.Exposures is not null) ? [.. Enumerable.Repeat(1f, labels.Length)] : null;
        foreach (var (t, r, task, position) in Rows(episodes, positionsOf))
        {
            float label = task.Labels[position];
            labels[t * rows + r] = set.Kind == LabelKind.Multiclass ? Array.IndexOf(episodes[t].Classes, (int)label) : label;
            weights[t * rows + r] = task.Weights?[position] ?? 1;
            if (exposures is not null)
                exposures[t * rows + r] = task.Exposures?[position] ?? 1;
        }

        return new RowBatch(features, toTensor(labels, [episodes.Count, rows]), toTensor(weights, [episodes.Count, rows]))
        {
            Exposures = exposures is null ? null : toTensor(exposures, [episodes.Count, rows]),
        };
    }

    // Rows are scaled and written to the memory of the tensor, without another copy. One block of the memory at a time, since a span
    // has at most 2³¹ bytes.
    private static Tensor GatherDense(TaskSet set, IReadOnlyList<Episode> episodes, Func<Episode, int[]> positionsOf, FeatureScaling? scaling)
    {
        int rows = episodes.Max(e => positionsOf(e).Length), width = set.Features.FeatureCount;
        Tensor features = zeros(episodes.Count, rows, width, dtype: ScalarType.Float32, device: CPU), flat = features.reshape(-1, width);
        long first = 0, end = 0, last = (long)episodes.Count * rows;
        Span<float> block = [];
        foreach (var (t, r, task, position) in Rows(episodes, positionsOf))
        {
            long offset = (long)t * rows + r;
            if (offset >= end)
            {
                (first, end) = (offset, Math.Min(offset + Math.Max(1, FloatsPerBlock / width), last));
                block = MemoryMarshal.Cast<byte, float>(flat.narrow(0, first, end - first).bytes);
            }

            Span<float> destination = block.Slice((int)(offset - first) * width, width);
            if (scaling is null)
                set.Features.CopyRow(task.Rows[position], destination);
            else
                scaling.Apply(set.Features[task.Rows[position]], destination); // writes every feature: they are dense, or a shift makes them dense
        }

        return features;
    }

    private static Tensor GatherSparse(
        TaskSet set, IReadOnlyList<Episode> episodes, Func<Episode, int[]> positionsOf, FeatureScaling? scaling, int[] columns, Func<float[], long[], Tensor> toTensor)
    {
        int[] indices = IndicesOf(columns, set.Features.FeatureCount);
        int count = Rows(episodes, positionsOf).Sum(row => set.Features[row.Task.Rows[row.Position]].Values.Length), offset = 0;
        var coordinates = new long[3 * count];
        var values = new float[count];
        foreach (var (t, r, task, position) in Rows(episodes, positionsOf))
        {
            FeatureRow row = set.Features[task.Rows[position]];
            Span<float> destination = values.AsSpan(offset, row.Values.Length);
            if (scaling is null)
                row.Values.CopyTo(destination);
            else
                scaling.Apply(row, destination);
            foreach (int column in row.Indices)
            {
                (coordinates[offset], coordinates[count + offset], coordinates[2 * count + offset]) = (t, r, indices[column]);
                offset++;
            }
        }

        return SparseRows.Create(coordinates, toTensor(values, [count]), [episodes.Count, episodes.Max(e => positionsOf(e).Length), columns.Length]);
    }

    private static IEnumerable<(int Number, int Row, LearningTask Task, int Position)> Rows(IReadOnlyList<Episode> episodes, Func<Episode, int[]> positionsOf) =>
        episodes.SelectMany((episode, t) => positionsOf(episode).Select((position, r) => (t, r, episode.Task, position)));

    private static int[] ActiveColumns(FeatureStore features, IReadOnlyList<Episode> episodes)
    {
        var active = new bool[features.FeatureCount];
        foreach (Episode episode in episodes)
        {
            foreach (int position in episode.Support.Concat(episode.Query))
            {
                foreach (int column in features[episode.Task.Rows[position]].Indices)
                    active[column] = true;
            }
        }

        int[] columns = [.. Enumerable.Range(0, active.Length).Where(c => active[c])];
        return columns.Length > 0 ? columns : [0]; // if no row has a value, one column of zeros keeps every shape valid
    }

    private static int[] IndicesOf(int[] columns, int featureCount)
    {
        var indices = new int[featureCount];
        for (int i = 0; i < columns.Length; i++)
            indices[columns[i]] = i;
        return indices;
    }
}
