using MetaML.Data;
using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Data;

public sealed class LabelSizesTests
{
    [Fact]
    public void Of_FewRows_IsShrunkTowardsTheTypicalSizeByThePrecisions()
    {
        var sizes = new LabelSizes(Center: 1, MeanLog: Math.Log(10), Between: 4, Within: 1);
        LearningTask task = Tasks([[1001, -999]]).Tasks[0]; // of the size 1000
        LabelScaling scaling = sizes.Of(task);
        Assert.Equal(1, scaling.Mean);
        Assert.Equal(Math.Log(10) + 4 / 4.5 * Math.Log(100), Math.Log(scaling.Deviation), 1e-6);
        Assert.Equal(10, sizes.Typical.Deviation, 1e-12);
    }

    [Fact]
    public void Of_NoRows_IsTheTypicalSize_AndOfLabelsAtTheCentreASmallOne()
    {
        var sizes = new LabelSizes(Center: 1, MeanLog: Math.Log(10), Between: 4, Within: 1);
        TaskSet tasks = Tasks([[1, 1], []]);
        Assert.Equal(10 * Math.Exp(-4), sizes.Of(tasks.Tasks[0]).Deviation, 1e-9);
        Assert.Equal(sizes.Typical, sizes.Of(tasks.Tasks[1]));
    }

    [Fact]
    public void Choose_AllLabelsPositive_CentreIsZeroSinceFewRowsTellTheSize()
    {
        LabelSizes sizes = Assert.IsType<LabelSizes>(LabelSizes.Choose(Drawn(20, (size, noise) => size * (10 + noise)), null, null));
        Assert.Equal(0, sizes.Center);
        Assert.InRange(sizes.Within, 0, 0.02); // about (1 / 10)²
        Assert.InRange(Math.Sqrt(sizes.Between), 1.8, 3); // log sizes are uniform on [ln 0.01, ln 100]: 2.66
    }

    [Fact]
    public void Choose_SmallAndLargeTasks_CentreDoesNotHideTheSmallOnes()
    {
        TaskSet tasks = Drawn(20, (size, noise) => size * Math.Max(0, 1 + 0.7 * noise)); // about the median of means, labels of small tasks are nearly equal
        LabelSizes sizes = Assert.IsType<LabelSizes>(LabelSizes.Choose(tasks, null, null));
        Assert.Equal(0, sizes.Center);
        Assert.InRange(sizes.Of(tasks.Tasks[0]).Deviation, 0.005, 0.02);
    }

    [Fact]
    public void Choose_CommonMeanFarFromZero_CentreIsTheMean()
    {
        LabelSizes sizes = Assert.IsType<LabelSizes>(LabelSizes.Choose(Drawn(20, (size, noise) => 1e5 + size * noise), null, null));
        Assert.InRange(sizes.Center, 1e5 - 100, 1e5 + 100);
        Assert.InRange(sizes.Within, 0.2, 0.9); // of normal labels 1/2
    }

    [Theory]
    [InlineData(20, false)] // sizes within a factor of two
    [InlineData(4, true)] // too few tasks
    public void Choose_SizesAlikeOrFewTasks_LabelsHaveOneScale(int tasks, bool differ) =>
        Assert.Null(LabelSizes.Choose(Drawn(tasks, (size, noise) => (differ ? size : 1 + size / 200) * (3 + noise)), null, null));

    [Fact]
    public void Choose_Asked_IsDone()
    {
        TaskSet tasks = Drawn(20, (_, noise) => 3 + noise);
        Assert.NotNull(LabelSizes.Choose(tasks, true, null));
        Assert.Null(LabelSizes.Choose(Drawn(20, (size, noise) => size * noise), false, null));
    }

    // Sizes from 0.01 to 100; noise is standard normal.
    private static TaskSet Drawn(int tasks, Func<double, double, double> label)
    {
        var random = new Random(1);
        return Tasks([.. Enumerable.Range(0, tasks).Select(task => Math.Pow(10, 4.0 * task / (tasks - 1) - 2)).Select(size => Enumerable.Range(0, 30).Select(_ => (float)label(size, NormalRandom.Next(random))).ToArray())]);
    }

    private static TaskSet Tasks(float[][] labels)
    {
        var store = new DenseFeatureStore(1);
        return new TaskSet(LabelKind.Regression, store, [.. labels.Select((own, t) => new LearningTask($"task{t}", [.. own.Select(_ => store.Add(new FeatureRow(new float[] { 1 })))], own, null, [], t))], 0, true);
    }
}
