using MetaML.Data;
using MetaML.Encoders.Projection;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.Parameters;
using MetaML.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Encoders.Projection;

public sealed class ProjectionEncoderTests
{
    private const int Features = 24, Useful = 4;

    [Fact]
    public void Embed_InitialMap_IsTheDirectionOfTheFeatures()
    {
        var encoder = new ProjectionEncoder(3);
        float[][] parameters = [.. ParameterArray.Initialize(encoder.Parameters, new Random(1)).Select(array => array.Values)];
        var embedding = new float[3];
        encoder.Embed(parameters, new FeatureRow(new float[] { 3, 0, -4 }), embedding);
        float length = MathF.Sqrt(3);
        Assert.All(embedding.Zip([0.6f * length, 0, -0.8f * length]), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
        encoder.Embed(parameters, new FeatureRow(new float[3]), embedding); // a row at the mean has no direction
        Assert.Equal([0, 0, 0], embedding);
    }

    [Fact]
    public void Forward_EqualsEmbed()
    {
        using var scope = NewDisposeScope();
        var encoder = new ProjectionEncoder(Features);
        var random = new Random(2);
        ParameterArray[] values = ParameterArray.Initialize(encoder.Parameters, random);
        foreach (float[] parameter in values.Select(array => array.Values))
        {
            for (int i = 0; i < parameter.Length; i++)
                parameter[i] += (float)(0.3 * NormalRandom.Next(random));
        }

        float[][] rows = [.. Enumerable.Range(0, 10).Select(_ => Enumerable.Range(0, Features).Select(_ => (float)NormalRandom.Next(random)).ToArray())];
        using Tensor batch = tensor([.. rows.SelectMany(row => row)], [2, 5, Features]);
        float[] forward = [.. encoder.Forward(ParameterSet.FromArrays(encoder.Parameters, values), batch).contiguous().data<float>()];
        for (int row = 0; row < rows.Length; row++)
        {
            var embedding = new float[Features];
            encoder.Embed([.. values.Select(array => array.Values)], new FeatureRow(rows[row]), embedding);
            Assert.All(embedding.Zip(forward.Skip(row * Features)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    /// <summary>Classes differ in a few directions only. A map that is learned from other classes finds them.</summary>
    [Fact]
    public void Train_DirectionsThatClassesDifferIn_AreLearnedFromOtherClasses()
    {
        TaskSet training = Tasks(0, 100, rows: 20), support = Tasks(1000, 30, rows: 4), query = Tasks(1000, 30, rows: 60);
        double Accuracy(bool isFrozen)
        {
            MetaModel model = MetaTrainer.Train(training, new MetaTrainingOptions { Encoder = new ProjectionEncoderOptions { IsFrozen = isFrozen }, Adapter = new PrototypeAdapterOptions(), MaximumNumberOfIterations = 600, Seed = 3 });
            MetaScorer scorer = model.CreateScorer();
            return query.Tasks.Zip(model.Adapt(support)).Average(pair => pair.First.Rows.Zip(pair.First.Labels).Skip(8)
                .Average(row => scorer.Score(pair.Second, query.Features[row.First])[0] > 0 == row.Second > 0 ? 1.0 : 0));
        }

        double frozen = Accuracy(isFrozen: true), trained = Accuracy(isFrozen: false);
        Assert.True(trained > frozen + 0.03, $"trained {trained}, frozen {frozen}");
    }

    [Fact]
    public void Train_SparseFeaturesOrTooMany_SaysWhy()
    {
        Assert.Contains("at most 8192 features", Assert.Throws<ArgumentException>(() => new ProjectionEncoderOptions().Create(9000)).Message, StringComparison.Ordinal);
        Assert.Contains("dense features", Assert.Throws<NotSupportedException>(() => new ProjectionEncoder(3).SelectColumns(null!, null!)).Message, StringComparison.Ordinal);
    }

    // Two classes a task: rows are the mean of their class in some directions, plus noise in all of them.
    private static TaskSet Tasks(int first, int count, int rows)
    {
        var store = new DenseFeatureStore(Features);
        var builder = new TaskSetBuilder(LabelKind.Binary, store);
        for (int t = first; t < first + count; t++)
        {
            var random = new Random(t);
            double[][] means = [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, Useful).Select(_ => NormalRandom.Next(random)).ToArray())];
            for (int row = 0; row < rows; row++)
            {
                float[] features = [.. Enumerable.Range(0, Features).Select(j => (float)(NormalRandom.Next(random) + (j < Useful ? 1.5 * means[row % 2][j] : 0)))];
                builder.Add($"task {t}", store.Add(new FeatureRow(features)), row % 2);
            }
        }

        return builder.Build();
    }
}
