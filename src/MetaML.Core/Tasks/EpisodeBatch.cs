using MetaML.Encoders;
using static TorchSharp.torch;

namespace MetaML.Tasks;

/// <summary>A meta-batch: several tasks' support and query as padded, masked tensors, tasks first.</summary>
/// <remarks>
/// Ragged tasks are exact: every row is there, and padding has weight 0. Of sparse features only the columns that are
/// active anywhere in the batch are materialised; <see cref="Columns"/> names them, and the encoder's first layer uses
/// just those rows of its weight.
/// </remarks>
public sealed class EpisodeBatch
{
    // Targets and scores are [tasks, rows, outputs]: a gibibyte of each.
    private const long MostScores = 1L << 28;

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

    /// <summary>The tasks; several episodes may be of one.</summary>
    public IReadOnlyList<LearningTask> Tasks { get; }

    /// <summary>Number of episodes.</summary>
    public int TaskCount => Tasks.Count;

    /// <summary>The rows to adapt on.</summary>
    public RowBatch Support { get; }

    /// <summary>The rows to be judged on.</summary>
    public RowBatch Query { get; }

    /// <summary>Float [tasks, outputs]: 1 for the outputs that a task has, 0 where padded.</summary>
    public Tensor ClassMask { get; }

    /// <summary>Int64 [features of this batch]: the active columns of sparse features; null where features are dense.</summary>
    public Tensor? Columns { get; }

    /// <summary>Number of outputs of a head: 1, or the largest number of classes.</summary>
    public int OutputCount => (int)ClassMask.shape[1];

    /// <summary>Gathers the episodes' rows into tensors, owned by the current dispose scope.</summary>
    /// <param name="set">Holds the rows.</param>
    /// <param name="episodes">At least one episode, all of tasks of <paramref name="set"/>.</param>
    /// <param name="scaling">Applied to each row, or null to leave features as they are.</param>
    /// <param name="device">Where the tensors live.</param>
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
        RowBatch Gather(Func<Episode, int[]> positions) => GatherRows(set, episodes, positions, scaling, columns, ToTensor);

        return new EpisodeBatch(
            set.Kind,
            [.. episodes.Select(episode => episode.Task)],
            Gather(e => e.Support),
            Gather(e => e.Query),
            ToTensor(mask, [episodes.Count, outputs]),
            columns is null ? null : tensor(Array.ConvertAll(columns, c => (long)c), device: device));
    }

    /// <summary>Throws where rows and classes are too many together: each row has a score for each class.</summary>
    /// <exception cref="InvalidOperationException">They are.</exception>
    internal static void CheckSize(long tasks, long rows, long outputs)
    {
        if (tasks * rows > MostScores / outputs)
            throw new InvalidOperationException($"Tasks · rows · classes that are computed at once must be at most {MostScores}; got {tasks} · {rows} · {outputs}. Each row has a score for each class. Draw fewer classes with Episodes.Ways, or fewer tasks with Episodes.TasksPerIteration, or join rare classes.");
    }

    /// <summary>The same episodes with other features of the same shape.</summary>
    /// <param name="replace">From features to features, [tasks, rows, features].</param>
    internal EpisodeBatch WithFeatures(Func<Tensor, Tensor> replace)
    {
        RowBatch With(RowBatch rows) => rows.Features.shape[1] == 0 ? rows : new(replace(rows.Features), rows.Labels, rows.Weights);
        return new EpisodeBatch(Kind, Tasks, With(Support), With(Query), ClassMask, Columns);
    }

    private static RowBatch GatherRows(
        TaskSet set,
        IReadOnlyList<Episode> episodes,
        Func<Episode, int[]> positionsOf,
        FeatureScaling? scaling,
        int[]? columns,
        Func<float[], long[], Tensor> toTensor)
    {
        int tasks = episodes.Count;
        int rows = episodes.Max(e => positionsOf(e).Length);
        int width = columns?.Length ?? set.Features.FeatureCount;
        int[]? place = columns is null ? null : PlacesOf(columns, set.Features.FeatureCount);

        var scaled = new float[set.Features.FeatureCount];
        var features = new float[checked(tasks * rows * width)];
        var labels = new float[tasks * rows];
        var weights = new float[tasks * rows];
        for (int t = 0; t < tasks; t++)
        {
            LearningTask task = episodes[t].Task;
            int[] positions = positionsOf(episodes[t]);
            for (int r = 0; r < positions.Length; r++)
            {
                int at = t * rows + r;
                FeatureRow row = set.Features[task.Rows[positions[r]]];
                Write(scaling is null ? row : scaling.Apply(row, scaled), features.AsSpan(at * width, width), place);
                float label = task.Labels[positions[r]];
                labels[at] = set.Kind == LabelKind.Multiclass ? Array.IndexOf(episodes[t].Classes, (int)label) : label;
                weights[at] = task.Weights?[positions[r]] ?? 1;
            }
        }

        return new RowBatch(toTensor(features, [tasks, rows, width]), toTensor(labels, [tasks, rows]), toTensor(weights, [tasks, rows]));
    }

    private static void Write(FeatureRow row, Span<float> destination, int[]? place)
    {
        if (place is null)
        {
            row.CopyTo(destination);
            return;
        }

        for (int i = 0; i < row.Indices.Length; i++)
            destination[place[row.Indices[i]]] = row.Values[i];
    }

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
        return columns.Length > 0 ? columns : [0]; // all rows empty: one column of zeros keeps every shape valid
    }

    private static int[] PlacesOf(int[] columns, int featureCount)
    {
        var place = new int[featureCount];
        for (int i = 0; i < columns.Length; i++)
            place[columns[i]] = i;
        return place;
    }
}
