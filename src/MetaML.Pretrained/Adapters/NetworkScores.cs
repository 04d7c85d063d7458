using MetaML.Heads;
using MetaML.Pretrained.Distillation;
using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;

namespace MetaML.Pretrained.Adapters;

/// <summary>The scores of a network that has read the rows of a task, times their share. The rows are read when the first row is scored.</summary>
internal sealed class NetworkScores : IScoreFunction
{
    private const int Seed = 1; // of the views
    private const float LeastProbability = 1e-7f;

    private readonly LabelKind _kind;
    private readonly LinearHead? _prior;
    private readonly PriorUse _use;
    private readonly float _share;
    private readonly Lazy<ITablePredictor> _table;

    /// <param name="network">The network.</param>
    /// <param name="kind">The kind of label.</param>
    /// <param name="support">The rows of the task, at least one. They are copied.</param>
    /// <param name="prior">The head of a task without rows; null if it is not used.</param>
    /// <param name="use">How it is used.</param>
    /// <param name="views">The number of views.</param>
    /// <param name="share">The factor of the scores, and of their variances.</param>
    /// <param name="isDistilled">Whether a small network is kept in place of the table that the network has read.</param>
    public NetworkScores(ManagedNetwork network, LabelKind kind, EmbeddedTask support, LinearHead? prior, PriorUse use, int views, float share, bool isDistilled)
    {
        (_kind, _prior, _use, _share) = (kind, prior, use, share);
        var rows = new float[support.RowCount * WidthOf(support.Dimension)];
        for (int row = 0; row < support.RowCount; row++)
            Extend(support.Row(row), rows.AsSpan(row * WidthOf(support.Dimension)));
        int classes = kind switch { LabelKind.Binary => 2, LabelKind.Multiclass => support.OutputCount, _ => 0 };
        if (classes > NetworkShape.MaximumClasses)
            throw new ArgumentException($"With {nameof(PriorFittedAdapterOptions)}, a task must have at most {NetworkShape.MaximumClasses} classes; got {classes}. The network was trained for so many. Join rare classes, or use another adapter.");
        var table = new LabeledTable(rows, WidthOf(support.Dimension), [.. support.Labels.Select((label, row) => label - OffsetOf(support.Row(row)))], classes);
        int[] counted = [.. Enumerable.Range(0, support.RowCount).Where(row => support.Weights[row] > 0)];
        if (counted.Length < support.RowCount && counted.Length > 0)
            table = table.Select(counted);
        _table = new Lazy<ITablePredictor>(() =>
        {
            var fitted = new FittedTable(network, table, views, table.Rows, Seed);
            return isDistilled ? TableDistillation.Fit(fitted) : fitted;
        });
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<float> embeddings, Span<float> scores, Span<float> variances)
    {
        ITablePredictor table = _table.Value;
        int count = variances.Length, dimension = embeddings.Length / count, width = WidthOf(dimension), outputs = scores.Length / count;
        Span<float> rows = new float[count * width], outcomes = new float[count * table.Outputs];
        ViewBuffers? buffers = null;
        for (int row = 0; row < count; row++)
            Extend(embeddings.Slice(row * dimension, dimension), rows[(row * width)..]);
        table.Predict(rows, count, ref buffers, outcomes);
        for (int row = 0; row < count; row++)
            variances[row] = ToScores(embeddings.Slice(row * dimension, dimension), outcomes.Slice(row * table.Outputs, table.Outputs), scores.Slice(row * outputs, outputs));
    }

    private float ToScores(ReadOnlySpan<float> embedding, ReadOnlySpan<float> outcomes, Span<float> scores)
    {
        switch (_kind)
        {
            case LabelKind.Regression:
                scores[0] = _share * (outcomes[0] + OffsetOf(embedding));
                return _share * outcomes[1] * outcomes[1];
            case LabelKind.Binary:
                scores[0] = _share * (Log(outcomes[1]) - Log(outcomes[0]));
                return 0;
            default:
                for (int k = 0; k < scores.Length; k++)
                    scores[k] = _share * Log(outcomes[k]);
                return 0;
        }
    }

    private static float Log(float probability) => MathF.Log(MathF.Max(probability, LeastProbability));

    private float OffsetOf(ReadOnlySpan<float> embedding) => _use == PriorUse.Offset ? _prior!.Score(embedding, 0) : 0;

    private int WidthOf(int dimension) => dimension + (_use == PriorUse.Feature ? _prior!.OutputCount : 0);

    private void Extend(ReadOnlySpan<float> embedding, Span<float> row)
    {
        embedding.CopyTo(row);
        if (_use == PriorUse.Feature)
            _prior!.Score(embedding, row.Slice(embedding.Length, _prior.OutputCount));
    }
}
