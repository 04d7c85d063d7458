using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Encoders;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters.Bayesian;

/// <summary>The mode of w in y = wᵀz̃ + ε, w ~ N(m, Σ), with ε of Student's t distribution (<see cref="StudentNoise"/>): <see cref="BayesianAdapter"/> on rows whose weights fall with their residuals.</summary>
/// <remarks>
/// Each of ten steps of EM fits the head to rows with the weights s E[u], and u to the residuals of the head. The deviation of a label is that of the last step, with
/// the variance of the noise σ²ν/(ν − 2). Meta-learned: as for <see cref="BayesianAdapter"/>, and ν (<see cref="RobustEvidence"/>).
/// </remarks>
internal sealed class BayesianRobustAdapter : IManagedAdapter, IPopulationAdapter
{
    private const string Degrees = "log_degrees";
    private const int NoiseIndex = 1; // log σ among the parameters of the adapter of normal noise

    private const int Steps = 10;

    private readonly BayesianAdapter _normal, _withoutDeviation;

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Of values.</param>
    /// <param name="options">The prior and the method that learns it.</param>
    public BayesianRobustAdapter(HeadShape shape, BayesianAdapterOptions options)
    {
        _normal = new BayesianAdapter(shape, options);
        _withoutDeviation = new BayesianAdapter(shape, options with { PredictiveDeviation = false });
        Parameters = [.. _normal.Parameters, ParameterSpec.Constant(Degrees, (float)Math.Log(StudentNoise.FirstDegrees), 1) with { IsTrained = false }];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int> Varying => _normal.Varying;

    /// <inheritdoc/>
    public double PosteriorFactor => 1;

    /// <inheritdoc/>
    public double[][] MeanHeads(IReadOnlyList<float[]> parameters) => _normal.MeanHeads(Own(parameters));

    /// <inheritdoc/>
    public (double[] Covariance, double NoiseVariance) Variances(IReadOnlyList<float[]> parameters)
    {
        var (covariance, noise) = _normal.Variances(Own(parameters));
        return (covariance, noise * StudentNoise.Variance(DegreesOf(parameters)));
    }

    /// <inheritdoc/>
    public AdaptedTasks Adapt(AdaptationInput input)
    {
        Tensor embeddings = input.EmbedSupport(), degrees = input.AdapterParameters[Degrees].exp(), precision = input.AdapterParameters.Tensors[NoiseIndex].Times(-2).exp();
        var own = new ParameterSet(input.AdapterParameters.Names.Zip(input.AdapterParameters.Tensors).SkipLast(1));
        AdaptationInput embedded = input with { Encoder = new IdentityEncoder((int)embeddings.shape[2]), AdapterParameters = own };
        Tensor weights = input.Support.Weights;
        AdaptedTasks tasks = Fit(weights);
        for (int step = 0; step < Steps; step++)
        {
            Tensor squares = (tasks.Score(embeddings).squeeze(-1) - input.Support.Labels).Squared() * precision;
            tasks = Fit(where(weights.IsAbove(0), weights * degrees.Plus(1) / squares.Plus(degrees), weights)); // the root of a weight of 0 has no gradient
        }

        return tasks with { EncoderParameters = input.EncoderParameters };

        AdaptedTasks Fit(Tensor weights) => _normal.Adapt(embedded with { Support = new RowBatch(embeddings, input.Support.Labels, weights) });
    }

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        float[][] own = Own(parameters);
        double degrees = DegreesOf(parameters), variance = Math.Exp(2 * (double)own[NoiseIndex][0]);
        EmbeddedTask weighted = support;
        for (int step = 0; step < Steps && support.RowCount > 0; step++)
            weighted = Weighted(support, _withoutDeviation.Adapt(own, weighted), variance, degrees);
        LinearHead head = _normal.Adapt(own, weighted);
        if (head.PredictiveVariance is not { } predictive)
            return head;
        double root = Math.Sqrt(StudentNoise.Variance(degrees)); // of noise alone: the head stays as certain as it is
        float[] factor = new float[predictive.Factor.Length];
        TensorPrimitives.Multiply(predictive.Factor, (float)(1 / root), factor);
        return head with { PredictiveVariance = new PredictiveVariance((float)(predictive.Noise * root), factor) };
    }

    /// <inheritdoc/>
    int IAdapter.MostPriorTasks(double meanRows) => _normal.MostPriorTasks(meanRows);

    /// <inheritdoc/>
    void IAdapter.CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks, PriorLimits limits) => EvidenceOf(trainingTasks).Complete(parameters, limits);

    /// <inheritdoc/>
    IPriorEvidence IAdapter.EvidenceOf(IEnumerable<EmbeddedTask> trainingTasks) => EvidenceOf(trainingTasks);

    private RobustEvidence EvidenceOf(IEnumerable<EmbeddedTask> trainingTasks) => new(_normal, trainingTasks);

    /// <summary>A task whose rows have the weights that follow from their residuals.</summary>
    /// <param name="task">The task with its own weights.</param>
    /// <param name="head">The head of the task.</param>
    /// <param name="variance">σ².</param>
    /// <param name="degrees">ν.</param>
    public static EmbeddedTask Weighted(EmbeddedTask task, LinearHead head, double variance, double degrees)
    {
        var weights = new float[task.RowCount];
        for (int row = 0; row < weights.Length; row++)
        {
            double residual = (double)task.Labels[row] - head.Score(task.Row(row), 0);
            weights[row] = (float)(task.Weights[row] * StudentNoise.Weight(residual * residual / variance, degrees));
        }

        return task.WithWeights(weights);
    }

    /// <summary>The parameters of the adapter of normal noise.</summary>
    public static float[][] Own(IReadOnlyList<float[]> parameters) => [.. parameters.SkipLast(1)];

    private static double DegreesOf(IReadOnlyList<float[]> parameters) => Math.Exp(parameters[^1][0]);
}
