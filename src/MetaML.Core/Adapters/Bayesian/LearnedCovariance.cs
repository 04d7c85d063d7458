using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Numerics;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The covariance of a meta-learned prior as parameters of an adapter: logarithms of standard deviations, and a factor of the correlations if there are any.</summary>
internal static class LearnedCovariance
{
    // The largest width, embedding and intercept, for which Auto considers correlations: the factor has width² values.
    private const int MaximumAutoWidth = 256;

    /// <summary>Whether the outer optimiser learns the prior first. This is not needed if the encoder has no trained parameters, and then libtorch is not needed.</summary>
    public static bool IsTrained(HeadShape shape, BayesianAdapterOptions options) =>
        options.Fit == PriorFit.Gradient || shape.EncoderParameters.Any(spec => spec.IsTrained);

    /// <summary>Whether empirical Bayes sets the prior at the end.</summary>
    public static bool IsFitted(HeadShape shape, BayesianAdapterOptions options) =>
        options.Fit == PriorFit.EmpiricalBayes || !IsTrained(shape, options);

    /// <summary>Whether there is a factor of correlations.</summary>
    public static bool HasFactor(HeadShape shape, BayesianAdapterOptions options) => options.Covariance is PriorCovariance.Full or PriorCovariance.OneFactor
        || (options.Covariance == PriorCovariance.Auto && IsFitted(shape, options) && shape.EmbeddingDimension < MaximumAutoWidth);

    /// <summary>The deviations, [embedding + 1].</summary>
    public static ParameterSpec Deviations(HeadShape shape, BayesianAdapterOptions options) =>
        ParameterSpec.Constant("log_prior_deviation", 0, shape.EmbeddingDimension + 1) with { LearningRateFactor = 10, IsTrained = IsTrained(shape, options) };

    /// <summary>The factor, lower triangular, [embedding + 1, embedding + 1].</summary>
    public static ParameterSpec Factor(int width) => new("prior_correlation_factor", [width, width], _ => MatrixAlgebra.Identity<float>(width)) { IsTrained = false }; // made on first use: the width may come from a damaged file

    /// <summary>The form of Σ: that of the options or, for Auto, the best one.</summary>
    /// <param name="shape">The shape of heads.</param>
    /// <param name="options">The options of the adapter.</param>
    /// <param name="size">Number of dimensions that vary.</param>
    /// <param name="best">Chooses the best form.</param>
    public static CovarianceForm Form(HeadShape shape, BayesianAdapterOptions options, int size, Func<CovarianceForm> best) => options.Covariance switch
    {
        PriorCovariance.Full => CovarianceForm.Full(size),
        PriorCovariance.OneFactor => CovarianceForm.OfFactors(1, size),
        PriorCovariance.Auto when HasFactor(shape, options) => best(),
        _ => CovarianceForm.Diagonal,
    };

    /// <summary>The form of Σ without shrinkage.</summary>
    /// <param name="shape">The shape of heads.</param>
    /// <param name="options">The options of the adapter.</param>
    public static PriorCovariance Likeliest(HeadShape shape, BayesianAdapterOptions options) =>
        options.Covariance != PriorCovariance.Auto ? options.Covariance : HasFactor(shape, options) ? PriorCovariance.Full : PriorCovariance.Diagonal;

    /// <summary>The form of Σ of each level if tasks are in groups. With shrinkage, Auto is diagonal.</summary>
    /// <param name="shape">The shape of heads.</param>
    /// <param name="options">The options of the adapter.</param>
    public static PriorCovariance OfLevels(HeadShape shape, BayesianAdapterOptions options) =>
        options.Shrinkage && options.Covariance == PriorCovariance.Auto ? PriorCovariance.Diagonal : Likeliest(shape, options);

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

    /// <summary>Sets the parameters from a covariance.</summary>
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
    /// <param name="head">Receives the mean, [width, outputs]; or null if there is no prior head.</param>
    public static void Store(double[][] mean, float[]? head)
    {
        for (int i = 0; i < head?.Length; i++)
            head[i] = (float)mean[i % mean.Length][i / mean.Length];
    }
}
