using MetaML.Data;
using MetaML.Encoders.Sparse;
using MetaML.Episodes;
using MetaML.Models;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Encoders.Sparse;

public sealed class SparseEncoderTests
{
    private const int Features = 400;

    [Theory]
    [InlineData(32, 3)]
    [InlineData(32, 0)]
    [InlineData(2048, 3)] // more buckets than features: not hashed
    public void Forward_SparseRows_EqualsDenseRowsAndEmbed(int sketch, int structure)
    {
        using var scope = NewDisposeScope();
        var encoder = new SparseEncoder(Features, new SparseEncoderOptions { SketchDimension = sketch, StructureDimension = structure });
        var random = new Random(1);
        ParameterArray[] values = ParameterArray.Initialize(encoder.Parameters, random);
        if (structure > 0)
            values[2] = values[2] with { Values = Array.ConvertAll(values[2].Values, _ => (float)random.NextDouble()) };
        TaskSet set = Texts(4);
        Episode[] episodes = [.. set.Tasks.Select((task, t) => new Episode(task, [.. Enumerable.Range(0, 5 + t)], [8, 9], task.Classes))];
        FeatureScaling scaling = FeatureScaling.FitRarity(set.Features);
        EpisodeBatch batch = EpisodeBatch.Create(set, episodes, scaling, dtype: ScalarType.Float64);
        ParameterSet parameters = ParameterSet.FromArrays(encoder.Parameters, values, dtype: ScalarType.Float64);
        Tensor sparse = encoder.Forward(encoder.SelectColumns(parameters, batch.Columns!), batch.Support.Features);
        Tensor all = zeros(batch.TaskCount, batch.Support.Features.shape[1], Features, dtype: ScalarType.Float64).index_copy(2, batch.Columns!, batch.Support.Features.to_dense());
        Assert.True((sparse - encoder.Forward(parameters, all)).abs().max().Value() < 1e-12);

        var scorer = new MetaScorer(encoder, scaling, [.. values.Select(array => array.Values)]);
        for (int t = 0; t < episodes.Length; t++)
        {
            for (int row = 0; row < 5 + t; row++)
            {
                float[] expected = [.. sparse[t, row].to(ScalarType.Float32).contiguous().data<float>()];
                Assert.All(expected.Zip(scorer.Embed(set.Features[episodes[t].Task.Rows[row]]).ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
            }
        }
    }

    [Fact]
    public void Structure_FewerHeadsThanDirections_SpansTheRidgeHeadsWithOrthonormalColumns()
    {
        using var scope = NewDisposeScope();
        TaskSet set = Texts(3);
        const int Dimension = 5;
        var structure = new float[Features * Dimension];
        new SharedStructure([set], null, penalty: 1).Fit(structure, Dimension, weight: 1, new Random(1));
        Tensor v = tensor(structure, [Features, Dimension]).to(ScalarType.Float64).narrow(1, 0, 3);
        Assert.Equal(0, structure.Where((_, i) => i % Dimension >= 3).Sum(Math.Abs));
        Assert.True((v.t().mm(v) - eye(3, dtype: ScalarType.Float64)).abs().max().Value() < 1e-4);

        foreach (LearningTask task in set.Tasks) // heads by a dense solution
        {
            Tensor x = stack([.. task.Rows.Select(row => { var dense = new float[Features]; set.Features[row].CopyTo(dense); return tensor(dense); })]).to(ScalarType.Float64);
            x = x / x.Squared().sum(1L, keepdim: true).sqrt().ClampMin(1e-12);
            Tensor y = tensor(task.Labels).to(ScalarType.Float64);
            Tensor head = x.t().mv(linalg.solve(x.mm(x.t()).Plus(eye(task.RowCount, dtype: ScalarType.Float64)), y - y.mean()));
            Tensor outside = head - v.mv(v.t().mv(head));
            Assert.True(outside.norm().Value() < 0.01 * head.norm().Value());
        }
    }

    [Fact]
    public void Structure_MoreHeadsThanDirections_HoldsNearlyAsMuchOfThemAsTheSingularVectors()
    {
        using var scope = NewDisposeScope();
        TaskSet set = Texts(30);
        var all = new float[Features * 30];
        var few = new float[Features * 4];
        new SharedStructure([set], null, 1).Fit(all, 30, 1, new Random(1));
        new SharedStructure([set], null, 1).Fit(few, 4, 1, new Random(1));
        Tensor within = tensor(all, [Features, 30]).t().mm(tensor(few, [Features, 4]));
        Assert.True((within.Squared().sum(0L) - ones(4)).abs().max().Value() < 0.01); // the directions lie in the span of the heads
        var again = new float[Features * 4];
        new SharedStructure([set], null, 1).Fit(again, 4, 1, new Random(1));
        Assert.Equal(few, again);
    }

    [Fact]
    public void Train_SparseTasks_SavedModelScoresTheSameAndTheSameSeedGivesTheSameBits()
    {
        TaskSet set = Texts(14);
        var options = new MetaTrainingOptions { MaximumNumberOfIterations = 20, Encoder = new SparseEncoderOptions { SketchDimension = 64 }, Adapter = new RidgeAdapterOptions(), Seed = 4 };
        MetaModel model = MetaTrainer.Train(set, options), twin = MetaTrainer.Train(set, options);
        using var stream = new MemoryStream();
        model.Write(new BinaryWriter(stream));
        using var other = new MemoryStream();
        twin.Write(new BinaryWriter(other));
        Assert.Equal(stream.ToArray(), other.ToArray());
        stream.Position = 0;
        MetaModel loaded = MetaModel.Read(new BinaryReader(stream));
        AdaptedTask task = model.Adapt(set)[0], same = loaded.Adapt(set)[0];
        for (int row = 0; row < set.Features.RowCount; row++)
            Assert.Equal(model.CreateScorer().Score(task, set.Features[row]).ToArray(), loaded.CreateScorer().Score(same, set.Features[row]).ToArray());
    }

    [Fact]
    public void Validate_StepsOnTheWholeEncoder_SaysThatItsMapIsFixed()
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => MetaTrainer.Train(Texts(3), new MetaTrainingOptions
        {
            Encoder = new SparseEncoderOptions(),
            Adapter = new GradientAdapterOptions { Scope = GradientScope.All },
        }));
        Assert.Contains("GradientAdapterOptions.Scope must be Head for an encoder that is fitted in closed form", error.Message, StringComparison.Ordinal);
    }

    // Binary tasks on a few of many words. Every tenth row has no word.
    private static TaskSet Texts(int tasks)
    {
        var random = new Random(5);
        var store = new SparseFeatureStore(Features);
        var builder = new TaskSetBuilder(LabelKind.Binary, store);
        for (int task = 0; task < tasks; task++)
        {
            for (int row = 0; row < 20; row++)
            {
                int[] words = row % 10 == 9 ? [] : [.. Enumerable.Range(0, 3 + random.Next(6)).Select(_ => random.Next(Features)).Append(row % 2 == 0 ? task : task + 50).Distinct().Order()];
                builder.Add($"task{task}", store.Add(new FeatureRow(Features, words, [.. words.Select(_ => 0.5f + (float)random.NextDouble())])), row % 2);
            }
        }

        return builder.Build();
    }
}
