using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Models.Posteriors;
using MetaML.Numerics;

namespace MetaML;

/// <summary>The posterior of the head of a task: the distribution of the effects of the features on the score, given the learned prior and the rows of the task.</summary>
/// <remarks>
/// <para>The score is the value for a Gaussian likelihood, the logit for a logistic one, and the logarithm of the expected count of a row with the exposure 1 for counts.
/// It is linear in the features, or in the embedding if the model has an encoder. The posterior is normal: exactly for a Gaussian likelihood with a common noise, with the covariance
/// σ²(σ²Σ⁻¹ + Σᵢz̃ᵢz̃ᵢᵀ)⁻¹; by Laplace's approximation for logistic and count likelihoods, with the covariance (Σ⁻¹ + Σᵢωᵢz̃ᵢz̃ᵢᵀ)⁻¹, where ω is the curvature of the loss at the most likely head;
/// and with the covariance of the exact distribution, which is Student's t, for noise per task. If the probabilities or the deviations of a model are calibrated, the posterior is that of the calibrated head.</para>
/// <para>Immutable and thread-safe. A Random that is given must not be used by another thread at the same time.</para>
/// <para>Sources: Lindley and Smith, Bayes estimates for the linear model, 1972; MacKay, The evidence framework applied to classification networks, 1992.</para>
/// </remarks>
public sealed class HeadPosterior
{
    private readonly MetaModel _model;
    private readonly AdaptedTask _task;
    private readonly PopulationUnits? _units; // null if heads are those of an embedding
    private readonly double _scale;
    private readonly double[] _covariance;

    /// <summary>The posterior of a task.</summary>
    /// <param name="model">The model.</param>
    /// <param name="task">A task of the model, or its prior.</param>
    /// <exception cref="ArgumentException">Heads of the model have no posterior.</exception>
    internal HeadPosterior(MetaModel model, AdaptedTask task)
    {
        (_model, _task) = (model, task);
        _scale = ScorePosterior.ScaleOf(model, task);
        _units = model.EncoderOptions is IdentityEncoderOptions ? model.Units : null;
        int width = model.EmbeddingDimension + 1;
        PredictiveVariance variance = task.Head.PredictiveVariance!;
        double[] covariance = (variance with { Noise = 1 }).Covariance(width);
        TensorPrimitives.Multiply(covariance, _scale * _scale, covariance);
        _covariance = _units?.Covariance(covariance) ?? covariance;
        Mean = InUserUnits(new double[width]);
        Names = _units?.Names ?? [.. Enumerable.Range(0, width - 1).Select(j => $"Embedding{j}"), "(Intercept)"];
        NoiseStandardDeviation = model.Kind == LabelKind.Regression && task.Head.Counts is null ? variance.Noise : double.NaN;
    }

    /// <summary>The names of the dimensions of a head: the slot names of the feature column, or Embedding0, Embedding1, … if the model has an encoder; the last is "(Intercept)".</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The mean head, as many values as <see cref="Names"/>: in units of the score for one unit of the feature column.</summary>
    public IReadOnlyList<double> Mean { get; }

    /// <summary>The standard deviation of a value about its score for a known head; NaN for classes and counts.</summary>
    public double NoiseStandardDeviation { get; }

    /// <summary>The covariance of two dimensions of the head.</summary>
    /// <param name="first">Index in <see cref="Names"/>.</param>
    /// <param name="second">Index in <see cref="Names"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not one of <see cref="Names"/>.</exception>
    public double Covariance(int first, int second)
    {
        CheckIndex(first, nameof(first));
        CheckIndex(second, nameof(second));
        return _covariance[first * Names.Count + second];
    }

    /// <summary>The standard deviation of a dimension of the head.</summary>
    /// <param name="index">Index in <see cref="Names"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is not one of <see cref="Names"/>.</exception>
    public double StandardDeviation(int index) => Math.Sqrt(Math.Max(Covariance(index, index), 0));

    /// <summary>Draws a head from the posterior.</summary>
    /// <param name="random">The generator. The same state gives the same head.</param>
    /// <returns>As many values as <see cref="Names"/>.</returns>
    public double[] Draw(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        int width = Names.Count;
        float[] normal = Normal(width, random), factor = _task.Head.PredictiveVariance!.Factor;
        var deviation = new double[width]; // cLe
        for (int j = 0, offset = 0; j < width; offset += width - j++)
        {
            for (int i = j; i < width; i++)
                deviation[i] += _scale * factor[offset + i - j] * normal[j];
        }

        return InUserUnits(deviation);
    }

    /// <summary>Draws the scores of several rows together. Each draw has one head for all rows, so that sums and differences of the scores have their distribution.</summary>
    /// <param name="rows">The features of each row, as in the feature column of the model.</param>
    /// <param name="count">The number of draws; at least 1.</param>
    /// <param name="random">The generator. The draws are those of the heads that <see cref="Draw"/> gives from the same state.</param>
    /// <returns>[draws][rows]: values, logits, or logarithms of expected counts. New values also vary about them by <see cref="NoiseStandardDeviation"/>.</returns>
    /// <exception cref="ArgumentException">A row does not have the features of the model, or they are not finite.</exception>
    public double[][] DrawScores(IReadOnlyList<float[]> rows, int count, Random random)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentNullException.ThrowIfNull(random);
        MetaScorer scorer = _model.CreateScorer();
        foreach (float[] row in rows)
        {
            ArgumentNullException.ThrowIfNull(row, nameof(rows));
            if (row.Length != _model.FeatureCount || !FiniteNumbers.AreAll<float>(row))
                throw new ArgumentException($"Each row must have {_model.FeatureCount} finite features, as the model was trained on; got {(row.Length == _model.FeatureCount ? "one that is not finite" : row.Length)}. Its score cannot be computed. Read the feature column of the transformed rows.", nameof(rows));
            scorer.Add(new FeatureRow(row));
        }

        scorer.EmbedAll();
        var scores = new ScorePosterior(_model, _task, scorer.Embeddings(0, rows.Count));
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float[] normal = Normal(Names.Count, random);
            return Enumerable.Range(0, rows.Count).Select(row => (double)scores.Draw(normal, row)).ToArray();
        })];
    }

    private static float[] Normal(int count, Random random) => [.. Enumerable.Range(0, count).Select(_ => (float)NormalRandom.Next(random))];

    private double[] InUserUnits(double[] deviation)
    {
        double[] head = [.. _task.Head.Weights.Append(_task.Head.Bias[0]).Zip(deviation, (mean, other) => mean + other)];
        return _units?.Head(head) ?? head;
    }

    private void CheckIndex(int index, string name)
    {
        if (index < 0 || index >= Names.Count)
            throw new ArgumentOutOfRangeException(name, index, $"The index must be one of the {Names.Count} dimensions of the head.");
    }
}
