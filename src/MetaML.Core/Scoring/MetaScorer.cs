using System.Numerics.Tensors;
using MetaML.Encoders;
using MetaML.Tasks;

namespace MetaML.Scoring;

/// <summary>Scores rows in managed code. It holds buffers: use one for each thread.</summary>
public sealed class MetaScorer
{
    private readonly IEncoder _encoder;
    private readonly FeatureScaling? _scaling;
    private readonly IReadOnlyList<float[]> _shared;
    private readonly bool _scoresClasses;
    private readonly float[] _scaled;
    private readonly float[] _embedding;
    private float[] _scores = [];

    internal MetaScorer(IEncoder encoder, FeatureScaling? scaling, IReadOnlyList<float[]> shared, bool scoresClasses)
    {
        _encoder = encoder;
        _scaling = scaling;
        _shared = shared;
        _scoresClasses = scoresClasses;
        _scaled = new float[encoder.FeatureCount];
        _embedding = new float[encoder.EmbeddingDimension];
    }

    /// <summary>Scores a row for a task.</summary>
    /// <param name="task">The adapted task.</param>
    /// <param name="row">The features.</param>
    /// <returns>A logit (binary), a logit for each of the task's classes (multiclass), or a value; valid until the next call.</returns>
    public ReadOnlySpan<float> Score(AdaptedTask task, FeatureRow row)
    {
        Embed(row, task.EncoderParameters);
        return ScoreEmbedded(task);
    }

    /// <summary>Scores the row that was embedded last, for a task without encoder parameters of its own.</summary>
    internal ReadOnlySpan<float> ScoreEmbedded(AdaptedTask task)
    {
        if (_scores.Length < task.Head.OutputCount)
            _scores = new float[task.Head.OutputCount];
        Span<float> scores = _scores.AsSpan(0, task.Head.OutputCount);
        task.Head.Score(_embedding, scores);
        if (_scoresClasses && task.Head.Spread is { } spread)
            TensorPrimitives.Divide(scores, spread.Deviation(_embedding), scores);
        return scores;
    }

    /// <summary>Scores a row for a task, and says how far its label may lie from the score.</summary>
    /// <param name="task">The adapted task.</param>
    /// <param name="row">The features.</param>
    /// <param name="deviation">The standard deviation of the label about the score; for classes, what the score was divided by; NaN where the task has no <see cref="LinearHead.Spread"/>.</param>
    /// <returns>As without <paramref name="deviation"/>.</returns>
    public ReadOnlySpan<float> Score(AdaptedTask task, FeatureRow row, out float deviation)
    {
        ReadOnlySpan<float> scores = Score(task, row);
        deviation = Deviation(task);
        return scores;
    }

    /// <summary>How far the label of the row that was scored last may lie from its score; NaN where the task has no spread.</summary>
    internal float Deviation(AdaptedTask task) => task.Head.Spread?.Deviation(_embedding) ?? float.NaN;

    /// <summary>Embeds a row by the shared encoder.</summary>
    /// <param name="row">The features.</param>
    /// <returns>The embedding; valid until the next call.</returns>
    public ReadOnlySpan<float> Embed(FeatureRow row) => Embed(row, null);

    private ReadOnlySpan<float> Embed(FeatureRow row, IReadOnlyList<float[]>? own)
    {
        _encoder.Embed(own ?? _shared, _scaling is null ? row : _scaling.Apply(row, _scaled), _embedding);
        return _embedding;
    }
}
