namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>The prior under which all tasks' labels are most likely: wₜ ~ N(m, Σ), y = wₜᵀz̃ + ε, ε ~ N(0, σ²).</summary>
/// <param name="Mean">m for each output, [outputs][embedding + 1]; zeros where outputs do not mean the same in all tasks.</param>
/// <param name="Covariance">Σ, [embedding + 1, embedding + 1], row-major.</param>
/// <param name="NoiseVariance">σ².</param>
/// <remarks>
/// <para>The intercept is one of the dimensions, with a variance of its own. Σ has the form that <see cref="CovarianceForm"/>
/// says. Found by <see cref="PriorSearch"/>.</para>
/// <para>Noise per task: σₜ² ~ Inv-Gamma(a, a σ²) and wₜ ~ N(m, σₜ²Σ/σ²), conjugate, so that labels are multivariate t with 2a
/// degrees of freedom; with common noise a = ∞.</para>
/// </remarks>
internal sealed record HeadPrior(double[][] Mean, double[] Covariance, double NoiseVariance)
{
    /// <summary>a: how alike tasks' noise is; infinite where it is the same.</summary>
    public double NoiseShape { get; init; } = double.PositiveInfinity;

    /// <summary>Whether σ² is given rather than learned.</summary>
    public bool IsNoiseKnown { get; init; }

    /// <summary>Number of outputs that m is about.</summary>
    public int Outputs => Mean.Length;

    /// <summary>Embedding + 1.</summary>
    public int Width => Mean[0].Length;

    /// <summary>Fits the prior.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="start">Where to start: what it has of m, variances, and noise; see <see cref="Start"/>.</param>
    /// <param name="hasMean">Whether outputs mean the same in all tasks; else m stays.</param>
    /// <param name="form">What Σ may be.</param>
    /// <param name="iterations">The largest number of steps.</param>
    public static HeadPrior Fit(IReadOnlyList<TaskEvidence> tasks, HeadPrior start, bool hasMean, CovarianceForm form, int iterations)
    {
        var search = new PriorSearch(tasks, start, hasMean, form);
        search.Climb(iterations);
        return search.Prior;
    }

    /// <summary>From the pooled scale of the labels: half of it noise, and slopes that explain the rest.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="outputs">Of m; 1 where it is 0.</param>
    /// <param name="noise">Whether tasks have noise of their own; null where σ² is known to be 1.</param>
    public static HeadPrior Start(IReadOnlyList<TaskEvidence> tasks, int width, int outputs, PriorNoise? noise)
    {
        double labelVariance = Math.Max(tasks.Sum(task => task.SquaredLabels) / tasks.Sum(task => task.Weight * task.Outputs), CovarianceForm.SmallestVariance);
        var prior = new HeadPrior([.. Enumerable.Range(0, outputs).Select(_ => new double[width])], new double[width * width], noise is null ? 1 : labelVariance / 2)
        {
            IsNoiseKnown = noise is null,
            NoiseShape = noise == PriorNoise.PerTask ? 10 : double.PositiveInfinity,
        };
        for (int j = 0; j < width; j++)
            prior.Covariance[j * width + j] = labelVariance / (j < width - 1 ? width : 1);
        return prior;
    }

    /// <summary>The prior with the noise that is most likely, m and Σ/σ² staying as they are.</summary>
    /// <param name="tasks">Every training task.</param>
    public HeadPrior FitNoise(IReadOnlyList<TaskEvidence> tasks)
    {
        var (variance, shape) = TaskNoise.Fit(tasks, [.. Under(tasks).Select(posterior => posterior.Quadratic)], NoiseVariance, NoiseShape, CovarianceForm.SmallestVariance);
        return this with { Covariance = Array.ConvertAll(Covariance, value => value * variance / NoiseVariance), NoiseVariance = variance, NoiseShape = shape };
    }

    /// <summary>log p(y | Z) of all tasks together.</summary>
    /// <param name="tasks">Any tasks of this width.</param>
    public double LogLikelihood(IReadOnlyList<TaskEvidence> tasks) => TaskNoise.LogLikelihood(tasks, Under(tasks), NoiseVariance, NoiseShape);

    private TaskPosterior[] Under(IReadOnlyList<TaskEvidence> tasks) =>
        ScaledHeadPrior.Of(Mean, Array.ConvertAll(Covariance, value => value / NoiseVariance)).Posteriors(tasks);
}
