using MetaML.Encoders;
using MetaML.Tasks;
using Xunit;

namespace MetaML.Core.Tests.Encoders;

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
        Assert.Equal(8, row.Values.ToArray().Sum(value => value * value), 1e-4); // as many as there are features
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
}
