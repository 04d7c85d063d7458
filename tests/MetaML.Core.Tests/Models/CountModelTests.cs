using MetaML.Data;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Models;

/// <summary>Models of counts, on counts that were drawn from known populations.</summary>
public sealed class CountModelTests
{
    private const double Intercept = 0.7, Slope = -0.4, InterceptDeviation = 0.6, SlopeDeviation = 0.3, Dispersion = 0.5;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Train_PoissonCountsWithExposures_FindsThePopulation(bool shrinkage)
    {
        Population population = Population.Of(Train(Draw(200, 12, dispersion: 0), new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.Poisson, Shrinkage = shrinkage }))!;
        Assert.Equal(["x", "(Intercept)"], population.Names);
        Assert.Equal(Slope, population.Coefficients[0][0], 0.07);
        Assert.Equal(Intercept, population.Coefficients[0][1], 0.15);
        Assert.Equal(SlopeDeviation, Math.Sqrt(population.Covariance[0]), 0.08);
        Assert.Equal(InterceptDeviation, Math.Sqrt(population.Covariance[3]), 0.1);
        Assert.True(double.IsNaN(population.ResidualVariance));
        Assert.Equal(0, population.Dispersion);
        if (!shrinkage)
            Assert.InRange(population.StandardError(-1, 1), 0.02, 0.1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Train_NegativeBinomialCounts_FindsTheDispersion(bool shrinkage)
    {
        Population population = Population.Of(Train(Draw(200, 20, Dispersion), new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.NegativeBinomial, Shrinkage = shrinkage }))!;
        Assert.Equal(Dispersion, population.Dispersion!.Value, 0.07);
        Assert.Equal(InterceptDeviation, Math.Sqrt(population.Covariance[3]), 0.12);
        Assert.Equal(Slope, population.Coefficients[0][0], 0.1);
    }

