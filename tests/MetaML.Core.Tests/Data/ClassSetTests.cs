using MetaML.Data;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests.Data;

public sealed class ClassSetTests
{
    [Theory]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NaN)]
    [InlineData(3e9f)] // too large for a class number
    public void Add_ClassThatIsNoNumber_NamesTheTask(float label)
    {
        var store = new DenseFeatureStore(1);
        store.Add(new FeatureRow([1]));
        Assert.Contains("'north'", Assert.Throws<ArgumentOutOfRangeException>(() => new TaskSetBuilder(LabelKind.Multiclass, store).Add("north", 0, label)).Message);
    }

    [Theory]
    [InlineData(ClassSets.Auto)]
    [InlineData(ClassSets.Common)]
    [InlineData(ClassSets.PerTask)]
    public void Build_LabelBeyondTheClasses_NamesTheTaskAndBoth(ClassSets classSets)
    {
        TaskSetBuilder builder = TwoRows(LabelKind.Multiclass);
        builder.Add("north", 0, 0);
        builder.Add("south", 1, 4);
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => builder.Build(3, classSets)).Message;
        Assert.Contains("'south'", message);
        Assert.Contains("below 3", message);
        Assert.Equal(5, builder.Build(5, classSets).ClassCount);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Add_RowThatIsNotStored_Throws(int row) =>
        Assert.Contains("2 stored rows", Assert.Throws<ArgumentOutOfRangeException>(() => TwoRows(LabelKind.Binary).Add("north", row, 1)).Message);

    [Fact]
    public void Build_CommonAndPerTask_AreTakenAtTheirWord()
    {
        TaskSet common = CoreData.Of(Some.TasksWithOwnClasses(3), LabelKind.Multiclass, ClassSets.Common);
        Assert.True(common.HasCommonOutputs);
        Assert.All(common.Tasks, task => Assert.Equal(Enumerable.Range(0, 9), task.Classes));
        TaskSet own = CoreData.Of(Some.Tasks(3), LabelKind.Multiclass, ClassSets.PerTask);
        Assert.False(own.HasCommonOutputs);
        Assert.Equal(3, own.ClassCount);
    }

    [Theory]
    [InlineData(LabelKind.Binary, 2)]
    [InlineData(LabelKind.Regression, 0)]
    public void Build_OtherKinds_HaveCommonClassesWhateverIsAsked(LabelKind kind, int classes)
    {
        TaskSet set = CoreData.Of(Some.Tasks(2), kind, ClassSets.PerTask);
        Assert.True(set.HasCommonOutputs);
        Assert.Equal(classes, set.ClassCount);
        Assert.All(set.Tasks, task => Assert.Equal(Enumerable.Range(0, classes), task.Classes));
    }

    [Fact]
    public void Take_SomeRows_KeepsTheirLabelsWeightsAndTheClasses()
    {
        TaskSetBuilder builder = TwoRows(LabelKind.Multiclass);
        builder.Add("north", 0, 2, 3);
        builder.Add("north", 1, 0, 5);
        LearningTask task = builder.Build(3, ClassSets.PerTask).Tasks[0].Take([1]);
        Assert.Equal([1], task.Rows);
        Assert.Equal([0f], task.Labels);
        Assert.Equal([5f], task.Weights!);
        Assert.Equal([0, 2], task.Classes);
    }

    private static TaskSetBuilder TwoRows(LabelKind kind)
    {
        var store = new DenseFeatureStore(1);
        store.Add(new FeatureRow([1]));
        store.Add(new FeatureRow([2]));
        return new TaskSetBuilder(kind, store);
    }
}
