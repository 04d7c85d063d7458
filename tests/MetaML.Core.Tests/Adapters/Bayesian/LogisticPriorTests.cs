using System.Text.Json;
using MetaML.Adapters;
using MetaML.Adapters.Bayesian;
using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Logistic;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.Parameters;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian;

/// <summary>Empirical Bayes of classes, against sums over grids, against the prior that tasks were drawn from, and against labels to come.</summary>
public sealed class LogisticPriorTests
{
    private const int Dimension = 2, Width = Dimension + 1;

    private static readonly double[] s_mean = [1, -1.5, 0.5]; // the last is the intercept
    private static readonly double[] s_covariance = [1.5, 0.6, 0, 0.6, 0.8, 0, 0, 0, 2];

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(30)]
    public void Under_TwoClasses_IsTheBoundAndNearTheMarginalLikelihood(int rows)
    {
        // A slope and an intercept: all integrals are sums over a grid.
        var random = new Random(rows);
        var task = new EmbeddedTask(Enumerable.Range(0, rows).Select(_ => (float)(4 * random.NextDouble() - 2)).ToArray(), 1, [.. Enumerable.Range(0, rows).Select(_ => (float)random.Next(2))], [.. Enumerable.Range(0, rows).Select(_ => 0.5f + random.NextSingle())], 1);
        double[] mean = [0.5, -0.3], covariance = [2, 0.4, 0.4, 1];
        double LogLikelihood(double slope, double intercept) => Enumerable.Range(0, rows).Sum(i =>
        {
            double score = slope * task.Row(i)[0] + intercept;
            return task.Weights[i] * (task.Labels[i] * score - Math.Log(1 + Math.Exp(score)));
        });

        ScaledHeadPrior prior = new ScaledHeadPrior([mean], DenseCovariance.Of(covariance, 2));
        var (evidence, bound) = new GeneralizedTask(LabelKind.Binary, task, 2).Under(prior.Mean, Root(covariance, 2));
        TaskPosterior posterior = evidence.Under(prior);
        double[] centre = [mean[0] + posterior.Shifts[0][0], mean[1] + posterior.Shifts[0][1]], spread = posterior.Covariance(1);

        double marginal = Math.Log(Mean(mean, covariance, (slope, intercept) => Math.Exp(LogLikelihood(slope, intercept))));
        double Bound(double[] m, double[] s) => Mean(m, s, LogLikelihood) - Divergence(m, s, mean, covariance);
        Assert.Equal(Bound(centre, spread), bound, 1e-5);
        Assert.InRange(marginal - bound, 0, 0.05);
        foreach (double move in new[] { -0.1, 0.1 }) // no other normal distribution is closer
        {
            Assert.True(Bound([centre[0] + move, centre[1]], spread) < bound);
            Assert.True(Bound([centre[0], centre[1] + move], spread) < bound);
            Assert.True(Bound(centre, [spread[0] * (1 + move), spread[1], spread[2], spread[3]]) < bound);
            Assert.True(Bound(centre, [spread[0], spread[1], spread[2], spread[3] * (1 + move)]) < bound);
            Assert.True(Bound(centre, [spread[0], spread[1] + 0.1 * move, spread[2] + 0.1 * move, spread[3]]) < bound);
        }
    }

    [Fact]
    public void Under_ThreeClasses_IsBelowTheMarginalLikelihoodAndNearIt()
    {
        // Intercepts alone: two contrasts.
        const double Variance = 1.5;
        float[] labels = [0, 0, 1, 2, 0, 0, 1];
        var task = new EmbeddedTask(default, 0, labels, [.. labels.Select(_ => 1f)], 3);
        ScaledHeadPrior prior = new ScaledHeadPrior([[0.4], [-0.2]], DenseCovariance.Of([Variance], 1));
        double marginal = Math.Log(Mean([0.4, -0.2], [Variance, 0, 0, Variance], (first, second) =>
        {
            double[][] classes = ClassContrasts.ToClasses([[first], [second]]);
            double sum = classes.Sum(c => Math.Exp(c[0]));
            return labels.Aggregate(1.0, (product, label) => product * Math.Exp(classes[(int)label][0]) / sum);
        }));
        var (_, bound) = new GeneralizedTask(LabelKind.Multiclass, task, 1).Under(prior.Mean, [Math.Sqrt(Variance)]);
        Assert.InRange(marginal - bound, 0, 0.15);
    }

    [Theory]
    [InlineData(LabelKind.Binary, "diagonal")]
    [InlineData(LabelKind.Binary, "one factor")]
    [InlineData(LabelKind.Binary, "full")]
    [InlineData(LabelKind.Binary, "shrunk")]
    [InlineData(LabelKind.Multiclass, "diagonal")]
    [InlineData(LabelKind.Multiclass, "full")]
    public void Advance_EachRound_RaisesTheBound(LabelKind kind, string form)
    {
        CovarianceForm covariance = form switch
        {
            "diagonal" => CovarianceForm.Diagonal,
            "one factor" => CovarianceForm.OfFactors(1, 0),
            "full" => CovarianceForm.Full(0),
            _ => CovarianceForm.Full(10),
        };
        GeneralizedTask[] tasks = Logistic(kind, Tasks(kind, 30, 12));
        int heads = tasks[0].Heads;
        var search = new GeneralizedPrior(tasks, GeneralizedPrior.Start(tasks, Width, heads), hasMean: true, covariance, PriorLimits.None.AtMost(200));
        double first = search.Bound, last = first;
        for (int round = 0; round < 6; round++)
        {
            search.Advance();
            Assert.True(search.Bound >= last, $"round {round}: {last} to {search.Bound}");
            last = search.Bound;
        }

        Assert.True(last > first + 1, $"{first} to {last}");
        double again = Logistic(kind, Tasks(kind, 30, 12)).Sum(task => task.Under(search.Prior.Mean, Root(search.Prior.Covariance, Width)).Bound); // wherever the search for it begins
        Assert.Equal(again + covariance.LogPrior(covariance.At(search.Point, Width)), last, 1e-3);
    }

    [Theory]
    [InlineData(LabelKind.Binary)]
    [InlineData(LabelKind.Multiclass)]
    public void Climb_ManyTasks_FindsThePriorTheyWereDrawnFrom(LabelKind kind)
    {
        GeneralizedTask[] tasks = Logistic(kind, Tasks(kind, 500, 30));
        HeadPrior fit = new GeneralizedPrior(tasks, GeneralizedPrior.Start(tasks, Width, tasks[0].Heads), hasMean: true, CovarianceForm.Full(0), PriorLimits.None.AtMost(200)).Climb().Prior;
        for (int i = 0; i < s_covariance.Length; i++)
            Assert.Equal(s_covariance[i], fit.Covariance[i], 0.12 + (kind == LabelKind.Binary ? 0.15 : 0.25) * s_covariance[i]); // of rare classes the bound is less close, and Σ too small
        double[][] means = kind == LabelKind.Binary ? [s_mean] : ClassContrasts.Of(ClassMeans);
        for (int k = 0; k < means.Length; k++)
        {
            for (int j = 0; j < Width; j++)
                Assert.Equal(means[k][j], fit.Mean[k][j], 0.2);
        }
    }

    [Fact]
    public void Climb_OneDimension_IsNearTheMaximumOfTheMarginalLikelihood()
    {
        // Intercepts of variance 2, eight rows each: the likelihood of a count is an integral over one number.
        var random = new Random(3);
        EmbeddedTask[] tasks = [.. Enumerable.Range(0, 300).Select(_ =>
        {
            double probability = 1 / (1 + Math.Exp(-Math.Sqrt(2) * Normal(random)));
            float[] labels = [.. Enumerable.Range(0, 8).Select(_ => random.NextDouble() < probability ? 1f : 0)];
            return new EmbeddedTask(default, 0, labels, [.. labels.Select(_ => 1f)], 1);
        })];
        double LogMarginal(double mean, double variance) => tasks.Sum(task =>
        {
            double sum = 0, total = 0, ones = task.Labels.Sum();
            for (double t = -8; t <= 8; t += 0.05)
            {
                double score = mean + Math.Sqrt(variance) * t, weight = Math.Exp(-t * t / 2);
                total += weight;
                sum += weight * Math.Exp(ones * score - 8 * Math.Log(1 + Math.Exp(score)));
            }

            return Math.Log(sum / total);
        });
        GeneralizedTask[] logistic = Logistic(LabelKind.Binary, tasks);
        HeadPrior fit = new GeneralizedPrior(logistic, GeneralizedPrior.Start(logistic, 1, 1), hasMean: true, CovarianceForm.Diagonal, PriorLimits.None.AtMost(200)).Climb().Prior;
        var best = (Value: double.NegativeInfinity, Mean: 0.0, Variance: 0.0);
        for (double mean = -0.4; mean <= 0.4; mean += 0.05)
        {
            for (double variance = 0.8; variance < 4; variance *= 1.05)
            {
                if (LogMarginal(mean, variance) is var value && value > best.Value)
                    best = (value, mean, variance);
            }
        }

        Assert.Equal(best.Mean, fit.Mean[0][0], 0.06);
        Assert.Equal(best.Variance, fit.Covariance[0], 0.12 * best.Variance);
    }

    [Theory]
    [InlineData(LabelKind.Binary)]
    [InlineData(LabelKind.Multiclass)]
    public void Adapt_AnyCovariance_SolvesTheOptimalityConditionAndDividesByTheSpread(LabelKind kind)
    {
        int outputs = kind == LabelKind.Binary ? 1 : 3;
        var adapter = new BayesianGeneralizedAdapter(new HeadShape(kind, Dimension, outputs), new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic, Covariance = PriorCovariance.Full });
        double[][] means = kind == LabelKind.Binary ? [s_mean] : ClassMeans;
        ParameterArray[] parameters = ParameterArray.Initialize(adapter.Parameters, new Random(0));
        LearnedCovariance.Store(s_covariance, parameters[0].Values, parameters[1].Values);
        LearnedCovariance.Store(means, parameters[2].Values);
        EmbeddedTask task = Tasks(kind, 1, 9)[0];
        LinearHead head = adapter.Adapt([.. parameters.Select(p => p.Values)], task);

        // Σ⁻¹(w − m) = Σ (y − p)z̃
        double[] precision = Cholesky.Inverse(s_covariance, Width);
        double[] W(int k) => [.. head.Weights[(k * Dimension)..((k + 1) * Dimension)].Select(value => (double)value), head.Bias[k]];
        double Entry(int row, int j) => j < Dimension ? task.Row(row)[j] : 1;
        double[][] probabilities = [.. Enumerable.Range(0, task.RowCount).Select(row => Probabilities([.. Enumerable.Range(0, outputs).Select(k => Enumerable.Range(0, Width).Sum(j => W(k)[j] * Entry(row, j)))]))];
        for (int k = 0; k < outputs; k++)
        {
            for (int j = 0; j < Width; j++)
            {
                double pull = Enumerable.Range(0, Width).Sum(i => precision[j * Width + i] * (W(k)[i] - means[k][i]));
                double push = Enumerable.Range(0, task.RowCount).Sum(row => ((kind == LabelKind.Binary ? task.Labels[row] : task.Labels[row] == k ? 1 : 0) - probabilities[row][k]) * Entry(row, j));
                Assert.Equal(push, pull, 2e-5);
            }
        }

        // S⁻¹ = Σ⁻¹ + Σ ω z̃z̃ᵀ
        double[] curvature = [.. precision];
        for (int row = 0; row < task.RowCount; row++)
        {
            double[] p = probabilities[row];
            double omega = kind == LabelKind.Binary ? p[0] * (1 - p[0]) : (1 - p.Sum(value => value * value)) / 2;
            for (int i = 0; i < curvature.Length; i++)
                curvature[i] += omega * Entry(row, i / Width) * Entry(row, i % Width);
        }

        double[] spread = Cholesky.Inverse(curvature, Width), z = [0.3, -1.1, 1];
        double v = Enumerable.Range(0, spread.Length).Sum(i => z[i / Width] * spread[i] * z[i % Width]);
        Assert.Equal(Math.Sqrt(1 + Math.PI / (kind == LabelKind.Binary ? 8 : 4) * v), head.PredictiveVariance!.Deviation([0.3f, -1.1f]), 1e-5);
    }

    [Theory]
    [InlineData(LabelKind.Binary)]
    [InlineData(LabelKind.Multiclass)]
    public void Train_LogisticTasks_PredictsNewOnesBetterThanGaussianCodesAndIsCalibrated(LabelKind kind)
    {
        const int Shots = 8, Rows = 40;
        TaskSet training = Set(kind, Tasks(kind, 120, 25)), news = Set(kind, Tasks(kind, 250, Rows, seed: 9));
        MetaModel Train(ClassLikelihood likelihood) => MetaTrainer.Train(training, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { ClassLikelihood = likelihood }, ClassSets = ClassSets.Common });
        (double Loss, double[] Stated, double[] Happened) Judge(MetaModel model)
        {
            IReadOnlyList<AdaptedTask> adapted = model.Adapt(news.With([.. news.Tasks.Select(task => task.Take([.. Enumerable.Range(0, Shots)]))]));
            MetaScorer scorer = model.CreateScorer();
            double loss = 0;
            double[] stated = new double[5], happened = new double[5], counts = new double[5];
            for (int t = 0; t < adapted.Count; t++)
            {
                for (int i = Shots; i < Rows; i++)
                {
                    float label = news.Tasks[t].Labels[i];
                    double[] p = Probabilities([.. scorer.Score(adapted[t], news.Features[news.Tasks[t].Rows[i]])]);
                    loss -= Math.Log(kind == LabelKind.Multiclass ? p[(int)label] : label > 0 ? p[0] : 1 - p[0]) / (adapted.Count * (Rows - Shots));
                    for (int k = 0; k < p.Length; k++)
                    {
                        int bin = Math.Min((int)(5 * p[k]), 4);
                        counts[bin]++;
                        stated[bin] += p[k];
                        happened[bin] += (kind == LabelKind.Multiclass ? (int)label == k : label > 0) ? 1 : 0;
                    }
                }
            }

            return (loss, [.. stated.Zip(counts, (s, n) => s / n)], [.. happened.Zip(counts, (h, n) => h / n)]);
        }

        var logistic = Judge(Train(ClassLikelihood.Logistic));
        double gaussian = Judge(Train(ClassLikelihood.Gaussian)).Loss;
        Assert.True(logistic.Loss < gaussian, $"logistic {logistic.Loss}, Gaussian {gaussian}");
        for (int bin = 0; bin < 5; bin++)
            Assert.Equal(logistic.Stated[bin], logistic.Happened[bin], kind == LabelKind.Binary ? 0.04 : 0.08);
    }

    [Fact]
    public void Train_OwnClasses_LearnsThemAndAModelOfOneClassEachStaysAsItWas()
    {
        TaskSet Own(int count, int rows, int seed) => Set(LabelKind.Multiclass, Tasks(LabelKind.Multiclass, count, rows, seed), own: true);
        MetaModel model = MetaTrainer.Train(Own(60, 25, 1), new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic }, ClassSets = ClassSets.PerTask });
        Assert.False(model.HasCommonOutputs);
        TaskSet news = Own(40, 40, 2);
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(news.With([.. news.Tasks.Select(task => task.Take([.. Enumerable.Range(0, 20)]))]));
        MetaScorer scorer = model.CreateScorer();
        double accuracy = news.Tasks.SelectMany((task, t) => Enumerable.Range(20, 20).Select(i =>
        {
            float[] scores = [.. scorer.Score(adapted[t], news.Features[task.Rows[i]])];
            return task.Labels[i] == adapted[t].Classes[Array.IndexOf(scores, scores.Max())];
        })).Average(right => right ? 1.0 : 0);
        Assert.True(accuracy > 0.6, $"accuracy {accuracy}");

        var adapter = new BayesianGeneralizedAdapter(new HeadShape(LabelKind.Multiclass, Dimension, null), new BayesianAdapterOptions());
        ParameterArray[] parameters = ParameterArray.Initialize(adapter.Parameters, new Random(0));
        float[] before = [.. parameters[0].Values];
        adapter.CompletePrior(parameters, [new EmbeddedTask(new float[] { 1, 2 }, 2, [0], [1], 1)]);
        Assert.Equal(before, parameters[0].Values);
    }

    [Fact]
    public void WriteRead_AdaptedTask_ScoresTheSame()
    {
        MetaModel model = MetaTrainer.Train(Set(LabelKind.Binary, Tasks(LabelKind.Binary, 20, 12)), new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic } });
        MetaModel read = MetaModel.Read(new BinaryReader(new MemoryStream(Bytes.Of(model.Write))));
        byte[] bytes = Bytes.Of(writer => model.Prior!.Write(writer, model));
        AdaptedTask task = AdaptedTask.Read(new BinaryReader(new MemoryStream(bytes)), read, 2);
        float score = model.CreateScorer().Score(model.Prior!, new FeatureRow([1, 2]))[0];
        Assert.Equal(score, read.CreateScorer().Score(task, new FeatureRow([1, 2]))[0]);
        Assert.NotEqual(score, task.Head.Score([1, 2], 0));
        Assert.False(model.GivesDeviation);
    }

    [Fact]
    public void Options_SavedBeforeThereWasAChoice_AreGaussian()
    {
        AdapterOptions options = JsonSerializer.Deserialize<AdapterOptions>("""{"$type":"bayesian","Covariance":1}""")!;
        Assert.Equal(ClassLikelihood.Gaussian, Assert.IsType<BayesianAdapterOptions>(options).ClassLikelihood);
        Assert.IsType<BayesianAdapter>(options.Create(new HeadShape(LabelKind.Binary, 3, 1)));
        var logistic = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic };
        Assert.IsType<BayesianGeneralizedAdapter>(logistic.Create(new HeadShape(LabelKind.Binary, 3, 1)));
        Assert.IsType<BayesianAdapter>(logistic.Create(new HeadShape(LabelKind.Regression, 3, 1)));
        Assert.Contains("got 7", Assert.Throws<ArgumentException>(() => new BayesianAdapterOptions { ClassLikelihood = (ClassLikelihood)7 }.Validate(LabelKind.Binary)).Message);
    }

    private static double[][] ClassMeans => [[1, -0.5, 0], [0, 1, 0.5], [-1, 0, 0]];

    private static GeneralizedTask[] Logistic(LabelKind kind, EmbeddedTask[] tasks) => [.. tasks.Select(task => new GeneralizedTask(kind, task, task.Embeddings.Length / task.RowCount + 1))];

    private static double[] Root(double[] covariance, int width)
    {
        double[] root = [.. covariance];
        Cholesky.Factor(root, width);
        return root;
    }

    private static double[] Probabilities(double[] scores)
    {
        if (scores.Length == 1)
            return [1 / (1 + Math.Exp(-scores[0]))];
        double most = scores.Max(), sum = scores.Sum(score => Math.Exp(score - most));
        return Array.ConvertAll(scores, score => Math.Exp(score - most) / sum);
    }

    private static double[] Probabilities(float[] scores) => Probabilities(Array.ConvertAll(scores, score => (double)score));

    // The mean of f under a normal distribution of two numbers.
    private static double Mean(double[] mean, double[] covariance, Func<double, double, double> f)
    {
        double[] root = Root(covariance, 2);
        double sum = 0, total = 0;
        for (double s = -8; s <= 8; s += 0.1)
        {
            for (double t = -8; t <= 8; t += 0.1)
            {
                double weight = Math.Exp(-(s * s + t * t) / 2);
                total += weight;
                sum += weight * f(mean[0] + root[0] * s, mean[1] + root[2] * s + root[3] * t);
            }
        }

        return sum / total;
    }

    // KL of one normal distribution of two numbers from another.
    private static double Divergence(double[] mean, double[] covariance, double[] otherMean, double[] otherCovariance)
    {
        double Determinant(double[] a) => a[0] * a[3] - a[1] * a[2];
        double[] p = Cholesky.Inverse(otherCovariance, 2), d = [mean[0] - otherMean[0], mean[1] - otherMean[1]];
        double trace = p[0] * covariance[0] + p[1] * covariance[2] + p[2] * covariance[1] + p[3] * covariance[3];
        double distance = d[0] * (p[0] * d[0] + p[1] * d[1]) + d[1] * (p[2] * d[0] + p[3] * d[1]);
        return 0.5 * (trace + distance - 2 + Math.Log(Determinant(otherCovariance) / Determinant(covariance)));
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    // Heads drawn from N(mean, Σ), and labels from their probabilities.
    private static EmbeddedTask[] Tasks(LabelKind kind, int count, int rows, int seed = 1)
    {
        var random = new Random(seed);
        double[][] means = kind == LabelKind.Binary ? [s_mean] : ClassMeans;
        double[] root = Root(s_covariance, Width);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            double[][] heads = [.. means.Select(mean =>
            {
                double[] draw = [Normal(random), Normal(random), Normal(random)];
                return mean.Select((m, i) => m + Enumerable.Range(0, i + 1).Sum(j => root[i * Width + j] * draw[j])).ToArray();
            })];
            var z = new float[rows * Dimension];
            var labels = new float[rows];
            for (int i = 0; i < rows; i++)
            {
                (z[2 * i], z[2 * i + 1]) = ((float)Normal(random), (float)Normal(random));
                double[] p = Probabilities([.. heads.Select(head => head[0] * z[2 * i] + head[1] * z[2 * i + 1] + head[2])]);
                double chance = random.NextDouble();
                labels[i] = kind == LabelKind.Binary ? chance < p[0] ? 1 : 0 : chance < p[0] ? 0 : chance < p[0] + p[1] ? 1 : 2;
            }

            return new EmbeddedTask(z, Dimension, labels, [.. Enumerable.Repeat(1f, rows)], means.Length);
        })];
    }

    private static TaskSet Set(LabelKind kind, EmbeddedTask[] tasks, bool own = false)
    {
        var store = new DenseFeatureStore(Dimension);
        var builder = new TaskSetBuilder(kind, store);
        for (int t = 0; t < tasks.Length; t++)
        {
            for (int i = 0; i < tasks[t].RowCount; i++)
                builder.Add($"t{t}", store.Add(new FeatureRow(tasks[t].Row(i).ToArray())), tasks[t].Labels[i] + (own ? 3 * t : 0));
        }

        return builder.Build(kind == LabelKind.Binary ? 2 : own ? 3 * tasks.Length : 3, own ? ClassSets.PerTask : ClassSets.Common);
    }
}
