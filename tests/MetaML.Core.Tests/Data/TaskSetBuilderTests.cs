using MetaML.Data;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests.Data;

public sealed class TaskSetBuilderTests
{
    [Fact]
    public void Build_Auto_TellsCommonClassesFromOwnOnes()
    {
        Assert.True(CoreData.Of(Some.Tasks(), LabelKind.Multiclass).HasCommonOutputs);
        TaskSet own = CoreData.Of(Some.TasksWithOwnClasses(), LabelKind.Multiclass);
        Assert.False(own.HasCommonOutputs);
        Assert.All(own.Tasks, task => Assert.Equal(task.Labels.Select(label => (int)label).Distinct().Order(), task.Classes));
    }

    [Theory]
    [InlineData(LabelKind.Binary, 2f, 1f)]
    [InlineData(LabelKind.Multiclass, 0.5f, 1f)]
    [InlineData(LabelKind.Multiclass, -1f, 1f)]
    [InlineData(LabelKind.Regression, float.NaN, 1f)]
    [InlineData(LabelKind.Binary, 1f, -1f)]
    [InlineData(LabelKind.Binary, 1f, float.PositiveInfinity)]
    public void Add_OutOfRange_NamesTheTask(LabelKind kind, float label, float weight)
    {
        var store = new DenseFeatureStore(1);
        store.Add(new FeatureRow([1]));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new TaskSetBuilder(kind, store).Add("north", 0, label, weight));
        Assert.Contains("'north'", error.Message);
    }

    [Fact]
    public void Store_RowOfAnotherWidth_Throws()
    {
        var store = new DenseFeatureStore(2);
        Assert.Throws<ArgumentException>(() => store.Add(new FeatureRow([1])));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Store_ManyRows_KeepsEachOfThem(bool sparse)
    {
        const int Width = 1000, Rows = 700; // several chunks of the store
        FeatureStore store = sparse ? new SparseFeatureStore(Width) : new DenseFeatureStore(Width);
        var row = new float[Width];
        for (int i = 0; i < Rows; i++)
        {
            Array.Clear(row);
            row[i % Width] = i + 1;
            row[^1] = 1;
            store.Add(new FeatureRow(row));
        }

        for (int i = 0; i < Rows; i++)
        {
            var stored = new float[Width];
            store[i].CopyTo(stored);
            Assert.Equal(i + 1, stored[i % Width]);
            Assert.Equal(2, stored.Count(value => value != 0));
        }
    }
}
