using MetaML.Encoders;

namespace MetaML.Adapters.Gradient;

/// <summary>The plan of the inner steps of a batch of tasks: φ ← φ − αₛ g(φ), for a multi-layer perceptron with a linear head.</summary>
internal sealed record DescentPlan
{
    /// <summary>The layers of the perceptron.</summary>
    public required MlpShape Network { get; init; }

    /// <summary>The kind of label.</summary>
    public required LabelKind Kind { get; init; }

    /// <summary>The tensors of φ, the parameters that step, in order.</summary>
    public required IReadOnlyList<SteppedPart> Parts { get; init; }

    /// <summary>Number of inner steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Number of rates of a step; 0 if all steps share the same rates.</summary>
    public required int RatesPerStep { get; init; }

    /// <summary>The largest norm of an inner gradient. A larger gradient is scaled down to it.</summary>
    public required double MaximumGradientNorm { get; init; }

    /// <summary>Whether the outer gradient treats inner gradients as constants (first order).</summary>
    public bool IsFirstOrder { get; init; }

    /// <summary>Whether the outer step moves the initial parameters towards the adapted ones (Reptile) instead of minimising the query loss.</summary>
    public bool IsReptile { get; init; }

    /// <summary>The weight of the query loss after each step except the last. All weights sum to 1.</summary>
    public double EarlierStepWeight { get; init; }

    /// <summary>Whether derivatives by the features are needed, because a trained encoder makes them.</summary>
    public bool IsByFeatures { get; init; }

    /// <summary>Number of values of φ.</summary>
    public int Count => Parts.Sum(part => part.Count);

    /// <summary>Number of passes over the query rows: one for each step in the outer loss.</summary>
    public int QueryPasses => EarlierStepWeight > 0 ? Steps : 1;
}

/// <summary>One tensor of φ, the parameters that step.</summary>
/// <param name="Offset">Its offset among the parameters; for a context, the offset of the bias that it shifts.</param>
/// <param name="Count">Number of values.</param>
/// <param name="ShiftCount">For a context, the number of values of the bias that it shifts; else 0.</param>
internal readonly record struct SteppedPart(int Offset, int Count, int ShiftCount = 0)
{
    /// <summary>The offset of its rate among those of a step.</summary>
    public int Rate { get; init; }

    /// <summary>Whether each of its values has its own rate.</summary>
    public bool HasRatePerValue { get; init; }
}
