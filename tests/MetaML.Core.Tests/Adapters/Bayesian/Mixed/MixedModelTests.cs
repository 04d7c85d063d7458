using MetaML.Data;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian.Mixed;

public sealed class MixedModelTests
{
    private static readonly string[] s_features = ["a", "b"];

    [Theory]
    [InlineData(PriorCovariance.Full)]
    [InlineData(PriorCovariance.Diagonal)]
    [InlineData(PriorCovariance.OneFactor)]
    public void Train_WithoutShrinkage_IsAMaximumOfTheDenseLikelihood(PriorCovariance covariance)
    {
        TaskSet tasks = Draw(30, covariates: 1);
        Population fit = Population.Of(Train(tasks, new BayesianAdapterOptions { Shrinkage = false, Covariance = covariance, VaryingFeatures = ["b"] }, standardizes: false))!;
        Assert.Equal([1, 2], fit.Varying); // b and the intercept
        double[] b = [.. fit.Coefficients.SelectMany(head => head)];
        double best = DenseLogLikelihood(tasks, b, fit.Covariance, fit.ResidualVariance);
        Assert.Equal(best, fit.LogLikelihood!.Value, 1e-4 * Math.Abs(best));
        for (int i = 0; i < b.Length; i++)
        {
            foreach (double step in new[] { -0.02, 0.02 })
            {
                double[] other = [.. b];
                other[i] += step;
                Assert.True(DenseLogLikelihood(tasks, other, fit.Covariance, fit.ResidualVariance) < best);
            }
        }

        foreach (double factor in new[] { 0.95, 1.05 })
        {
            Assert.True(DenseLogLikelihood(tasks, b, fit.Covariance, factor * fit.ResidualVariance) < best);
            foreach (int j in fit.Varying)
            {
                double[] other = [.. fit.Covariance];
                other[j * 4] *= factor;
                Assert.True(DenseLogLikelihood(tasks, b, other, fit.ResidualVariance) < best);
            }
        }
    }

