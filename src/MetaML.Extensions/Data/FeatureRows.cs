using MetaML.Data;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>Converts ML.NET's vectors to the rows of MetaML.Core.</summary>
internal static class FeatureRows
{
    /// <summary>A row with the same values, dense or sparse, without a copy.</summary>
    public static FeatureRow ToFeatureRow(this in VBuffer<float> features) => features.IsDense
        ? new FeatureRow(features.GetValues())
        : new FeatureRow(features.Length, features.GetIndices(), features.GetValues());
}
