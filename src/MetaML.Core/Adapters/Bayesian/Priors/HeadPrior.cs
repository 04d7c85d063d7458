using MetaML.Adapters.Bayesian.Covariances;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>A prior of heads: wₜ ~ N(m, Σ), y = wₜᵀz̃ + ε, ε ~ N(0, σ²).</summary>
/// <param name="Mean">m for each output, [outputs][embedding + 1]; zeros if outputs do not mean the same in all tasks.</param>
/// <param name="Covariance">Σ, [embedding + 1, embedding + 1], row-major.</param>
/// <param name="NoiseVariance">σ².</param>
/// <remarks>
/// <para>The intercept is one of the dimensions and has its own variance. Σ has a form of <see cref="CovarianceForm"/>.
/// <see cref="PriorSearch"/> finds the prior under which the labels of all tasks are most likely.</para>
/// <para>With noise per task, σₜ² ~ Inv-Gamma(a, a σ²) and wₜ ~ N(m, σₜ²Σ/σ²). This is conjugate: labels are multivariate t with 2a
/// degrees of freedom. With common noise, a = ∞.</para>
/// </remarks>
internal sealed record HeadPrior(double[][] Mean, double[] Covariance, double NoiseVariance)
{
    /// <summary>a: the larger, the more similar is the noise of tasks; infinite if all tasks have the same noise.</summary>
    public double NoiseShape { get; init; } = double.PositiveInfinity;

    /// <summary>Whether σ² is given and not learned.</summary>
    public bool IsNoiseKnown { get; init; }

    /// <summary>p = 1/τ²: the slopes of m are normal about 0 with variance τ², so that a mean that few rows determine is shrunk; 0 for a flat prior of m.</summary>
    public double MeanPrecision { get; init; }

    /// <summary>Number of outputs of m.</summary>
    public int Outputs => Mean.Length;

    /// <summary>Embedding + 1.</summary>
    public int Width => Mean[0].Length;

    /// <summary>The prior in units of the noise.</summary>
    /// <exception cref="ArithmeticException">Σ is not positive definite.</exception>
    public ScaledHeadPrior Scaled => new(Mean, DenseCovariance.Of(Array.ConvertAll(Covariance, value => value / NoiseVariance), Width));

    /// <summary>Fits the prior.</summary>
    /// <param name="tasks">The training tasks.</param>
    /// <param name="start">The first m, variances and noise; see <see cref="Start(IReadOnlyList{TaskEvidence}, int, int, PriorNoise?)"/>.</param>
    /// <param name="hasMean">Whether outputs mean the same in all tasks. If not, m stays.</param>
    /// <param name="form">The family of Σ.</param>
    /// <param name="limits">The number of steps and the time.</param>
    public static HeadPrior Fit(IReadOnlyList<TaskEvidence> tasks, HeadPrior start, bool hasMean, CovarianceForm form, PriorLimits limits)
    {
        var search = new PriorSearch(tasks, start, hasMean, form);
        search.Climb(limits);
        return search.Prior;
    }

    /// <summary>A start from the pooled variance of the labels: noise is one half, and slopes explain the other.</summary>
    /// <param name="tasks">The training tasks.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="outputs">Number of outputs of m; 1 if m is 0.</param>
    /// <param name="noise">Whether tasks have their own noise; null if σ² is known to be 1.</param>
    public static HeadPrior Start(IReadOnlyList<TaskEvidence> tasks, int width, int outputs, PriorNoise? noise) =>
        Start(tasks.Sum(task => task.SquaredLabels) / tasks.Sum(task => task.Weight * task.Outputs), width, outputs, noise);

    /// <summary>The same for a given mean square of the labels.</summary>
    /// <param name="meanSquare">The mean square of the labels.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="outputs">Number of outputs of m; 1 if m is 0.</param>
    /// <param name="noise">Whether tasks have their own noise; null if σ² is known to be 1.</param>
    public static HeadPrior Start(double meanSquare, int width, int outputs, PriorNoise? noise)
    {
        double labelVariance = Math.Max(meanSquare, CovarianceForm.SmallestVariance);
        var prior = new HeadPrior([.. Enumerable.Range(0, outputs).Select(_ => new double[width])], new double[width * width], noise is null ? 1 : labelVariance / 2)
        {
            IsNoiseKnown = noise is null,
            NoiseShape = noise == PriorNoise.PerTask ? 10 : double.PositiveInfinity,
        };
        for (int j = 0; j < width; j++)
            prior.Covariance[j * width + j] = labelVariance / (j < width - 1 ? width : 1);
        return prior;
    }

    /// <summary>The prior with the most likely noise for the same m and Σ/σ², and the log likelihood under it.</summary>
    /// <param name="sums">Sums over the training tasks.</param>
    public (HeadPrior Prior, double LogLikelihood) FitNoise(IPriorSums sums)
    {
        sums.Visit(Scaled);
        double[][] none = [.. Mean.Select(mean => new double[mean.Length])];
        sums.Move(none, none); // gives Σ q
        var (variance, shape) = sums.FitNoise(NoiseVariance, NoiseShape);
        double likelihood = sums.LogLikelihood(variance, shape);
        sums.Leave();
        return (this with { Covariance = Array.ConvertAll(Covariance, value => value * variance / NoiseVariance), NoiseVariance = variance, NoiseShape = shape }, likelihood);
    }

    /// <summary>The prior with a step towards the most likely p: τ² = ‖Dm‖² / γ, where γ is the number of slopes that the rows determine.</summary>
    /// <param name="tasks">The training tasks.</param>
    /// <remarks>Source: MacKay, Bayesian interpolation, 1992. From p = 0 the step is to the mean square of the slopes.</remarks>
    public HeadPrior WithLikelierMeanPrecision(IReadOnlyList<TaskEvidence> tasks) => WithLikelierMeanPrecision(new PriorSums(tasks));

    /// <summary>The same from sums over tasks.</summary>
    /// <param name="sums">Sums over the training tasks.</param>
    public HeadPrior WithLikelierMeanPrecision(IPriorSums sums)
    {
        sums.Visit(Scaled);
        double[] variances = sums.MeanVariances(NoiseVariance, NoiseShape, MeanPrecision);
        sums.Leave();
        double determined = Outputs * variances[..^1].Sum(variance => Math.Max(0, 1 - MeanPrecision * variance));
        return this with { MeanPrecision = determined / Math.Max(SquaredSlopes(Mean), CovarianceForm.SmallestVariance) };
    }

    /// <summary>The log density of the slopes of m, up to a constant.</summary>
    /// <param name="mean">m of each output.</param>
    /// <param name="precision">p.</param>
    public static double LogDensity(double[][] mean, double precision) => -precision * SquaredSlopes(mean) / 2;

    private static double SquaredSlopes(double[][] mean) => mean.Sum(output => output[..^1].Sum(slope => slope * slope));

    /// <summary>log p(y | Z) of all tasks together.</summary>
    /// <param name="tasks">Any tasks of this width.</param>
    public double LogLikelihood(IReadOnlyList<TaskEvidence> tasks) => TaskNoise.LogLikelihood(tasks, Under(tasks), NoiseVariance, NoiseShape);

    private TaskPosterior[] Under(IReadOnlyList<TaskEvidence> tasks) => Scaled.Posteriors(tasks);
}
