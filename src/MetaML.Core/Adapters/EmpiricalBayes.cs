using MetaML.Scoring;

namespace MetaML.Adapters;

/// <summary>The prior under which all tasks' labels are most likely: wₜ ~ N(m, Σ), y = wₜᵀz̃ + ε, ε ~ N(0, σ²).</summary>
/// <param name="Mean">m for each output, [outputs][embedding + 1]; zeros where outputs do not mean the same in all tasks.</param>
/// <param name="Covariance">Σ, [embedding + 1, embedding + 1], row-major.</param>
/// <param name="NoiseVariance">σ².</param>
/// <remarks>
/// Expectation maximisation on the marginal likelihood (Dempster, Laird and Rubin, 1977; for linear mixed models Laird and
/// Ware, 1982). With A = Z̃ᵀSZ̃ and b = Z̃ᵀSy of a task, the E step is Sₜ = (Σ⁻¹ + A/σ²)⁻¹, μₜ = Sₜ(Σ⁻¹m + b/σ²); the M step
/// m = mean μₜ, Σ = mean (μₜ − m)(μₜ − m)ᵀ + Sₜ, σ² = Σₜ(yᵀSy − 2 bᵀμₜ + tr A(μₜμₜᵀ + Sₜ)) / N. The intercept is one of the
/// dimensions, with a variance of its own. A full Σ is shrunk towards its diagonal by (embedding + 1) / (embedding + 1 +
/// tasks), as a prior of that many tasks would. Managed code; cost O(tasks · embedding³) per step.
/// </remarks>
internal sealed record EmpiricalBayes(double[][] Mean, double[] Covariance, double NoiseVariance)
{
    private const double Tolerance = 1e-4;
    private const double SmallestVariance = 1e-10;

    public int Outputs => Mean.Length;

    /// <summary>Fits the prior.</summary>
    /// <param name="tasks">Every training task, embedded.</param>
    /// <param name="shape">Of the heads.</param>
    /// <param name="target">What a label is regressed as, for one output.</param>
    /// <param name="isFull">Whether Σ has more than a diagonal.</param>
    /// <param name="iterations">The largest number of steps.</param>
    public static EmpiricalBayes Fit(IEnumerable<EmbeddedTask> tasks, HeadShape shape, Func<float, int, float> target, bool isFull, int iterations)
    {
        int width = shape.EmbeddingDimension + 1;
        Moments[] all = [.. tasks.AsParallel().AsOrdered().Select(task => Moments.Of(task, width, target))];
        int outputs = shape.CommonOutputs ?? 1;
        double rows = all.Sum(task => task.RowWeight * task.Outputs);

        // From the pooled scale of the labels: half of it noise, and slopes that explain the rest.
        double labelVariance = Math.Max(all.Sum(task => task.SquaredLabels.Sum()) / rows, SmallestVariance);
        var prior = new EmpiricalBayes([.. Enumerable.Range(0, outputs).Select(_ => new double[width])], new double[width * width], labelVariance / 2);
        for (int j = 0; j < width; j++)
            prior.Covariance[j * width + j] = labelVariance / (j < width - 1 ? width : 1);

        for (int i = 0; i < iterations; i++)
        {
            EmpiricalBayes next = prior.Step(all, width, shape.HasPrior, isFull, rows);
            bool isSettled = Math.Abs(Math.Log(next.NoiseVariance / prior.NoiseVariance)) < Tolerance
                && Enumerable.Range(0, width).All(j => Math.Abs(Math.Log(next.Covariance[j * width + j] / prior.Covariance[j * width + j])) < 10 * Tolerance);
            prior = next;
            if (isSettled)
                break;
        }

        return prior;
    }

