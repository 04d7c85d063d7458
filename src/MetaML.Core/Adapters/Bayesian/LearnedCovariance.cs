using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Numerics;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>A meta-learned prior's covariance as an adapter's parameters: deviations in log space, and where they go together a factor of their correlations.</summary>
internal static class LearnedCovariance
{
    // The widest embedding (and intercept) for which Auto considers a full covariance.
    private const int MaximumAutoWidth = 256;

    /// <summary>Whether the outer optimiser learns the prior first. Where the encoder has nothing to train it need not, and so no libtorch.</summary>
    public static bool IsTrained(HeadShape shape, BayesianAdapterOptions options) =>
        options.Fit == PriorFit.Gradient || shape.EncoderParameters.Any(spec => spec.IsTrained);

    /// <summary>Whether empirical Bayes has the last word.</summary>
    public static bool IsFitted(HeadShape shape, BayesianAdapterOptions options) =>
        options.Fit == PriorFit.EmpiricalBayes || !IsTrained(shape, options);

    /// <summary>Whether there is a factor.</summary>
    public static bool HasFactor(HeadShape shape, BayesianAdapterOptions options) => options.Covariance is PriorCovariance.Full or PriorCovariance.OneFactor
        || (options.Covariance == PriorCovariance.Auto && IsFitted(shape, options) && shape.EmbeddingDimension < MaximumAutoWidth);

    /// <summary>The deviations, [embedding + 1].</summary>
    public static ParameterSpec Deviations(HeadShape shape, BayesianAdapterOptions options) =>
        ParameterSpec.Constant("log_prior_deviation", 0, shape.EmbeddingDimension + 1) with { LearningRateFactor = 10, IsTrained = IsTrained(shape, options) };

    /// <summary>The factor, lower triangular, [embedding + 1, embedding + 1].</summary>
    public static ParameterSpec Factor(int width) => new("prior_correlation_factor", [width, width], _ => Identity(width)) { IsTrained = false };

    /// <summary>What Σ may be, as the options say or, for Auto, as is best.</summary>
    public static CovarianceForm Form(HeadShape shape, BayesianAdapterOptions options, Func<CovarianceForm> best)
    {
        int width = shape.EmbeddingDimension + 1;
        return options.Covariance switch
        {
            PriorCovariance.Full => CovarianceForm.Full(width),
            PriorCovariance.OneFactor => CovarianceForm.OneFactor(width),
            PriorCovariance.Auto when HasFactor(shape, options) => best(),
            _ => CovarianceForm.Diagonal,
        };
    }

    /// <summary>Σ = diag(b) FFᵀ diag(b), [width, width].</summary>
    /// <param name="priorScale">b.</param>
    /// <param name="factor">F, lower triangular, or null for the identity.</param>
    public static double[] Load(double[] priorScale, double[]? factor)
    {
        int width = priorScale.Length;
        var covariance = new double[width * width];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double correlation = factor is null ? i == j ? 1 : 0 : TensorPrimitives.Dot<double>(factor.AsSpan(i * width, j + 1), factor.AsSpan(j * width, j + 1));
                covariance[i * width + j] = covariance[j * width + i] = priorScale[i] * priorScale[j] * correlation;
            }
        }

        return covariance;
    }

    /// <summary>Sets the parameters.</summary>
    /// <param name="covariance">Σ [width, width].</param>
    /// <param name="deviations">Receives their logarithms, [width].</param>
    /// <param name="factor">Receives the factor, or null.</param>
    public static void Store(double[] covariance, float[] deviations, float[]? factor)
    {
        int width = deviations.Length;
        for (int j = 0; j < width; j++)
            deviations[j] = (float)(0.5 * Math.Log(covariance[j * width + j]));
        if (factor is null)
            return;
        var correlation = new double[width * width];
        for (int i = 0; i < correlation.Length; i++)
            correlation[i] = covariance[i] / Math.Sqrt(covariance[i / width * (width + 1)] * covariance[i % width * (width + 1)]);
        Cholesky.Factor(correlation, width);
        for (int i = 0; i < correlation.Length; i++)
            factor[i] = (float)correlation[i];
    }

    /// <summary>Sets a prior head.</summary>
    /// <param name="mean">m [outputs][width].</param>
    /// <param name="head">Receives it, [width, outputs]; or null where there is none.</param>
    public static void Store(double[][] mean, float[]? head)
    {
        for (int i = 0; i < head?.Length; i++)
            head[i] = (float)mean[i % mean.Length][i / mean.Length];
    }

    // Made when asked for: the width may come from a file that does not hold as much.
    private static float[] Identity(int width)
    {
        var identity = new float[checked(width * width)];
        for (int i = 0; i < width; i++)
            identity[i * width + i] = 1;
        return identity;
    }
}
