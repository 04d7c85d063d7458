using System.Collections.Immutable;
using Microsoft.ML.Data;

namespace MetaML.TestKit;

/// <summary>A row of <see cref="SkewedClasses"/>, with its true probabilities.</summary>
public sealed class SkewedRow
{
    /// <summary>The number of features.</summary>
    public const int FeatureCount = 6;

    /// <summary>The names of the classes, the most frequent first.</summary>
    public static ImmutableArray<string> Classes { get; } = ["a", "b", "c", "d"];

    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>The features.</summary>
    [VectorType(FeatureCount)]
    public required float[] Features { get; init; }

    /// <summary>The class.</summary>
    public required string Class { get; init; }

    /// <summary>The true probability of each class.</summary>
    [NoColumn]
    public required double[] Probabilities { get; init; }
}
