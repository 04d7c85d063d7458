using System.Globalization;
using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Covariances;

/// <summary>Σ̃ = LLᵀ + diag(exp d), with the point (L by columns, d): steps of EM for factor analysis (Rubin and Thayer, 1982).</summary>
/// <param name="Factors">Number of columns of L; 0 for a diagonal covariance.</param>
/// <param name="PriorTasks">ν.</param>
/// <param name="LevelTasks">κ: the weight, as a number of tasks, with which the variances of slopes are shrunk towards a common level; 0 for none.</param>
/// <remarks>
/// <para>A step costs O(width · factors²).</para>
/// <para>The variances dⱼ of slopes are inverse gamma about a level s: log p = −½κ Σⱼ(log dⱼ − log s + s/dⱼ). If slopes are many, a variance of each alone
/// follows chance, and most of them would converge to 0. A step maximises over dⱼ and s together.</para>
/// </remarks>
internal sealed record FactorForm(int Factors, double PriorTasks, double LevelTasks = 0) : CovarianceForm(PriorTasks)
{
    private const double NewShare = 0.3; // of the variances that a new factor starts with

    private const int Halvings = 50; // of the interval of a level

    private protected override string Name =>
        (Factors == 0 ? "diagonal" : Factors == 1 ? "one factor" : string.Create(CultureInfo.InvariantCulture, $"{Factors} factors")) + (LevelTasks > 0 ? string.Create(CultureInfo.InvariantCulture, $" with variances drawn to one level by the weight of {LevelTasks} tasks,") : "");

    public override int ParametersOf(int width) => width + Factors * width - Factors * (Factors - 1) / 2;

    public override double[] Start(double[] covariance, int width)
    {
        // A random direction is not exactly orthogonal to the factor that is sought.
        var random = new Random(0);
        double[] variances = [.. Enumerable.Range(0, width).Select(j => covariance[j * width + j])];
        if (Factors == 0)
            return Array.ConvertAll(variances, Math.Log);
        return
        [
            .. Enumerable.Range(0, Factors).SelectMany(_ => variances.Select(variance => Math.Sqrt(variance / Factors) * (random.NextDouble() - 0.5))),
            .. variances.Select(variance => Math.Log((1 - NewShare) * variance)),
        ];
    }

    public override Covariance At(double[] point, int width) =>
        FactorCovariance.Of(Array.ConvertAll(point[(Factors * width)..], VarianceAt), point[..(Factors * width)]);

    // With B = Σ̃⁻¹L: L' = CB(I − BᵀL + BᵀCB)⁻¹, D' = diag(C − L'BᵀC).
    private protected override double[] Maximize(Covariance covariance, SecondMoment moment, double heads)
    {
        var prior = (FactorCovariance)covariance;
        var sums = (FactorMoment)moment;
        int width = prior.Width;
        double[] system = new double[Factors * Factors], loadings = [.. sums.Products];
        for (int i = 0; i < Factors; i++)
        {
            for (int k = 0; k < Factors; k++)
                system[i * Factors + k] = (i == k ? 1 : 0) + TensorPrimitives.Dot(prior.WeightsOf(i), sums.Products.AsSpan(k * width, width)) - TensorPrimitives.Dot(prior.WeightsOf(i), prior.Column(k));
        }

        Cholesky.Solve(system, Factors, loadings, width);
        double[] own = [.. sums.Diagonal];
        for (int k = 0; k < Factors; k++)
        {
            for (int j = 0; j < width; j++)
                own[j] -= loadings[k * width + j] * sums.Products[k * width + j];
        }

        own = Array.ConvertAll(own, Variance);
        if (LevelTasks > 0)
            Shrink(own.AsSpan(0, width - 1), heads);
        return [.. loadings, .. own.Select(value => Math.Log(value))];
    }

    /// <inheritdoc/>
    public override double LogPrior(Covariance covariance)
    {
        ReadOnlySpan<double> slopes = ((FactorCovariance)covariance).Variances.AsSpan(0, covariance.Width - 1);
        double sum = 0;
        foreach (double variance in slopes)
            sum += Math.Log(variance);
        return base.LogPrior(covariance) - (slopes.Length > 0 ? 0.5 * LevelTasks * (sum - slopes.Length * Math.Log(Level(slopes))) : 0);
    }

    // The harmonic mean: the level under which the variances are most likely.
    private static double Level(ReadOnlySpan<double> variances)
    {
        double sum = 0;
        foreach (double variance in variances)
            sum += 1 / variance;
        return variances.Length / sum;
    }

    // d = (heads · c + κs) / (heads + κ), where s is the level of d.
    private void Shrink(Span<double> variances, double heads)
    {
        if (variances.IsEmpty)
            return;
        double share = LevelTasks / (heads + LevelTasks), low = Math.Log(TensorPrimitives.Min<double>(variances)), high = Math.Log(TensorPrimitives.Max<double>(variances));
        var shrunk = new double[variances.Length];
        for (int halving = 0; halving < Halvings; halving++)
        {
            double middle = (low + high) / 2, level = Math.Exp(middle);
            TensorPrimitives.Multiply(variances, 1 - share, shrunk);
            TensorPrimitives.Add(shrunk, share * level, shrunk);
            (low, high) = Level(shrunk) > level ? (middle, high) : (low, middle);
        }

        shrunk.CopyTo(variances);
    }
}
