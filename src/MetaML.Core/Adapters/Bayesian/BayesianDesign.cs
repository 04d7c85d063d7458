using MetaML.Data;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian;

/// <summary>What the options of a Bayesian adapter mean for heads of a shape, for all likelihoods.</summary>
internal sealed class BayesianDesign
{
    /// <param name="shape">The shape of heads.</param>
    /// <param name="options">The options; they must not be changed.</param>
    /// <exception cref="ArgumentException">The options do not fit the shape.</exception>
    public BayesianDesign(HeadShape shape, BayesianAdapterOptions options)
    {
        HasFactor = LearnedCovariance.HasFactor(shape, options);
        FitsPrior = LearnedCovariance.IsFitted(shape, options);
        Varying = options.VaryingDimensions(shape);
        options.CheckGroups(shape, FitsPrior);
        HasGroups = shape.GroupNames.Count > 0;
        IsMixed = shape.HasCommonOutputs && (shape.CovariateCount > 0 || Varying.Length <= shape.EmbeddingDimension || HasGroups || !options.Shrinkage);
        IsExact = IsMixed && !options.Shrinkage;
        if (Varying.Length > shape.EmbeddingDimension)
            return;
        Mask = new double[shape.EmbeddingDimension + 1];
        Array.ForEach(Varying, j => Mask[j] = 1);
    }

    /// <summary>Whether there is a factor of correlations.</summary>
    public bool HasFactor { get; }

    /// <summary>Whether empirical Bayes sets the prior at the end.</summary>
    public bool FitsPrior { get; }

    /// <summary>The dimensions of heads that vary over tasks, ascending.</summary>
    public int[] Varying { get; }

    /// <summary>1 for dimensions that vary, else 0; null if all vary.</summary>
    public double[]? Mask { get; }

    /// <summary>Whether tasks are in groups.</summary>
    public bool HasGroups { get; }

    /// <summary>Whether the prior is a mixed model: covariates, groups, fixed effects or no shrinkage. All of them need a common mean.</summary>
    public bool IsMixed { get; }

    /// <summary>Whether nothing is shrunk, and all tasks and rows are used.</summary>
    public bool IsExact { get; }

    /// <summary>A root of the covariance of a task's head that is in groups: B with BBᵀ = Σ + C, row-major.</summary>
    /// <param name="scale">b of Σ = diag(b) FFᵀ diag(b).</param>
    /// <param name="factor">F, or null for the identity.</param>
    /// <param name="prior">The prior of the task.</param>
    /// <param name="unit">The variance in units of which b is given.</param>
    public static double[] Root(double[] scale, double[]? factor, TaskPrior prior, double unit)
    {
        double[] covariance = LearnedCovariance.Load(scale, factor), extra = prior.Dense();
        MatrixAlgebra.AddScaled(extra, 1 / unit, covariance);
        Cholesky.FactorSemidefinite(covariance, scale.Length);
        return covariance;
    }
}
