using MetaML.Data;
using MetaML.Episodes;
using MetaML.TestKit;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Episodes;

public sealed class EpisodeBatchTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_RaggedTasks_EveryRowIsThereAndPaddingCountsNothing(bool scaled)
    {
        using var scope = NewDisposeScope();
        TaskSet set = CoreData.Of(Some.Tasks(3, 20), LabelKind.Multiclass);
        FeatureScaling? scaling = scaled ? FeatureScaling.Fit(set.Features) : null;
        Episode[] episodes = [.. set.Tasks.Select((task, t) => new Episode(task, [.. Enumerable.Range(0, 4 + t)], [10, 11], task.Classes))];
        EpisodeBatch batch = EpisodeBatch.Create(set, episodes, scaling);

        Assert.Equal([3, 6, TaskRow.FeatureCount], batch.Support.Features.shape);
        Assert.Equal([4f, 5f, 6f], batch.Support.Weights.sum(1L).data<float>().ToArray());
        for (int t = 0; t < 3; t++)
        {
            for (int row = 0; row < 4 + t; row++)
            {
                FeatureRow expected = set.Features[set.Tasks[t].Rows[row]];
                float[] values = scaling is null ? expected.Values.ToArray() : scaling.Apply(expected, new float[TaskRow.FeatureCount]).Values.ToArray();
                Assert.Equal(values, batch.Support.Features[t, row].data<float>().ToArray());
                Assert.Equal(set.Tasks[t].Labels[row], batch.Support.Labels[t, row].data<float>()[0]);
            }
        }
    }

    [Fact]
    public void Create_SparseFeatures_HoldsActiveColumnsOnly()
    {
        using var scope = NewDisposeScope();
        var store = new SparseFeatureStore(30_000);
        var builder = new TaskSetBuilder(LabelKind.Binary, store);
        builder.Add("a", store.Add(new FeatureRow(30_000, [5, 29_999], [1, 2])), 1);
        builder.Add("a", store.Add(new FeatureRow(30_000, [7], [3])), 0);
        builder.Add("b", store.Add(new FeatureRow(30_000, [5], [4])), 1);
        TaskSet set = builder.Build();
        EpisodeBatch batch = EpisodeBatch.Create(set, [new Episode(set.Tasks[0], [0], [1], [0, 1]), new Episode(set.Tasks[1], [0], [0], [0, 1])]);
        Assert.Equal([5L, 7L, 29_999L], [.. batch.Columns!.data<long>()]);
        Assert.Equal([1f, 0f, 2f, 4f, 0f, 0f], [.. batch.Support.Features.to_dense().data<float>()]);
        Assert.True(batch.Support.Features.is_sparse);
    }
}
