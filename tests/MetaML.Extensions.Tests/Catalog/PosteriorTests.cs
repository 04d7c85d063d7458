using MetaML.Models;
using MetaML.Numerics;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Catalog;

public sealed class PosteriorTests
{
    private const int Width = TaskRow.FeatureCount + 1;

    private readonly MLContext _ml = TrainerCase.NewContext();
    private readonly List<TaskRow> _training = Some.Tasks(30, 20);
    private readonly List<TaskRow> _support = Some.Tasks(1, 6, firstTask: 100);

    [Fact]
    public void Posterior_Values_IsTheClosedForm()
    {
        ITransformer model = Fit(LabelKind.Regression, "Value", new BayesianAdapterOptions { Covariance = PriorCovariance.Full, Shrinkage = false });
        var (mean, covariance) = Prior(model);
        double variance = Math.Pow(_ml.MetaLearning().Describe(model).Outputs[0].Population!.ResidualStandardDeviation, 2);
        HeadPosterior posterior = _ml.MetaLearning().Posterior(_ml.MetaLearning().Adapt(model, View(_support)), "task100");

        // S = (Σ⁻¹ + XᵀX/σ²)⁻¹ and m + S Xᵀ(y − Xm)/σ², in the units of the columns.
        double[] expected = Expected(covariance, _ => 1 / variance);
        double[] gradient = Gradient(mean, row => (row.Value - Dot(mean, row)) / variance);
        AssertClose(mean.Zip(MatrixAlgebra.Multiply(expected, gradient), (prior, step) => prior + step), posterior.Mean, 1e-3);
        AssertClose(expected, Covariance(posterior), 1e-3);
        Assert.Equal(Math.Sqrt(variance), posterior.NoiseStandardDeviation, 1e-4);
        Assert.Equal("(Intercept)", posterior.Names[^1]);
    }

