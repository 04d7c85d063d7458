using MetaML.Data;
using Xunit;

namespace MetaML.Core.Tests.Data;

public sealed class FeatureScalingTests
{
    [Fact]
    public void Fit_DenseRows_StandardisesAndSilencesConstants()
    {
        var store = new DenseFeatureStore(3);
        store.Add(new FeatureRow([1, 5, 1_000_001]));
        store.Add(new FeatureRow([3, 5, 1_000_003]));
        FeatureScaling scaling = FeatureScaling.Fit(store);
        Assert.Equal([1, 0, 1], scaling.Apply(store[1], new float[3]).Values.ToArray());
        Assert.Equal([-1, 0, -1], scaling.Apply(store[0], new float[3]).Values.ToArray());
    }

    [Fact]
    public void Fit_SparseRows_KeepsZerosAndHasMeanSquareOne()
    {
        var store = new SparseFeatureStore(8);
        store.Add(new FeatureRow(8, [1, 6], [3, 4]));
        store.Add(new FeatureRow(8, [2], [5]));
        FeatureScaling scaling = FeatureScaling.Fit(store);
        FeatureRow row = scaling.Apply(store[0], new float[8]);
        Assert.Equal([1, 6], row.Indices.ToArray());
        Assert.Equal(8, row.Values.ToArray().Sum(value => value * value), 1e-4); // the number of features
    }

    [Fact]
    public void Apply_SparseRowToDenseScaling_EqualsDenseRow()
    {
        var store = new DenseFeatureStore(3);
        store.Add(new FeatureRow([1, 0, 2]));
        store.Add(new FeatureRow([0, 1, 5]));
        FeatureScaling scaling = FeatureScaling.Fit(store);
        Assert.Equal(scaling.Apply(store[0], new float[3]).Values.ToArray(), scaling.Apply(new FeatureRow(3, [0, 2], [1, 2]), new float[3]).Values.ToArray());
    }

    [Fact]
    public void Fit_DenseColumn_IsMeanAndDeviation()
    {
        var store = new DenseFeatureStore(1);
        foreach (float value in new[] { 1f, 2, 3, 6 })
            store.Add(new FeatureRow([value]));
        FeatureScaling scaling = FeatureScaling.Fit(store); // mean 3, variance (4 + 1 + 0 + 9) / 4
        Assert.Equal([3f], scaling.Shift!);
        Assert.Equal(1 / Math.Sqrt(3.5), scaling.Scale[0], 1e-7);
    }

    [Fact]
    public void Fit_SparseRows_IsOneFactorForAll()
    {
        var store = new SparseFeatureStore(8);
        store.Add(new FeatureRow(8, [1, 6], [3, 4]));
        store.Add(new FeatureRow(8, [2], [1]));
        FeatureScaling scaling = FeatureScaling.Fit(store); // mean square of a row (25 + 1) / 2
        Assert.Null(scaling.Shift);
        Assert.Equal(Math.Sqrt(8 / 13.0), Assert.Single(scaling.Scale), 1e-7);
    }

    [Fact]
    public void Fit_SparseRowsOfNothing_LeavesThemAsTheyAre()
    {
        var store = new SparseFeatureStore(4);
        store.Add(new FeatureRow(4, [], []));
        Assert.Equal([1f], FeatureScaling.Fit(store).Scale);
    }

    [Fact]
    public void FromArrays_LengthsThatDoNotFit_Throws() => Assert.Throws<ArgumentException>(() => FeatureScaling.FromArrays([1], [1, 2]));

    [Fact]
    public void FitRarity_FrequentRareAndAbsentFeatures_AreBroughtToOneSizeAndWeightedByRarity()
    {
        var store = new SparseFeatureStore(3);
        store.Add(new FeatureRow(3, [0, 1], [100, 2]));
        store.Add(new FeatureRow(3, [0], [-100]));
        store.Add(new FeatureRow(3, [], []));
        float[] scaled = FeatureScaling.FitRarity(store).Apply(store[0], new float[3]).Values.ToArray();
        Assert.Equal(1 + Math.Log(4.0 / 3), scaled[0], 1e-5);
        Assert.Equal(1 + Math.Log(4.0 / 2), scaled[1], 1e-5);
        float[] absent = FeatureScaling.FitRarity(store).Apply(new FeatureRow(3, [2], [1]), new float[3]).Values.ToArray();
        Assert.Equal((1 + Math.Log(4)) / Math.Sqrt((100 * 100 * 2 + 2 * 2) / 3.0), absent[0], 1e-5);
        Assert.Equal(scaled[0], FeatureScaling.FitRarity(store).Apply(new FeatureRow([100, 2, 0]), new float[3]).Values[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Apply_WithAShift_WritesEveryFeatureOfTheBufferAndLeavesTheRow(bool sparse)
    {
        var store = new DenseFeatureStore(3);
        store.Add(new FeatureRow([1, 2, 0]));
        store.Add(new FeatureRow([3, 4, 6]));
        FeatureScaling scaling = FeatureScaling.Fit(store);
        float[] values = sparse ? [6] : [0, 0, 6], buffer = [9, 9, 9];
        FeatureRow scaled = scaling.Apply(sparse ? new FeatureRow(3, [2], values) : new FeatureRow(values), buffer);
        Assert.True(scaled.Values.Overlaps(buffer)); // not another copy
        Assert.Equal([-2f, -3, 1], buffer);
        Assert.Equal(6, values[^1]);
    }
}
