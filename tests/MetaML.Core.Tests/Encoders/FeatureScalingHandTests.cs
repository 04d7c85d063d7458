using MetaML.Encoders;
using MetaML.Tasks;
using Xunit;

namespace MetaML.Core.Tests.Encoders;

public sealed class FeatureScalingHandTests
{
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
    public void FromArrays_LengthsThatDoNotFit_Throws()
    {
        Assert.Throws<ArgumentException>(() => FeatureScaling.FromArrays(null, [1, 2]));
        Assert.Throws<ArgumentException>(() => FeatureScaling.FromArrays([1], [1, 2]));
    }
}
