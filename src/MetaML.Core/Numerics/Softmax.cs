using System.Numerics.Tensors;

namespace MetaML.Numerics;

/// <summary>pₖ = exp(xₖ − max x) / Σⱼ exp(xⱼ − max x): for logits of any size, where TensorPrimitives' own overflows beyond 88.</summary>
internal static class Softmax
{
    /// <summary>Turns logits into probabilities.</summary>
    /// <param name="logits">At least one.</param>
    /// <param name="probabilities">As many; may be the same span.</param>
    public static void Apply(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities);
        TensorPrimitives.SoftMax<float>(probabilities, probabilities);
    }
}
