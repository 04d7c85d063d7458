using MetaML.Adapters;
using MetaML.Adapters.Bayesian;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Heads;

public sealed class PredictiveVarianceTests
{
    private const int Dimension = 3, Width = Dimension + 1;

    [Theory]
    [InlineData(0, PriorNoise.Common)]
    [InlineData(2, PriorNoise.Common)] // fewer rows than unknowns
    [InlineData(9, PriorNoise.Common)]
    [InlineData(0, PriorNoise.PerTask)]
    [InlineData(2, PriorNoise.PerTask)]
    [InlineData(9, PriorNoise.PerTask)]
    public void Deviation_MatchesConditioningOfTheJointGaussian(int rows, PriorNoise noise)
    {
        var random = new Random(rows);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(2 * random.NextDouble() - 1))];
        float[] deviations = Draw(Width), prior = Draw(Width), z = Draw((rows + 1) * Dimension), labels = Draw(rows);
        float logNoise = -0.7f, logShape = 0.9f;
        var factor = new float[Width * Width];
        for (int i = 0; i < Width; i++)
        {
            factor[i * Width + i] = 1;
            for (int j = 0; j < i; j++)
                factor[i * Width + j] = 0.3f * (i - j);
        }

        float[][] parameters = noise == PriorNoise.PerTask ? [deviations, [logNoise], factor, [logShape], prior] : [deviations, [logNoise], factor, prior];
        var options = new BayesianAdapterOptions { Covariance = PriorCovariance.Full, Noise = noise };
        var adapter = new BayesianAdapter(new HeadShape(LabelKind.Regression, Dimension, 1), options);
        LinearHead head = adapter.Adapt(parameters, new EmbeddedTask(z.AsMemory(0, rows * Dimension), Dimension, labels, [.. Enumerable.Repeat(1f, rows)], 1));

        // Cov(yᵢ, yⱼ) = z̃ᵢᵀΣz̃ⱼ + σ²[i = j], with the new row last. Its variance given the other rows is the Schur complement.
        double variance = Math.Exp(2 * (double)logNoise);
        double Entry(int row, int j) => j < Dimension ? z[row * Dimension + j] : 1;
        double Prior(int i, int j) => Math.Exp(deviations[i] + (double)deviations[j]) * Enumerable.Range(0, Width).Sum(k => (double)factor[i * Width + k] * factor[j * Width + k]);
        double Joint(int a, int b) => (a == b ? variance : 0) + Enumerable.Range(0, Width).Sum(i => Enumerable.Range(0, Width).Sum(j => Entry(a, i) * Prior(i, j) * Entry(b, j)));
        double[] Joints() => [.. Enumerable.Range(0, rows * rows).Select(i => Joint(i / rows, i % rows))];
        double[] cross = [.. Enumerable.Range(0, rows).Select(i => Joint(i, rows))], solved = [.. cross];
        double[] residual = [.. Enumerable.Range(0, rows).Select(i => labels[i] - Enumerable.Range(0, Width).Sum(j => Entry(i, j) * prior[j]))], whitened = [.. residual];
        if (rows > 0)
        {
            Cholesky.Solve(Joints(), rows, solved, 1);
            Cholesky.Solve(Joints(), rows, whitened, 1);
        }

        double conditional = Joint(rows, rows) - cross.Zip(solved).Sum(pair => pair.First * pair.Second);
        if (noise == PriorNoise.PerTask)
        {
            double a = Math.Exp(logShape), quadratic = variance * residual.Zip(whitened).Sum(pair => pair.First * pair.Second);
            conditional *= (a * variance + quadratic / 2) / (a + rows / 2.0 - 1) / variance;
        }

        Assert.Equal(Math.Sqrt(conditional), head.PredictiveVariance!.Deviation(z.AsSpan(rows * Dimension)), 1e-5);
        Span<float> score = stackalloc float[1];
        head.Score(z.AsSpan(rows * Dimension), score);
        double expected = Enumerable.Range(0, Width).Sum(j => Entry(rows, j) * prior[j]) + cross.Zip(whitened).Sum(pair => pair.First * pair.Second);
        Assert.Equal(expected, score[0], 1e-5);
    }

    [Theory]
    [InlineData(PriorFit.EmpiricalBayes, PriorNoise.Common)]
    [InlineData(PriorFit.EmpiricalBayes, PriorNoise.PerTask)]
    [InlineData(PriorFit.Gradient, PriorNoise.Common)]
    public void Deviation_NewTasks_CoversAsManyLabelsAsItSays(PriorFit fit, PriorNoise noise)
    {
        var options = new MetaTrainingOptions
        {
            Encoder = new IdentityEncoderOptions(),
            Adapter = new BayesianAdapterOptions { Fit = fit, Noise = noise },
            MaximumNumberOfIterations = 150,
        };
        MetaModel model = MetaTrainer.Train(Tasks(150, 12, seed: 1), options);
        Assert.True(model.GivesDeviation);
        const int Shots = 5;
        TaskSet news = Tasks(300, Shots + 10, seed: 2);
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(news.With([.. news.Tasks.Select(task => task.Take([.. Enumerable.Range(0, Shots)]))]));
        MetaScorer scorer = model.CreateScorer();
        double Coverage(Func<int, AdaptedTask> of) => news.Tasks.SelectMany((task, t) => Enumerable.Range(Shots, 10).Select(i =>
        {
            float score = scorer.Score(of(t), news.Features[task.Rows[i]], out float deviation)[0];
            return Math.Abs(score - task.Labels[i]) < 1.645 * deviation;
        })).Average(isInside => isInside ? 1.0 : 0);
        Assert.Equal(0.9, Coverage(t => adapted[t]), 0.03);
        Assert.Equal(0.9, Coverage(_ => model.Prior!), 0.03);
    }

    [Fact]
    public void Score_TaskWithoutPredictiveVariance_HasNoDeviation()
    {
        MetaModel model = MetaTrainer.Train(Tasks(12, 8, seed: 1), new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { PredictiveDeviation = false } });
        Assert.False(model.GivesDeviation);
        model.CreateScorer().Score(model.Prior!, new FeatureRow([1, 2, 3]), out float deviation);
        Assert.True(float.IsNaN(deviation));
    }

    [Fact]
    public void WriteRead_PredictiveVarianceKept_DamageFound()
    {
        MetaModel model = MetaTrainer.Train(Tasks(12, 8, seed: 1), new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() });
        byte[] bytes = Bytes.Of(writer => model.Prior!.Write(writer, model));
        AdaptedTask Read(byte[] from) => AdaptedTask.Read(new BinaryReader(new MemoryStream(from)), model, 0);
        float DeviationOf(AdaptedTask task)
        {
            model.CreateScorer().Score(task, new FeatureRow([1, 2, 3]), out float deviation);
            return deviation;
        }

        Assert.Equal(DeviationOf(model.Prior!), DeviationOf(Read(bytes)));
        for (int length = 0; length < bytes.Length; length++)
            Assert.IsType<EndOfStreamException>(Record.Exception(() => Read(bytes[..length])));
        int parts = bytes.Length - sizeof(int) - sizeof(float) * (1 + Width * (Width + 1) / 2) - 1; // the byte of flags for a predictive variance and the number of rows
        Assert.Equal(2 | 4, bytes[parts]);
        bytes[parts] = 16;
        Assert.Contains("damaged", Assert.Throws<InvalidDataException>(() => Read(bytes)).Message);
        bytes[parts] = 2 | 4;
        BitConverter.GetBytes(float.NaN).CopyTo(bytes, parts + 1);
        Assert.Contains("finite", Assert.Throws<InvalidDataException>(() => Read(bytes)).Message);
        BitConverter.GetBytes(-1f).CopyTo(bytes, parts + 1);
        Assert.Contains("positive", Assert.Throws<InvalidDataException>(() => Read(bytes)).Message);
    }

    // y = wᵀx + c + ε in large units, with w ~ N(m, diag) and ε of deviation 30.
    private static TaskSet Tasks(int count, int rows, int seed)
    {
        var random = new Random(seed);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var store = new DenseFeatureStore(Dimension);
        var builder = new TaskSetBuilder(LabelKind.Regression, store);
        for (int t = 0; t < count; t++)
        {
            double[] w = [100 + 50 * Normal(), -20 + 10 * Normal(), 5 * Normal(), 500 + 80 * Normal()];
            for (int i = 0; i < rows; i++)
            {
                float[] x = [(float)Normal(), (float)Normal(), (float)Normal()];
                builder.Add($"t{t}", store.Add(new FeatureRow(x)), (float)(w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] + 30 * Normal()));
            }
        }

        return builder.Build();
    }
}