    [Fact]
    public void Posterior_TwoClasses_IsLaplacesApproximation()
    {
        ITransformer model = Fit(LabelKind.Binary, "Answer", new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic, Shrinkage = false, Covariance = PriorCovariance.Diagonal });
        AssertIsLaplace(model, score => 1 / (1 + Math.Exp(-score)), row => row.Answer ? 1 : 0, p => p * (1 - p));
    }

    [Fact]
    public void Posterior_Counts_IsLaplacesApproximation()
    {
        ITransformer model = Fit(LabelKind.Regression, "Count", new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.Poisson, Shrinkage = false, Covariance = PriorCovariance.Diagonal });
        AssertIsLaplace(model, Math.Exp, row => row.Count, rate => rate);
    }

    [Fact]
    public void Posterior_CalibratedProbabilities_IsThatOfTheCalibratedHead()
    {
        ITransformer model = Fit(LabelKind.Binary, "Answer", new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic });
        MetaLearnerTransformer learner = model as MetaLearnerTransformer ?? ((IEnumerable<ITransformer>)model).OfType<MetaLearnerTransformer>().Single();
        HeadPosterior posterior = _ml.MetaLearning().Posterior(model, "task3");
        float[] row = _training[0].Features;
        float logit = learner.Model.CreateScorer().Score(learner.Task("task3")!, new MetaML.Data.FeatureRow(row), out float divisor)[0] * divisor;
        Assert.Equal(logit, posterior.Mean.Zip(row.Append(1), (weight, value) => weight * value).Sum(), 1e-4);
    }

    [Fact]
    public void Draw_ManyDraws_HasTheMeanAndTheCovariance()
    {
        const int Draws = 20_000;
        HeadPosterior posterior = _ml.MetaLearning().Posterior(Fit(LabelKind.Regression, "Value", new BayesianAdapterOptions()), "task1");
        var random = new Random(1);
        double[][] draws = [.. Enumerable.Range(0, Draws).Select(_ => posterior.Draw(random))];
        for (int i = 0; i < Width; i++)
        {
            Assert.Equal(posterior.Mean[i], draws.Average(draw => draw[i]), 5 * posterior.StandardDeviation(i) / Math.Sqrt(Draws));
            for (int j = 0; j < Width; j++)
            {
                double covariance = draws.Average(draw => (draw[i] - posterior.Mean[i]) * (draw[j] - posterior.Mean[j]));
                Assert.Equal(posterior.Covariance(i, j), covariance, 6 * posterior.StandardDeviation(i) * posterior.StandardDeviation(j) / Math.Sqrt(Draws));
            }
        }
    }

    [Fact]
    public void DrawScores_SameGenerator_AreTheScoresOfTheDrawnHeads()
    {
        HeadPosterior posterior = _ml.MetaLearning().Posterior(Fit(LabelKind.Regression, "Value", new BayesianAdapterOptions()), "task1");
        float[][] rows = [.. _support.Select(row => row.Features)];
        double[][] scores = posterior.DrawScores(rows, 3, new Random(5));
        var random = new Random(5);
        foreach (double[] draw in scores)
        {
            double[] head = posterior.Draw(random);
            Assert.All(rows.Zip(draw), pair => Assert.Equal(pair.First.Append(1).Zip(head, (value, weight) => value * weight).Sum(), pair.Second, 1e-3));
        }
    }

    [Fact]
    public void DrawScores_ModelWithEncoder_HaveTheDeviationsOfTheScores()
    {
        const int Draws = 4000;
        ITransformer model = Fit(LabelKind.Regression, "Value", new BayesianAdapterOptions(), new KernelEncoderOptions());
        HeadPosterior posterior = _ml.MetaLearning().Posterior(model, "task1");
        Assert.Equal("Embedding0", posterior.Names[0]);
        double[][] scores = posterior.DrawScores([_support[0].Features], Draws, new Random(5));
        double deviation = model.Transform(View([new TaskRow { Task = "task1", Features = _support[0].Features }])).GetColumn<float>("ScoreStandardDeviation").Single();
        double expected = deviation * deviation - posterior.NoiseStandardDeviation * posterior.NoiseStandardDeviation, mean = scores.Average(draw => draw[0]);
        Assert.Equal(expected, scores.Average(draw => (draw[0] - mean) * (draw[0] - mean)), 0.15 * expected);
    }

    [Fact]
    public void Posterior_UnfitModelOrTask_IsAnError()
    {
        ITransformer model = Fit(LabelKind.Regression, "Value", new BayesianAdapterOptions());
        Assert.Contains("got 'nobody'", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Posterior(model, "nobody")).Message, StringComparison.Ordinal);
        HeadPosterior prior = _ml.MetaLearning().Posterior(model, null);
        Assert.True(prior.StandardDeviation(0) > _ml.MetaLearning().Posterior(model, "task1").StandardDeviation(0));
        Assert.Throws<ArgumentException>(() => prior.DrawScores([[1, 2]], 1, new Random(1)));
        Assert.Throws<ArgumentException>(() => prior.DrawScores([[1, 2, 3, 4, 5, float.NaN]], 1, new Random(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => prior.Covariance(0, Width));
        ITransformer ridge = Fit(LabelKind.Binary, "Answer", new BayesianAdapterOptions());
        Assert.Contains("ClassLikelihood.Logistic", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Posterior(ridge, "task1")).Message, StringComparison.Ordinal);
    }

    // The head maximises log p(y | w) − ½(w − m)ᵀΣ⁻¹(w − m), and the covariance is the inverse of the curvature.
    private void AssertIsLaplace(ITransformer model, Func<double, double> mean, Func<TaskRow, double> label, Func<double, double> curvature)
    {
        var (prior, covariance) = Prior(model);
        HeadPosterior posterior = _ml.MetaLearning().Posterior(_ml.MetaLearning().Adapt(model, View(_support)), "task100");
        double[] gradient = Gradient(posterior.Mean, row => label(row) - mean(Dot(posterior.Mean, row)));
        AssertClose(prior.Zip(MatrixAlgebra.Multiply(covariance, gradient), (value, step) => value + step), posterior.Mean, 1e-3);
        AssertClose(Expected(covariance, row => curvature(mean(Dot(posterior.Mean, row)))), Covariance(posterior), 1e-3);
        Assert.True(double.IsNaN(posterior.NoiseStandardDeviation));
    }

    // (Σ⁻¹ + Σᵢ wᵢxᵢxᵢᵀ)⁻¹ by adding one row after the other (Sherman and Morrison), since Σ may be singular.
    private double[] Expected(double[] covariance, Func<TaskRow, double> weight)
    {
        double[] inverse = [.. covariance];
        foreach (TaskRow row in _support)
        {
            double[] x = [.. row.Features, 1], sx = MatrixAlgebra.Multiply(inverse, x);
            double scale = weight(row) / (1 + weight(row) * x.Zip(sx, (a, b) => a * b).Sum());
            for (int i = 0; i < Width; i++)
            {
                for (int j = 0; j < Width; j++)
                    inverse[i * Width + j] -= scale * sx[i] * sx[j];
            }
        }

        return inverse;
    }

    private double[] Gradient(IReadOnlyList<double> head, Func<TaskRow, double> residual)
    {
        double[] residuals = [.. _support.Select(residual)];
        return [.. Enumerable.Range(0, Width).Select(j => _support.Select((row, i) => residuals[i] * (j < head.Count - 1 ? row.Features[j] : 1)).Sum())];
    }

    private (double[] Mean, double[] Covariance) Prior(ITransformer model)
    {
        HeadPosterior prior = _ml.MetaLearning().Posterior(model, null);
        PopulationDescription population = _ml.MetaLearning().Describe(model).Outputs[0].Population!;
        double[] effects = [.. population.Effects.Skip(1).Append(population.Effects[0]).Select(effect => effect.Estimate)]; // the intercept last
        AssertClose(effects, prior.Mean, 1e-4);
        double[] deviations = [.. population.Effects.Skip(1).Append(population.Effects[0]).Select(effect => effect.TaskStandardDeviation)];
        AssertClose(deviations, Enumerable.Range(0, Width).Select(prior.StandardDeviation), 1e-4);
        return ([.. prior.Mean], Covariance(prior));
    }

    private static double[] Covariance(HeadPosterior posterior) => [.. Enumerable.Range(0, Width * Width).Select(i => posterior.Covariance(i / Width, i % Width))];

    private static double Dot(IReadOnlyList<double> head, TaskRow row) => row.Features.Append(1).Zip(head, (value, weight) => value * weight).Sum();

    private static void AssertClose(IEnumerable<double> expected, IEnumerable<double> actual, double tolerance)
    {
        double largest = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance * largest));
    }

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private ITransformer Fit(LabelKind kind, string label, BayesianAdapterOptions adapter, EncoderOptions? encoder = null)
    {
        var options = new MetaLearnerOptions { LabelColumnName = label, TaskColumnName = "Task", Encoder = encoder ?? new IdentityEncoderOptions(), Adapter = adapter with { Fit = PriorFit.EmpiricalBayes } };
        return kind == LabelKind.Binary ? _ml.BinaryClassification.Trainers.MetaLearner(options).Fit(View(_training)) : _ml.Regression.Trainers.MetaLearner(options).Fit(View(_training));
    }
}