    [Fact]
    public void Train_PoissonCounts_NegativeBinomialFindsNoDispersion()
    {
        Population population = Population.Of(Train(Draw(60, 12, dispersion: 0), new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.NegativeBinomial, Shrinkage = false }))!;
        Assert.InRange(population.Dispersion!.Value, 0, 0.02);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20)]
    public void Score_NewTasks_IsTheExpectedCountWithItsDeviation(int support)
    {
        MetaModel model = Train(Draw(600, 20, Dispersion), new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.NegativeBinomial });
        TaskSet others = Draw(1500, support + 5, Dispersion, seed: 9);
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(others.With([.. others.Tasks.Select(task => task.Take([.. Enumerable.Range(0, support)]))]));
        MetaScorer scorer = model.CreateScorer();
        double sum = 0, expected = 0, squares = 0;
        int rows = 0;
        foreach (var (task, known) in adapted.Zip(others.Tasks))
        {
            for (int i = support; i < known.RowCount; i++)
            {
                float score = known.Exposures![i] * scorer.Score(task, others.Features[known.Rows[i]])[0];
                double deviation = task.Deviation(scorer.Embedding(0), score, termVariance: 0);
                (sum, expected, rows) = (sum + known.Labels[i], expected + score, rows + 1);
                squares += (known.Labels[i] - score) * (known.Labels[i] - score) / (deviation * deviation);
            }
        }

        Assert.InRange(expected / sum, 0.93, 1.07);
        Assert.InRange(squares / rows, 0.8, 1.25);
    }

    [Theory]
    [InlineData(ClassLikelihood.Logistic, LabelKind.Binary)]
    [InlineData(ClassLikelihood.Gaussian, LabelKind.Regression)]
    public void Train_FixedSlopes_AreTheSameInAllTasks(ClassLikelihood likelihood, LabelKind kind)
    {
        TaskSet tasks = Draw(40, 12, dispersion: 0, kind: kind);
        foreach (bool shrinkage in new[] { true, false })
        {
            MetaModel model = Train(tasks, new BayesianAdapterOptions { ClassLikelihood = likelihood, ValueLikelihood = ValueLikelihood.Poisson, VaryingFeatures = [], Shrinkage = shrinkage });
            AdaptedTask[] adapted = [.. model.With(null).Adapt(tasks)]; // without calibration
            Assert.All(adapted, task => Assert.Equal(model.With(null).Prior!.Head.Weights[0], task.Head.Weights[0], 1e-6f));
            Assert.True(adapted.Select(task => task.Head.Bias[0]).Distinct().Count() > 20);
        }
    }

    [Fact]
    public void WriteRead_Model_ScoresTheSame()
    {
        TaskSet tasks = Draw(20, 8, Dispersion);
        MetaModel model = Train(tasks, new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.NegativeBinomial });
        AdaptedTask task = model.Adapt(tasks)[0];
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        model.Write(writer);
        task.Write(writer, model);
        writer.Flush();
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        MetaModel read = MetaModel.Read(reader);
        AdaptedTask other = AdaptedTask.Read(reader, read, 0);
        FeatureRow row = tasks.Features[tasks.Tasks[0].Rows[0]];
        Assert.Equal(model.CreateScorer().Score(task, row, out float deviation)[0], read.CreateScorer().Score(other, row, out float same)[0]);
        Assert.Equal(deviation, same);
        Assert.Equal(Population.Of(model)!.Dispersion, Population.Of(read)!.Dispersion);
    }

    [Fact]
    public void Update_Counts_EqualsAdaptationOnAllRows()
    {
        TaskSet tasks = Draw(30, 10, dispersion: 0, exposes: false);
        MetaModel model = Train(tasks, new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.Poisson }).Keeping(new MetaTrainingOptions { KeepStatistics = true }.Statistics);
        TaskSet First(int from, int to) => tasks.With([tasks.Tasks[0].Take([.. Enumerable.Range(from, to - from)])]);
        AdaptedTask updated = model.Update(First(4, 10), [model.Adapt(First(0, 4))[0]])[0], whole = model.Adapt(First(0, 10))[0];
        Assert.Equal(whole.Head.Bias[0], updated.Head.Bias[0], 1e-5f);
        Assert.Equal(whole.Head.Weights[0], updated.Head.Weights[0], 1e-5f);
        Assert.Contains("Drift must be None if labels are counts", Assert.Throws<ArgumentException>(() => model.Update(First(4, 10), [null], new UpdateOptions { Drift = DriftResponse.Report })).Message);
        Assert.Contains("Update must get rows with the exposure 1", Assert.Throws<InvalidOperationException>(() => model.Update(Draw(1, 3, 0), [null])).Message);
    }

    [Fact]
    public void Train_LabelsOrExposuresThatDoNotFit_NamesThem()
    {
        string MessageOf(BayesianAdapterOptions adapter, params float[] labels)
        {
            FeatureStore store = FeatureStore.Dense(1);
            var builder = new TaskSetBuilder(LabelKind.Regression, store);
            for (int i = 0; i < labels.Length; i++)
                builder.Add($"task{i % 2}", store.Add(new FeatureRow([i])), labels[i], exposure: 2);
            return Assert.Throws<ArgumentException>(() => Train(builder.Build(), adapter)).Message;
        }

        var poisson = new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.Poisson };
        Assert.Contains("Counts must be 0, 1, 2 and so on; got -1 in task 'task1'", MessageOf(poisson, 0, -1, 3, 4));
        Assert.Contains("got 2.5 in task 'task0'", MessageOf(poisson, 0, 1, 2.5f, 4));
        Assert.Contains("Rows must have exposures only if labels are counts; got an exposure in task 'task0'", MessageOf(new BayesianAdapterOptions(), 0, 1, 2, 4));
        Assert.Contains("Noise must be Common if labels are counts", Assert.Throws<ArgumentException>(() => (poisson with { Noise = PriorNoise.PerTask }).Validate(LabelKind.Regression)).Message);
        FeatureStore one = FeatureStore.Dense(1);
        one.Add(new FeatureRow([1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TaskSetBuilder(LabelKind.Regression, one).Add("a", 0, 1, 1, exposure: 0));
    }

    private static MetaModel Train(TaskSet tasks, BayesianAdapterOptions adapter) => MetaTrainer.Train(tasks, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = adapter });

    private static TaskSet Draw(int tasks, int rows, double dispersion, int seed = 1, LabelKind kind = LabelKind.Regression, bool exposes = true)
    {
        var random = new Random(seed);
        FeatureStore store = FeatureStore.Dense(1);
        store.FeatureNames = ["x"];
        var builder = new TaskSetBuilder(kind, store);
        for (int t = 0; t < tasks; t++)
        {
            double intercept = Intercept + InterceptDeviation * NormalRandom.Next(random), slope = Slope + SlopeDeviation * NormalRandom.Next(random);
            for (int i = 0; i < rows; i++)
            {
                double x = 2 * random.NextDouble() - 1, exposure = exposes ? 0.5 + random.Next(4) : 1;
                double mean = exposure * Math.Exp(intercept + slope * x);
                if (kind == LabelKind.Binary)
                    builder.Add($"task{t}", store.Add(new FeatureRow([(float)x])), random.NextDouble() < mean / (1 + mean) ? 1 : 0);
                else
                    builder.Add($"task{t}", store.Add(new FeatureRow([(float)x])), Count(mean, dispersion, random), exposure: (float)exposure);
            }
        }

        return builder.Build();
    }

    // A Poisson count whose mean is drawn from a gamma distribution with 1/φ = 2 as the sum of two exponential numbers.
    private static float Count(double mean, double dispersion, Random random)
    {
        if (dispersion > 0)
            mean *= -0.5 * Math.Log(random.NextDouble() * random.NextDouble());
        int count = 0;
        for (double product = random.NextDouble(), least = Math.Exp(-mean); product > least; product *= random.NextDouble())
            count++;
        return count;
    }
}
