using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>m and Σ̃ = Σ/σ², and what follows from them.</summary>
/// <param name="Mean">m [outputs][width].</param>
/// <param name="Covariance">Σ̃ [width, width].</param>
/// <param name="Precision">Σ̃⁻¹ [width, width].</param>
/// <param name="LogDeterminant">log |Σ̃|.</param>
internal sealed record ScaledHeadPrior(double[][] Mean, double[] Covariance, double[] Precision, double LogDeterminant)
{
    /// <summary>With what follows.</summary>
    /// <param name="mean">m [outputs][width].</param>
    /// <param name="covariance">Σ̃ [width, width].</param>
    /// <exception cref="ArithmeticException">Σ̃ is not positive definite.</exception>
    public static ScaledHeadPrior Of(double[][] mean, double[] covariance)
    {
        int width = mean[0].Length;
        double[] lower = [.. covariance];
        Cholesky.Factor(lower, width);
        return new ScaledHeadPrior(mean, covariance, MatrixAlgebra.InverseOf(lower, width), MatrixAlgebra.LogDeterminant(lower, width));
    }

    /// <summary>m of an output; where tasks have classes of their own there is one for all, 0.</summary>
    public double[] MeanOf(int output) => Mean[Math.Min(output, Mean.Length - 1)];

    /// <summary>The posterior of each task.</summary>
    /// <exception cref="ArithmeticException">Rounding leaves a task's system without a solution.</exception>
    public TaskPosterior[] Posteriors(IReadOnlyList<TaskEvidence> tasks)
    {
        var posteriors = new TaskPosterior[tasks.Count];
        try
        {
            Parallel.For(0, tasks.Count, t => posteriors[t] = tasks[t].Under(this));
        }
        catch (AggregateException exception) when (exception.InnerException is ArithmeticException inner)
        {
            throw inner;
        }

        return posteriors;
    }
}
