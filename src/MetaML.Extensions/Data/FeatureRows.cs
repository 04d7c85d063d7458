using MetaML.Data;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>ML.NET's vectors as the learning core takes them.</summary>
internal static class FeatureRows
{
    /// <summary>The same values, dense or sparse, without a copy.</summary>
    public static FeatureRow ToFeatureRow(this in VBuffer<float> features) => features.IsDense
        ? new FeatureRow(features.GetValues())
        : new FeatureRow(features.Length, features.GetIndices(), features.GetValues());
}
