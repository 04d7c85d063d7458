using MetaML.Parameters;
using MetaML.Scoring;

namespace MetaML.Adapters;

/// <summary>The posterior mean of w in y = wᵀz̃ + ε, w ~ N(m, Σ), ε ~ N(0, σ²): see <see cref="ClosedFormAdapter"/> with V₀ = m and B Bᵀ = Σ / σ².</summary>
/// <remarks>
/// Meta-learned: m where all tasks' outputs mean the same (else 0), Σ, σ, and for classes the scale of the scores; by
/// gradients, or by <see cref="EmpiricalBayes"/>. Source: Harrison et al., Meta-Learning Priors for Efficient Online
/// Bayesian Regression (ALPaCA), 2018, arXiv 1807.08912. Deviation: only the posterior mean is used so far; classes are
/// regressed as ±1 or one-hot labels.
/// </remarks>
public sealed class BayesianAdapter : ClosedFormAdapter
{
    private const string Deviation = "log_prior_deviation";
    private const string Noise = "log_noise";
    private const string Correlation = "prior_correlation_factor";

    private readonly BayesianAdapterOptions _options;
    private readonly bool _isFullPrior;
    private readonly bool _fitsPrior;

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any kind.</param>
    /// <param name="options">Which prior, and how it is learned.</param>
    public BayesianAdapter(HeadShape shape, BayesianAdapterOptions options)
        : base(shape, First(shape, options), IsTrained(shape, options))
    {
        _options = options with { };
        _isFullPrior = options.Covariance == PriorCovariance.Full;
        _fitsPrior = options.Fit == PriorFit.EmpiricalBayes || !IsTrained(shape, options);
    }

    /// <inheritdoc/>
    public override void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks)
    {
        if (!_fitsPrior)
            return;
        var fit = EmpiricalBayes.Fit(trainingTasks, Shape, Target, _isFullPrior, _options.MaximumFitIterations);
        PriorHead(parameters)?.Values.AsSpan().Clear();
        int width = Shape.EmbeddingDimension + 1;
        for (int j = 0; j < width; j++)
        {
            parameters[0].Values[j] = (float)(0.5 * Math.Log(fit.Covariance[j * width + j]));
            for (int k = 0; k < fit.Outputs && PriorHead(parameters) is { } head; k++)
                head.Values[j * fit.Outputs + k] = (float)fit.Mean[k][j];
        }

        parameters[1].Values[0] = (float)(0.5 * Math.Log(fit.NoiseVariance));
        if (_isFullPrior)
            CorrelationFactor(fit.Covariance, width).CopyTo(parameters[2].Values, 0);
    }

    private protected override Tensor Spread(ParameterSet learned) => (learned[Deviation] - learned[Noise]).exp();

    private protected override float[] Spread(IReadOnlyList<float[]> parameters) =>
        Array.ConvertAll(parameters[0], deviation => MathF.Exp(deviation - parameters[1][0]));

    private protected override Tensor? Factor(ParameterSet learned) => _isFullPrior ? learned[Correlation] : null;

    private protected override float[]? Factor(IReadOnlyList<float[]> parameters) => _isFullPrior ? parameters[2] : null;

    // Where the encoder has nothing to train, the prior needs no gradients, and so no libtorch.
    private static bool IsTrained(HeadShape shape, BayesianAdapterOptions options) =>
        options.Fit == PriorFit.Gradient || shape.EncoderParameters.Any(spec => spec.IsTrained);

    private static IEnumerable<ParameterSpec> First(HeadShape shape, BayesianAdapterOptions options)
    {
        int width = shape.EmbeddingDimension + 1;
        bool isTrained = IsTrained(shape, options);
        yield return ParameterSpec.Constant(Deviation, 0, width) with { LearningRateFactor = 10, IsTrained = isTrained };
        yield return ParameterSpec.Constant(Noise, 0, 1) with { LearningRateFactor = 10, IsTrained = isTrained };
        if (options.Covariance == PriorCovariance.Full)
        {
            yield return new ParameterSpec(Correlation, [width, width], _ => Identity(width)) { IsTrained = false };
        }
    }

    // Made when asked for: the width may come from a file that does not hold as much.
    private static float[] Identity(int width)
    {
        var identity = new float[checked(width * width)];
        for (int i = 0; i < width; i++)
            identity[i * width + i] = 1;
        return identity;
    }

    private static float[] CorrelationFactor(double[] covariance, int width)
    {
        var correlation = new double[width * width];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
                correlation[i * width + j] = covariance[i * width + j] / Math.Sqrt(covariance[i * width + i] * covariance[j * width + j]);
        }

        Cholesky.Factor(correlation, width);
        return Array.ConvertAll(correlation, value => (float)value);
    }
}
