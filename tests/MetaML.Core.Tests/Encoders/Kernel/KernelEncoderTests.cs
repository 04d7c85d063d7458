using MetaML.Data;
using MetaML.Encoders.Kernel;
using MetaML.Models;
using MetaML.Native;
using MetaML.Numerics;
using MetaML.Parameters;
using MetaML.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Encoders.Kernel;

public sealed class KernelEncoderTests
{
    private const int Features = 4;

    private static readonly MetaTrainingOptions s_options = new() { Encoder = new KernelEncoderOptions { LandmarkCount = 60 }, Adapter = new BayesianAdapterOptions(), Seed = 4 };

    [Fact]
    public void Gradient_OfTheLikelihood_EqualsDifferences()
    {
        foreach (LabelKind kind in Enum.GetValues<LabelKind>())
        {
            KernelSample sample = KernelSample.Draw([Tasks(6, 15, (x, slope) => slope * Math.Sin(x[0]) + x[1], kind)], null, new Random(1));
            var likelihood = new KernelLikelihood(sample);
            var random = new Random(2);
            double[] point = [.. Enumerable.Range(0, Features + 7).Select(_ => NormalRandom.Next(random) - 1)];
            double[] gradient = likelihood.At(point).Gradient;
            for (int i = 0; i < point.Length; i++)
            {
                const double Step = 1e-5;
                double[] up = [.. point], down = [.. point];
                (up[i], down[i]) = (point[i] + Step, point[i] - Step);
                double difference = (likelihood.At(up).Value - likelihood.At(down).Value) / (2 * Step);
                Assert.Equal(difference, gradient[i], 1e-4 * Math.Max(1, Math.Abs(difference)));
            }
        }
    }

    [Fact]
    public void Maximize_FeaturesThatDoNotMatter_GetLongScales()
    {
        KernelSample sample = KernelSample.Draw([Tasks(10, 40, (x, slope) => (2 + slope) * Math.Sin(2 * x[0]) + x[1])], null, new Random(1));
        double[] precisions = new KernelLikelihood(sample).Maximize().Precisions;
        Assert.True(precisions[0] > 20 * precisions[1..].Max(), string.Join(", ", precisions)); // x[1] is linear, and has a kernel of its own
    }

