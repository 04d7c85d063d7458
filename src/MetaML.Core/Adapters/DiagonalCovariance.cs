namespace MetaML.Adapters;

/// <summary>Σ̃ = diag(exp θ).</summary>
internal sealed record DiagonalCovariance : CovarianceForm
{
    public override double[] Start(double[] variances) => Array.ConvertAll(variances, Math.Log);

    public override double[] Covariance(double[] point, int width)
    {
        var covariance = new double[width * width];
        for (int j = 0; j < width; j++)
            covariance[j * width + j] = VarianceAt(point[j]);
        return covariance;
    }

    public override double[] Next(double[] point, double[] second, int heads, int width) =>
        [.. Enumerable.Range(0, width).Select(j => Math.Log(Variance(second[j * width + j])))];
}