    private EmpiricalBayes Step(Moments[] tasks, int width, bool hasMean, bool isFull, double rows)
    {
        double[] precision = Cholesky.Inverse(Covariance, width);
        var posteriors = new (double[] Covariance, double[][] Means)[tasks.Length];
        Parallel.For(0, tasks.Length, t => posteriors[t] = tasks[t].Posterior(precision, Mean, NoiseVariance, width, hasMean));

        int heads = tasks.Sum(task => task.Outputs);
        var mean = Mean.Select(_ => new double[width]).ToArray();
        if (hasMean)
        {
            for (int k = 0; k < mean.Length; k++)
            {
                for (int j = 0; j < width; j++)
                    mean[k][j] = posteriors.Sum(posterior => posterior.Means[k][j]) / tasks.Length;
            }
        }

        var covariance = new double[width * width];
        double residual = 0;
        for (int t = 0; t < tasks.Length; t++)
        {
            var (spread, means) = posteriors[t];
            residual += tasks[t].Residual(spread, means, width);
            for (int k = 0; k < means.Length; k++)
            {
                for (int i = 0; i < width; i++)
                {
                    double deviation = means[k][i] - (hasMean ? mean[k][i] : 0);
                    for (int j = 0; j < width; j++)
                        covariance[i * width + j] += (deviation * (means[k][j] - (hasMean ? mean[k][j] : 0)) + spread[i * width + j]) / heads;
                }
            }
        }

        double kept = isFull ? (double)heads / (heads + width) : 0;
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
                covariance[i * width + j] = i == j ? Math.Max(covariance[i * width + j], SmallestVariance) : kept * covariance[i * width + j];
        }

        return new EmpiricalBayes(mean, covariance, Math.Max(residual / rows, SmallestVariance));
    }

    // What of a task the likelihood depends on.
    private sealed record Moments(double[] Products, double[][] WithLabels, double[] SquaredLabels, double RowWeight)
    {
        public int Outputs => WithLabels.Length;

        public static Moments Of(EmbeddedTask task, int width, Func<float, int, float> target)
        {
            int outputs = task.OutputCount;
            var products = new double[width * width];
            var withLabels = Enumerable.Range(0, outputs).Select(_ => new double[width]).ToArray();
            var squares = new double[outputs];
            var row = new double[width];
            for (int r = 0; r < task.RowCount; r++)
            {
                double weight = task.Weights[r];
                for (int j = 0; j < width - 1; j++)
                    row[j] = task.Embeddings[r * (width - 1) + j];
                row[^1] = 1;
                for (int i = 0; i < width; i++)
                {
                    double weighted = weight * row[i];
                    for (int j = 0; j <= i; j++)
                        products[i * width + j] += weighted * row[j];
                }

                for (int k = 0; k < outputs; k++)
                {
                    double label = target(task.Labels[r], k);
                    squares[k] += weight * label * label;
                    for (int j = 0; j < width; j++)
                        withLabels[k][j] += weight * label * row[j];
                }
            }

            for (int i = 0; i < width; i++)
            {
                for (int j = 0; j < i; j++)
                    products[j * width + i] = products[i * width + j];
            }

            return new Moments(products, withLabels, squares, task.Weights.Sum(weight => (double)weight));
        }

        public (double[] Covariance, double[][] Means) Posterior(double[] precision, double[][] mean, double noise, int width, bool hasMean)
        {
            var sum = new double[width * width];
            for (int i = 0; i < sum.Length; i++)
                sum[i] = precision[i] + Products[i] / noise;
            double[] covariance = Cholesky.Inverse(sum, width);
            var means = new double[Outputs][];
            for (int k = 0; k < means.Length; k++)
            {
                var right = new double[width];
                for (int i = 0; i < width; i++)
                {
                    right[i] = WithLabels[k][i] / noise;
                    for (int j = 0; hasMean && j < width; j++)
                        right[i] += precision[i * width + j] * mean[k][j];
                }

                means[k] = new double[width];
                for (int i = 0; i < width; i++)
                {
                    for (int j = 0; j < width; j++)
                        means[k][i] += covariance[i * width + j] * right[j];
                }
            }

            return (covariance, means);
        }

        // Expected squared residuals, over all outputs.
        public double Residual(double[] covariance, double[][] means, int width)
        {
            double total = 0;
            for (int k = 0; k < means.Length; k++)
            {
                total += SquaredLabels[k];
                for (int i = 0; i < width; i++)
                {
                    total -= 2 * WithLabels[k][i] * means[k][i];
                    for (int j = 0; j < width; j++)
                        total += Products[i * width + j] * (means[k][i] * means[k][j] + covariance[i * width + j]);
                }
            }

            return total;
        }
    }
}
