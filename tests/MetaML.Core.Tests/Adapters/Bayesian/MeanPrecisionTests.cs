using MetaML.Adapters;
using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Numerics;
using MetaML.Parameters;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian;

/// <summary>The prior of the mean of heads, which shrinks a mean that few rows determine.</summary>
public sealed class MeanPrecisionTests
{
    [Theory]
    [InlineData(5, 12, 1e-3)] // features, rows of a task: by a matrix
    [InlineData(5, 3, 1e-3)]
    [InlineData(80, 10, 0.05)] // by conjugate gradients, which end early
    public void Climb_AtTheEnd_TheGradientOfTheMeanIsThatOfItsPrior(int features, int rows, double tolerance)
    {
        const double Precision = 40;
        EmbeddedTask[] tasks = Tasks(20, rows, features, mean: 0.5);
        TaskEvidence[] evidence = Evidence(tasks);
        var search = new PriorSearch(evidence, HeadPrior.Start(evidence, features + 1, 1, PriorNoise.Common) with { MeanPrecision = Precision }, hasMean: true, CovarianceForm.Diagonal);
        search.Climb(PriorLimits.None.AtMost(2000), precision: 1e6);
        HeadPrior prior = search.Prior;

        // Σₜ Z̃ᵀV⁻¹(y − Z̃m) with V = Z̃ΣZ̃ᵀ + σ²I is pDm.
        var gradient = new double[features + 1];
        foreach (EmbeddedTask task in tasks)
        {
            double[] variance = new double[rows * rows], residual = new double[rows];
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < rows; j++)
                    variance[i * rows + j] = (i == j ? prior.NoiseVariance : 0) + Enumerable.Range(0, features + 1).Sum(k => Value(task, i, k) * prior.Covariance[k * (features + 1) + k] * Value(task, j, k));
                residual[i] = task.Labels[i] - Enumerable.Range(0, features + 1).Sum(k => Value(task, i, k) * prior.Mean[0][k]);
            }

            Cholesky.Solve(variance, rows, residual, 1);
            for (int k = 0; k <= features; k++)
                gradient[k] += Enumerable.Range(0, rows).Sum(i => Value(task, i, k) * residual[i]);
        }

        double scale = Precision * prior.Mean[0][..^1].Max(Math.Abs);
        for (int k = 0; k < features; k++)
            Assert.Equal(Precision * prior.Mean[0][k], gradient[k], tolerance * scale);
        Assert.Equal(0, gradient[features], tolerance * scale);
    }

    [Fact]
    public void WithLikelierMeanPrecision_ManyTasks_IsThePrecisionOfTheSlopes()
    {
        const int Features = 30;
        TaskEvidence[] evidence = Evidence(Tasks(200, 20, Features, mean: 0.5));
        HeadPrior prior = HeadPrior.Fit(evidence, HeadPrior.Start(evidence, Features + 1, 1, PriorNoise.Common), hasMean: true, CovarianceForm.Diagonal, PriorLimits.None.AtMost(200));
        double meanSquare = prior.Mean[0][..^1].Average(slope => slope * slope);
        Assert.Equal(1 / meanSquare, prior.WithLikelierMeanPrecision(evidence).MeanPrecision, 1e-6 / meanSquare);
        HeadPrior second = prior.WithLikelierMeanPrecision(evidence).WithLikelierMeanPrecision(evidence);
        Assert.InRange(second.MeanPrecision * meanSquare, 0.9, 1); // the rows determine nearly all slopes
    }

    [Theory]
    [InlineData(LabelKind.Regression, 0.0, 0.95)] // the true mean is 0
    [InlineData(LabelKind.Regression, 0.2, 1.0)]
    [InlineData(LabelKind.Binary, 0.2, 0.9)]
    public void Complete_FewRowsInAll_TheMeanIsCloserToTheTruthThanTheMostLikelyOne(LabelKind kind, double mean, double largest)
    {
        const int Features = 30;
        double own = 0, flat = 0;
        for (int seed = 0; seed < 5; seed++)
        {
            EmbeddedTask[] tasks = Tasks(12, 8, Features, mean, seed, kind);
            double[] truth = Truth(Features, mean, seed);
            own += Distance(Fitted(tasks, kind), truth);
            flat += Distance(Flat(tasks, kind), truth);
        }

        Assert.True(own < largest * flat, $"{own} and {flat}");
    }

    private static double[] Fitted(EmbeddedTask[] tasks, LabelKind kind)
    {
        var adapter = new BayesianAdapterOptions { Covariance = PriorCovariance.Diagonal, ClassLikelihood = ClassLikelihood.Logistic }.Create(new HeadShape(kind, tasks[0].Dimension, 1));
        ParameterArray[] parameters = ParameterArray.Initialize(adapter.Parameters, new Random(1));
        adapter.EvidenceOf(tasks).Complete(parameters, PriorLimits.None);
        return Array.ConvertAll(parameters.Single(parameter => parameter.Name == "prior_head").Values, value => (double)value);
    }

    private static double[] Flat(EmbeddedTask[] tasks, LabelKind kind)
    {
        int width = tasks[0].Dimension + 1;
        if (kind == LabelKind.Regression)
            return HeadPrior.Fit(Evidence(tasks), HeadPrior.Start(Evidence(tasks), width, 1, PriorNoise.Common), hasMean: true, CovarianceForm.Diagonal, PriorLimits.None.AtMost(200)).Mean[0];
        GeneralizedTask[] logistic = [.. tasks.Select(task => new GeneralizedTask(kind, task, width)).Where(task => task.Heads > 0)];
        return new GeneralizedPrior(logistic, GeneralizedPrior.Start(logistic, width, 1), hasMean: true, CovarianceForm.Diagonal, PriorLimits.None.AtMost(200)).Climb().Prior.Mean[0];
    }

    private static double Distance(double[] slopes, double[] truth) => Math.Sqrt(truth.Zip(slopes, (one, other) => (one - other) * (one - other)).Sum());

    private static double Value(EmbeddedTask task, int row, int k) => k == task.Dimension ? 1 : task.Row(row)[k];

    private static TaskEvidence[] Evidence(EmbeddedTask[] tasks) => [.. tasks.Select(task => new TaskEvidence(task, task.Dimension + 1, (label, _) => label))];

    private static double[] Truth(int features, double mean, int seed)
    {
        var random = new Random(1000 + seed);
        return [.. Enumerable.Range(0, features).Select(_ => mean * NormalRandom.Next(random))];
    }

    private static EmbeddedTask[] Tasks(int count, int rows, int features, double mean, int seed = 0, LabelKind kind = LabelKind.Regression)
    {
        double[] slopes = Truth(features, mean, seed);
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            double[] head = [.. slopes.Select(slope => slope + 0.2 * NormalRandom.Next(random))];
            float[] z = [.. Enumerable.Range(0, rows * features).Select(_ => (float)NormalRandom.Next(random))];
            float[] labels = [.. Enumerable.Range(0, rows).Select(i =>
            {
                double value = 0.3 + Enumerable.Range(0, features).Sum(j => head[j] * z[i * features + j]);
                return kind == LabelKind.Binary ? random.NextDouble() < 1 / (1 + Math.Exp(-value)) ? 1f : 0 : (float)(value + NormalRandom.Next(random));
            })];
            return new EmbeddedTask(z, features, labels, [.. Enumerable.Repeat(1f, rows)], 1);
        })];
    }
}
