using MetaML.Encoders;

namespace MetaML.Adapters.Gradient;

/// <summary>What the inner steps of a batch of tasks do: φ ← φ − αₛ g(φ), for a perceptron with a linear head.</summary>
internal sealed record DescentPlan
{
    /// <summary>The perceptron.</summary>
    public required MlpShape Network { get; init; }

    /// <summary>What labels are.</summary>
    public required LabelKind Kind { get; init; }

    /// <summary>What steps: φ, in the order of its tensors.</summary>
    public required IReadOnlyList<SteppedPart> Parts { get; init; }

    /// <summary>Number of inner steps.</summary>
    public required int Steps { get; init; }

    /// <summary>How many rates there are between those of a step and those of the next; 0 where all steps have the same.</summary>
    public required int RatesPerStep { get; init; }

    /// <summary>A gradient is scaled down to this norm.</summary>
    public required double MaximumGradientNorm { get; init; }

    /// <summary>Whether the outer gradient takes inner gradients for constants.</summary>
    public bool IsFirstOrder { get; init; }

    /// <summary>Whether the outer step moves the start to where the steps lead, in place of descending the query loss.</summary>
    public bool IsReptile { get; init; }

    /// <summary>How much the query loss after each step but the last counts; the last has the rest of 1.</summary>
    public double EarlierStepWeight { get; init; }

    /// <summary>Whether rows are embedded by what is trained as well.</summary>
    public bool IsByFeatures { get; init; }

    /// <summary>Number of values of φ.</summary>
    public int Count => Parts.Sum(part => part.Count);

    /// <summary>Number of passes over the query rows: after the last step, and where they count after the earlier ones.</summary>
    public int QueryPasses => EarlierStepWeight > 0 ? Steps : 1;
}

/// <summary>One tensor of what steps.</summary>
/// <param name="Offset">Where it lies among the parameters; of a context, where the bias lies that it shifts.</param>
/// <param name="Count">Number of values.</param>
/// <param name="ShiftCount">Of a context, number of values of the bias that it shifts; else 0.</param>
internal readonly record struct SteppedPart(int Offset, int Count, int ShiftCount = 0)
{
    /// <summary>Where its rate lies among those of a step.</summary>
    public int Rate { get; init; }

    /// <summary>Whether each of its values has a rate of its own.</summary>
    public bool HasRatePerValue { get; init; }
}