    [Fact]
    public void Choose_ManyLandmarks_ReproduceTheKernel()
    {
        var random = new Random(3);
        float[][] rows = [.. Enumerable.Range(0, 80).Select(_ => Enumerable.Range(0, 2).Select(_ => (float)NormalRandom.Next(random)).ToArray())];
        float[] scales = [0.5f, 1];
        const int Count = 60;
        var (landmarks, whitening) = NystromLandmarks.Choose(rows, scales, Count, random);
        float[][] parameters = [[0], scales, landmarks, whitening];
        var encoder = new KernelEncoder(2, Count);
        double[][] embeddings = [.. rows.Select(row =>
        {
            var embedding = new float[encoder.EmbeddingDimension];
            encoder.Embed(parameters, new FeatureRow(row), embedding);
            return Array.ConvertAll(embedding, value => (double)value);
        })];
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < rows.Length; j++)
            {
                double squares = rows[i].Zip(rows[j], (x, y) => (double)(x - y)).Zip(scales, (difference, scale) => Math.Pow(difference * scale, 2)).Sum();
                Assert.Equal(Math.Exp(-0.5 * squares), embeddings[i].Zip(embeddings[j], (x, y) => x * y).Sum(), 0.02);
            }
        }
    }

    [Fact]
    public void Forward_EqualsEmbed()
    {
        using var scope = NewDisposeScope();
        TaskSet set = Tasks(5, 12, (x, slope) => Math.Sin(x[0]) + slope);
        var encoder = new KernelEncoder(Features, 70); // more landmarks than rows
        ParameterArray[] values = ParameterArray.Initialize(encoder.Parameters, new Random(1));
        KernelEncoder.Fit(values, [set], null, 70, new Random(1));
        float[] rows = [.. Enumerable.Range(0, 10).SelectMany(row => set.Features[row].Values.ToArray())];
        using Tensor batch = tensor(rows, [2, 5, Features]);
        float[] forward = [.. encoder.Forward(ParameterSet.FromArrays(encoder.Parameters, values), batch).contiguous().data<float>()];
        for (int row = 0; row < 10; row++)
        {
            var embedding = new float[encoder.EmbeddingDimension];
            encoder.Embed([.. values.Select(array => array.Values)], set.Features[row], embedding);
            Assert.All(embedding.Zip(forward.Skip(row * embedding.Length)), pair => Assert.Equal(pair.First, pair.Second, 2e-3));
        }
    }

    [Fact]
    public void Train_SmoothTasks_HasAFractionOfTheErrorOfALinearLearner()
    {
        static double Value(float[] x, double slope) => (2 + slope) * Math.Sin(2 * x[0]) + x[1] * x[2];
        TaskSet training = Tasks(30, 40, Value), support = Tasks(20, 10, Value, first: 100), query = Tasks(20, 40, Value, first: 100);
        double Error(EncoderOptions encoder)
        {
            MetaModel model = MetaTrainer.Train(training, s_options with { Encoder = encoder });
            MetaScorer scorer = model.CreateScorer();
            return query.Tasks.Zip(model.Adapt(support)).Average(pair => pair.First.Rows.Zip(pair.First.Labels).Average(row =>
                Math.Pow(scorer.Score(pair.Second, query.Features[row.First])[0] - row.Second, 2)));
        }

        double linear = Error(new IdentityEncoderOptions()), kernel = Error(s_options.Encoder!);
        Assert.True(kernel < 0.2 * linear, $"{kernel} of {linear}");
    }

    [Fact]
    public void Train_SameSeed_SameBitsAndSavedModelScoresTheSame()
    {
        TaskSet set = Tasks(12, 20, (x, slope) => slope * Math.Sin(2 * x[0]) + x[1]);
        MetaModel model = MetaTrainer.Train(set, s_options), twin = MetaTrainer.Train(set, s_options);
        using MemoryStream stream = new(), other = new();
        model.Write(new BinaryWriter(stream));
        twin.Write(new BinaryWriter(other));
        Assert.Equal(stream.ToArray(), other.ToArray());
        stream.Position = 0;
        MetaModel loaded = MetaModel.Read(new BinaryReader(stream));
        AdaptedTask task = model.Adapt(set)[0], same = loaded.Adapt(set)[0];
        for (int row = 0; row < set.Features.RowCount; row++)
            Assert.Equal(model.CreateScorer().Score(task, set.Features[row]).ToArray(), loaded.CreateScorer().Score(same, set.Features[row]).ToArray());
    }

    [Theory]
    [InlineData(1)] // all rows are alike
    [InlineData(0)]
    public void Train_FeaturesOrLabelsThatNeverVary_ScoresAreFinite(int varies)
    {
        TaskSet set = Tasks(6, 8, (x, slope) => varies * slope, features: x => varies == 1 ? new float[Features] : x);
        MetaModel model = MetaTrainer.Train(set, s_options);
        Assert.All(model.Adapt(set), task => Assert.True(float.IsFinite(model.CreateScorer().Score(task, set.Features[0])[0])));
    }

    [Fact]
    public void Validate_StepsOnTheWholeEncoder_SaysThatItsMapIsFixed()
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => MetaTrainer.Train(Tasks(3, 8, (x, slope) => slope), s_options with { Adapter = new GradientAdapterOptions { Scope = GradientScope.All } }));
        Assert.Contains("GradientAdapterOptions.Scope must be Head for an encoder that is fitted in closed form", error.Message, StringComparison.Ordinal);
    }

    private static TaskSet Tasks(int tasks, int rows, Func<float[], double, double> value, LabelKind kind = LabelKind.Regression, int first = 0, Func<float[], float[]>? features = null)
    {
        var store = new DenseFeatureStore(Features);
        var builder = new TaskSetBuilder(kind, store);
        for (int task = first; task < first + tasks; task++)
        {
            double slope = NormalRandom.Next(new Random(task));
            var random = new Random(1000 + 7 * task + rows);
            for (int row = 0; row < rows; row++)
            {
                float[] x = [.. Enumerable.Range(0, Features).Select(_ => (float)NormalRandom.Next(random))];
                double label = value(x, slope) + 0.1 * NormalRandom.Next(random);
                builder.Add($"task{task}", store.Add(new FeatureRow(features?.Invoke(x) ?? x)), kind switch
                {
                    LabelKind.Regression => (float)label,
                    LabelKind.Binary => label > 0 ? 1 : 0,
                    _ => label < -0.5 ? 0 : label < 0.5 ? 1 : 2,
                });
            }
        }

        return builder.Build(kind == LabelKind.Multiclass ? 3 : 0);
    }
}
