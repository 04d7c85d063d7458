namespace MetaML.Adapters.Bayesian;

/// <summary>An adapter whose prior describes the population of tasks: a mean head that may depend on covariates, and the covariance of heads about it.</summary>
internal interface IPopulationAdapter
{
    /// <summary>The dimensions of heads that vary over tasks, ascending.</summary>
    IReadOnlyList<int> Varying { get; }

    /// <summary>The covariance of a head's <see cref="Heads.LinearHead.PredictiveVariance"/>, divided by that of the head given its rows.</summary>
    double PosteriorFactor { get; }

    /// <summary>The mean head, and the effects of each covariate on it, of the only output: [1 + covariates][embedding + 1].</summary>
    /// <param name="parameters">Values in the order of <see cref="IAdapter.Parameters"/>.</param>
    double[][] MeanHeads(IReadOnlyList<float[]> parameters);

    /// <summary>Σ with zeros for fixed dimensions, [embedding + 1, embedding + 1], and the mean noise variance of a task; NaN if labels have no noise of their own.</summary>
    /// <param name="parameters">Values in the order of <see cref="IAdapter.Parameters"/>.</param>
    (double[] Covariance, double NoiseVariance) Variances(IReadOnlyList<float[]> parameters);
}
