namespace MetaML.Pretrained.Network;

/// <summary>Two affine maps with a rectifier between them.</summary>
internal readonly record struct PerceptronLayer(AffineLayer In, AffineLayer Out)
{
    /// <summary>Reads the layer of this name.</summary>
    public static PerceptronLayer Of(NetworkWeights weights, string name) => new(AffineLayer.Of(weights, $"{name}.in"), AffineLayer.Of(weights, $"{name}.out"));

    /// <summary>Applies the maps to rows.</summary>
    /// <param name="rows">[rows, inputs].</param>
    /// <param name="hidden">Memory for [rows, hidden units].</param>
    /// <param name="result">Receives [rows, outputs].</param>
    public void Apply(ReadOnlySpan<float> rows, Span<float> hidden, Span<float> result)
    {
        In.Apply(rows, hidden, rectifies: true);
        Out.Apply(hidden, result);
    }
}
