namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Σ̃ = diag(exp θ).</summary>
internal sealed record DiagonalCovariance() : CovarianceForm(0)
{
    public override double[] Start(double[] variances) => Array.ConvertAll(variances, Math.Log);

    public override double[] Covariance(double[] point, int width)
    {
        var covariance = new double[width * width];
        for (int j = 0; j < width; j++)
            covariance[j * width + j] = VarianceAt(point[j]);
        return covariance;
    }

    private protected override double[] Maximize(double[] point, double[] second, int width) =>
        [.. Enumerable.Range(0, width).Select(j => Math.Log(second[j * width + j]))];
}
