using MetaML.Heads;
using MetaML.Numerics;

namespace MetaML.Models.Posteriors;

/// <summary>The joint distribution of the scores of several rows of a task, given the task's rows: normal with the mean μ and the covariance F Fᵀ.</summary>
/// <remarks>With the posterior N(m, c²LLᵀ) of the head, a row has μ = mᵀz̃ and its row of F is c(Lᵀz̃)ᵀ. So all rows have the same draw of the head.</remarks>
internal sealed class ScorePosterior
{
    private readonly int _width;

    /// <summary>The distribution of the scores of some rows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="task">The task.</param>
    /// <param name="embeddings">[rows, embedding].</param>
    /// <exception cref="ArgumentException">Heads of the model have no posterior.</exception>
    public ScorePosterior(MetaModel model, AdaptedTask task, ReadOnlySpan<float> embeddings)
    {
        float scale = (float)ScaleOf(model, task);
        int dimension = model.EmbeddingDimension;
        _width = dimension + 1;
        Means = new float[embeddings.Length / dimension];
        Factor = new float[Means.Length * _width];
        for (int row = 0; row < Means.Length; row++)
        {
            ReadOnlySpan<float> embedding = embeddings.Slice(row * dimension, dimension);
            Means[row] = task.Head.Score(embedding, 0);
            Span<float> factor = Factor.AsSpan(row * _width, _width);
            task.Head.PredictiveVariance!.Project(embedding, factor);
            foreach (ref float value in factor)
                value *= scale;
        }
    }

    /// <summary>μ, [rows].</summary>
    public float[] Means { get; }

    /// <summary>F, [rows, embedding + 1].</summary>
    public float[] Factor { get; }

    /// <summary>The standard deviation of a score.</summary>
    /// <param name="row">The row's index.</param>
    public float Deviation(int row) => MathF.Sqrt(OrderedSum.OfProducts<float>(FactorOf(row), FactorOf(row)));

    /// <summary>The scores for one draw of the head.</summary>
    /// <param name="normal">Independent standard normal numbers, [embedding + 1].</param>
    /// <param name="row">The row's index.</param>
    public float Draw(ReadOnlySpan<float> normal, int row) => Means[row] + OrderedSum.OfProducts(FactorOf(row), normal);

    /// <summary>c: the covariance of a task's head is c²LLᵀ, where L is the factor of its <see cref="PredictiveVariance"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="task">The task.</param>
    /// <exception cref="ArgumentException">Heads of the model have no posterior.</exception>
    public static double ScaleOf(MetaModel model, AdaptedTask task)
    {
        bool isOfDraws = model.Kind != LabelKind.Multiclass && task.Head.Term is null && task.Head.PredictiveVariance is { } known && (task.Head.Counts is null || known.Factor.Any(value => value != 0));
        if (!isOfDraws)
            throw new ArgumentException($"The model must have a Bayesian adapter for values, counts, or two classes with a logistic likelihood, with a prior by empirical Bayes and PredictiveDeviation = true; got {model.Kind} labels and {model.AdapterOptions.GetType().Name}. Its heads have no posterior. Train with Adapter = new BayesianAdapterOptions(), and for two classes with ClassLikelihood = ClassLikelihood.Logistic.", nameof(model));
        double slope = model.Calibration?.SlopeAt(task.RowCount ?? int.MaxValue) ?? 1;
        return task.Head.PredictiveVariance!.Noise * slope / Math.Sqrt(model.PopulationAdapter?.PosteriorFactor ?? 1);
    }

    private ReadOnlySpan<float> FactorOf(int row) => Factor.AsSpan(row * _width, _width);
}
