using System.Numerics.Tensors;

namespace MetaML.Numerics;

/// <summary>pₖ = exp(xₖ − max x) / Σⱼ exp(xⱼ − max x). It is correct for logits of any size; TensorPrimitives.SoftMax overflows for logits above 88.</summary>
internal static class Softmax
{
    /// <summary>Turns logits into probabilities.</summary>
    /// <param name="logits">The logits, at least one.</param>
    /// <param name="probabilities">Receives as many probabilities; may be the same span.</param>
    public static void Apply(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities);
        TensorPrimitives.SoftMax<float>(probabilities, probabilities);
    }
}