    [Theory]
    [InlineData(0, 0.7, new[] { "b" })]
    [InlineData(0.7, 0.7, new[] { "a", "b" })]
    [InlineData(0, 0, new string[0])]
    public void Train_ChosenFeatures_VaryWhereTheDataSaySo(double ofA, double ofB, string[] expected)
    {
        var random = new Random(5);
        FeatureStore store = FeatureStore.Dense(2);
        store.FeatureNames = s_features;
        var builder = new TaskSetBuilder(LabelKind.Regression, store);
        for (int t = 0; t < 40; t++)
        {
            double a = 1 + ofA * NormalRandom.Next(random), b = 1 + ofB * NormalRandom.Next(random), intercept = NormalRandom.Next(random);
            for (int row = 0; row < 12; row++)
            {
                float[] x = [(float)NormalRandom.Next(random), (float)NormalRandom.Next(random)];
                builder.Add($"task {t}", store.Add(new FeatureRow(x)), (float)(a * x[0] + b * x[1] + intercept + 0.5 * NormalRandom.Next(random)));
            }
        }

        MetaModel model = Train(builder.Build(), new BayesianAdapterOptions { ChosenFeatures = s_features });
        var options = (BayesianAdapterOptions)model.AdapterOptions;
        Assert.Equal(expected, options.VaryingFeatures);
        Assert.Null(options.ChosenFeatures);
        Assert.Equal([.. expected.Select(name => Array.IndexOf(s_features, name)), 2], Population.Of(model)!.Varying);
        Assert.Contains(model.Training!.Reasons, reason => reason.StartsWith("Slopes that vary: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Train_ChosenFeaturesBesideNamedOnes_OnlyTheyAreChosen()
    {
        var options = (BayesianAdapterOptions)Train(Draw(30, covariates: 0, deviation: 0), new BayesianAdapterOptions { VaryingFeatures = ["a"], ChosenFeatures = ["b"] }).AdapterOptions;
        Assert.Equal(["a"], options.VaryingFeatures); // without variance, but named
        Assert.Contains("'c'", Assert.Throws<ArgumentException>(() => Train(Draw(30, covariates: 0), new BayesianAdapterOptions { ChosenFeatures = ["c"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_FixedFeature_HasTheSameSlopeInAllTasks()
    {
        TaskSet tasks = Draw(20, covariates: 0);
        MetaModel model = Train(tasks, new BayesianAdapterOptions { VaryingFeatures = [] });
        AdaptedTask[] adapted = [.. model.Adapt(tasks)];
        Assert.All(adapted, task => Assert.Equal(model.Prior!.Head.Weights, task.Head.Weights));
        Assert.True(adapted.Select(task => task.Head.Bias[0]).Distinct().Count() == adapted.Length);
        Assert.All(adapted, task => Assert.True(task.Head.PredictiveVariance!.Deviation([0.3f, -1]) > 0));
    }

    [Fact]
    public void Train_FixedIntercept_VariesInSlopesAlone()
    {
        TaskSet tasks = Draw(20, covariates: 0);
        MetaModel model = Train(tasks, new BayesianAdapterOptions { VaryingIntercept = false }, standardizes: false);
        Assert.All(model.Adapt(tasks), task => Assert.Equal(model.Prior!.Head.Bias[0], task.Head.Bias[0], 1e-6f));
    }

    [Fact]
    public void Train_TasksThatDoNotDiffer_HasNoVariance()
    {
        TaskSet tasks = Draw(15, covariates: 0, deviation: 0);
        Population fit = Population.Of(Train(tasks, new BayesianAdapterOptions { Shrinkage = false, VaryingFeatures = [] }))!;
        Assert.InRange(Math.Sqrt(fit.Covariance[^1]), 0, 0.2);
        Assert.InRange(fit.ShareBetweenTasks, 0, 0.1);
        Assert.True(double.IsFinite(fit.LogLikelihood!.Value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Train_Covariate_FindsItsEffect(bool shrinks)
    {
        MetaModel model = Train(Draw(60, covariates: 1), new BayesianAdapterOptions { Shrinkage = shrinks });
        Population fit = Population.Of(model)!;
        Assert.Equal(1.5, fit.Coefficients[1][2], 3 * fit.StandardError(0, 2) + 0.05); // on the intercept
        Assert.Equal(-1, fit.Coefficients[1][0], 3 * fit.StandardError(0, 0) + 0.05); // on the slope of a
        Assert.Equal(0, fit.Coefficients[1][1], 3 * fit.StandardError(0, 1) + 0.05);

        // A task without rows: the prior of its covariates.
        double Score(float u) => model.CreateScorer().Score(model.PriorFor([u]), new FeatureRow([0, 0]))[0];
        Assert.Equal(fit.Coefficients[0][2] + 2 * fit.Coefficients[1][2], Score(2), 1e-3);
        Assert.Equal(fit.Coefficients[0][2], Score(0), 1e-3);
        Assert.Throws<ArgumentException>(() => model.PriorFor([]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Train_MoreCovariatesThanTasks_ShrinksThemAndSaysSo(bool shrinks)
    {
        TaskSet tasks = Draw(16, covariates: 25);
        MetaModel model = Train(tasks, new BayesianAdapterOptions { Shrinkage = shrinks });
        Population fit = Population.Of(model)!;
        Assert.Contains(model.Training!.Reasons, reason => reason.Contains("There are 25 for 16 tasks", StringComparison.Ordinal) && reason.Contains("shrunk", StringComparison.Ordinal));
        Assert.True(fit.Coefficients.SelectMany(head => head).All(double.IsFinite));
        double[] onIntercept = [.. fit.Coefficients.Skip(1).Select(head => head[2])];
        Assert.Equal(0, Array.IndexOf(onIntercept, onIntercept.Max())); // the only one with an effect
        Assert.InRange(onIntercept[0], 0.1, 1.8);

        // Better than a prior without covariates for new tasks without rows.
        TaskSet others = Draw(40, covariates: 25, seed: 8);
        Assert.True(SquaredError(others, task => model.PriorFor(task.Covariates), model) < 0.95 * SquaredError(others, _ => model.Prior!, model));
    }

    [Fact]
    public void Train_CovariatesWithoutEffect_CostLittle()
    {
        TaskSet tasks = Draw(40, covariates: 1, effect: 0), others = Draw(200, covariates: 1, effect: 0, seed: 9);
        MetaModel model = Train(tasks, new BayesianAdapterOptions());
        Assert.InRange(SquaredError(others, task => model.PriorFor(task.Covariates), model), 0, 1.02 * SquaredError(others, _ => model.Prior!, model));
    }

    [Fact]
    public void Train_NoisePerTask_AlsoTakesCovariates()
    {
        MetaModel model = Train(Draw(60, covariates: 1), new BayesianAdapterOptions { Noise = PriorNoise.PerTask, Shrinkage = false });
        Population fit = Population.Of(model)!;
        Assert.Equal(1.5, fit.Coefficients[1][2], 3 * fit.StandardError(0, 2) + 0.05);
        Assert.True(double.IsFinite(fit.LogLikelihood!.Value));
    }

    [Fact]
    public void Train_LogisticLikelihood_FindsTheEffectOfACovariate()
    {
        TaskSet tasks = Draw(80, covariates: 1, kind: LabelKind.Binary);
        MetaModel model = Train(tasks, new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic });
        double Score(float u) => model.CreateScorer().Score(model.PriorFor([u]), new FeatureRow([0, 0]))[0];
        Assert.InRange(Score(1) - Score(-1), 1.5, 4); // 3 without attenuation
    }

    [Fact]
    public void Adapt_TaskWithoutRows_IsThePriorOfItsCovariates()
    {
        TaskSet tasks = Draw(30, covariates: 1);
        MetaModel model = Train(tasks, new BayesianAdapterOptions());
        var builder = new TaskSetBuilder(LabelKind.Regression, FeatureStore.Dense(2)) { CovariateNames = ["u0"] };
        builder.SetCovariates("new", [1.25f]);
        AdaptedTask adapted = Assert.Single(model.Adapt(builder.Build()));
        Assert.Equal(0, adapted.RowCount);
        Assert.Equal(model.PriorFor([1.25f]).Head.Weights, adapted.Head.Weights);
        Assert.Equal(model.PriorFor([1.25f]).Head.Bias, adapted.Head.Bias);
        Assert.NotEqual(model.Prior!.Head.Bias, adapted.Head.Bias);
    }

    [Fact]
    public void Read_WhatWasWritten_HasTheSamePopulation()
    {
        TaskSet tasks = Draw(30, covariates: 2);
        MetaModel model = Train(tasks, new BayesianAdapterOptions { VaryingFeatures = ["a"] });
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        AdaptedTask task = model.Adapt(tasks)[3];
        model.Write(writer);
        task.Write(writer, model);
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        MetaModel read = MetaModel.Read(reader);
        AdaptedTask same = AdaptedTask.Read(reader, read, 0);
        Assert.Equal(stream.Length, stream.Position);
        Assert.Equal(model.FeatureNames, read.FeatureNames);
        Assert.Equal(["u0", "u1"], read.CovariateNames);
        Population first = Population.Of(model)!, second = Population.Of(read)!;
        Assert.Equal(first.Coefficients, second.Coefficients);
        Assert.Equal(first.Covariance, second.Covariance);
        Assert.Equal(first.Varying, second.Varying);
        Assert.Equal(first.LogLikelihood, second.LogLikelihood);
        Assert.Equal(first.StandardError(1, 0), second.StandardError(1, 0));
        Assert.Equal(first.Task(task), second.Task(same), (x, y) => x.Head.SequenceEqual(y.Head) && x.Mean.SequenceEqual(y.Mean) && x.Deviations.SequenceEqual(y.Deviations));
        Assert.Equal(model.PriorFor([0.5f, 2]).Head.Bias, read.PriorFor([0.5f, 2]).Head.Bias);
    }

    [Fact]
    public void Train_Ridge_LearnsTheEffectByGradients()
    {
        TaskSet tasks = Draw(60, covariates: 1);
        MetaModel model = MetaTrainer.Train(tasks, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 200, Seed = 1 });
        double Score(float u) => model.CreateScorer().Score(model.PriorFor([u]), new FeatureRow([0, 0]))[0];
        Assert.InRange(Score(1) - Score(-1), 1, 5);
    }

    [Fact]
    public void Train_AdapterWithoutPrior_NamesThoseThatTakeCovariates()
    {
        TaskSet tasks = Draw(12, covariates: 1, kind: LabelKind.Binary);
        var error = Assert.Throws<ArgumentException>(() => MetaTrainer.Train(tasks, new MetaTrainingOptions { Adapter = new PrototypeAdapterOptions() }));
        Assert.Contains("BayesianAdapterOptions, RidgeAdapterOptions or LogisticAdapterOptions", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("c")]
    [InlineData("A")]
    public void Train_UnknownVaryingFeature_IsAnError(string name)
    {
        var error = Assert.Throws<ArgumentException>(() => Train(Draw(12, covariates: 0), new BayesianAdapterOptions { VaryingFeatures = [name] }));
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'a', 'b'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_VaryingFeaturesOnANetwork_IsAnError() =>
        Assert.Throws<ArgumentException>(() => MetaTrainer.Train(Draw(12, covariates: 0), new MetaTrainingOptions { Encoder = new MlpEncoderOptions(), Adapter = new BayesianAdapterOptions { VaryingFeatures = ["a"] } }));

    [Fact]
    public void Train_TooManyFeatures_IsRefusedByANamedLimit()
    {
        FeatureStore store = FeatureStore.Dense(1100);
        var builder = new TaskSetBuilder(LabelKind.Regression, store);
        for (int row = 0; row < 12; row++)
            builder.Add($"task {row % 3}", store.Add(new FeatureRow(Enumerable.Range(0, 1100).Select(j => (float)Math.Sin(j * row)).ToArray())), row);
        Assert.Contains("at most 1023", Assert.Throws<ArgumentException>(() => Train(builder.Build(), new BayesianAdapterOptions { Shrinkage = false })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SetCovariates_OtherValues_NamesBoth()
    {
        var builder = new TaskSetBuilder(LabelKind.Regression, FeatureStore.Dense(1)) { CovariateNames = ["size"] };
        builder.SetCovariates("store", [0.25f]);
        builder.SetCovariates("store", [0.25f]);
        string message = Assert.Throws<ArgumentException>(() => builder.SetCovariates("store", [0.75f])).Message;
        Assert.Contains("0.25 and 0.75 for 'size' of task 'store'", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => builder.SetCovariates("other", [float.NaN]));
        Assert.Throws<ArgumentException>(() => builder.SetCovariates("other", [1, 2]));
    }

    [Fact]
    public void Build_TaskWithoutCovariates_IsAnError()
    {
        FeatureStore store = FeatureStore.Dense(1);
        var builder = new TaskSetBuilder(LabelKind.Regression, store) { CovariateNames = ["size"] };
        builder.Add("store", store.Add(new FeatureRow([1])), 2);
        Assert.Contains("'store'", Assert.Throws<InvalidOperationException>(() => builder.Build()).Message, StringComparison.Ordinal);
    }

    private static double SquaredError(TaskSet set, Func<LearningTask, AdaptedTask> headOf, MetaModel model)
    {
        MetaScorer scorer = model.CreateScorer();
        return set.Tasks.Average(task => task.Rows.Select((row, i) => Math.Pow(scorer.Score(headOf(task), set.Features[row])[0] - task.Labels[i], 2)).Average());
    }

    private static MetaModel Train(TaskSet tasks, BayesianAdapterOptions adapter, bool standardizes = true) => MetaTrainer.Train(tasks, new MetaTrainingOptions
    {
        Encoder = new IdentityEncoderOptions { StandardizeInputs = standardizes },
        Adapter = adapter,
        Seed = 1,
    });

    // y = (2 − u₀)a + b + 1.5 u₀ + task deviations + noise; only the first covariate has an effect.
    private static TaskSet Draw(int tasks, int covariates, double deviation = 0.7, double effect = 1, LabelKind kind = LabelKind.Regression, int seed = 3)
    {
        var random = new Random(seed);
        FeatureStore store = FeatureStore.Dense(2);
        store.FeatureNames = s_features;
        string[] names = [.. Enumerable.Range(0, covariates).Select(i => $"u{i}")];
        var builder = new TaskSetBuilder(kind, store) { CovariateNames = names };
        for (int t = 0; t < tasks; t++)
        {
            float[] u = [.. names.Select(_ => (float)NormalRandom.Next(random))];
            double first = covariates > 0 ? effect * u[0] : 0;
            double a = 2 - first + 0.3 * deviation * NormalRandom.Next(random), b = 1 + deviation * NormalRandom.Next(random), intercept = 1.5 * first + deviation * NormalRandom.Next(random);
            builder.SetCovariates($"task {t}", u);
            for (int row = 0; row < 6 + t % 5; row++)
            {
                float[] x = [(float)(0.5 + NormalRandom.Next(random)), (float)NormalRandom.Next(random)];
                double score = a * x[0] + b * x[1] + intercept;
                float label = kind == LabelKind.Binary ? (random.NextDouble() < 1 / (1 + Math.Exp(-score)) ? 1 : 0) : (float)(score + 0.5 * NormalRandom.Next(random));
                builder.Add($"task {t}", store.Add(new FeatureRow(x)), label);
            }
        }

        return builder.Build();
    }

    // log N(y; X m(u), Z Σ Zᵀ + σ²I) of all tasks.
    private static double DenseLogLikelihood(TaskSet set, double[] coefficients, double[] covariance, double noise)
    {
        double sum = 0;
        foreach (LearningTask task in set.Tasks)
        {
            int rows = task.RowCount;
            double[][] z = [.. task.Rows.Select(row => new double[] { set.Features[row].Values[0], set.Features[row].Values[1], 1 })];
            var v = new double[rows * rows];
            var residual = new double[rows];
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < rows; j++)
                    v[i * rows + j] = (i == j ? noise : 0) + Enumerable.Range(0, 9).Sum(e => z[i][e / 3] * covariance[e] * z[j][e % 3]);
                residual[i] = task.Labels[i] - Enumerable.Range(0, coefficients.Length).Sum(c => coefficients[c] * z[i][c % 3] * (c < 3 ? 1 : task.Covariates[c / 3 - 1]));
            }

            double[] solved = [.. residual], lower = [.. v];
            Cholesky.Solve(lower, rows, solved, 1);
            sum -= 0.5 * (rows * Math.Log(2 * Math.PI) + MatrixAlgebra.LogDeterminant(lower, rows) + residual.Zip(solved, (x, y) => x * y).Sum());
        }

        return sum;
    }
}
