using MetaML.Numerics;

namespace MetaML.Pretrained.Network;

/// <summary>The map x W + b, with W [inputs, outputs].</summary>
internal readonly record struct AffineLayer(float[] Weight, float[] Bias)
{
    /// <summary>Reads the layer of this name.</summary>
    public static AffineLayer Of(NetworkWeights weights, string name) => new(weights[$"{name}.weight"], weights[$"{name}.bias"]);

    /// <summary>Divides the outputs into layers of equal size.</summary>
    public AffineLayer[] Split(int parts)
    {
        int outputs = Bias.Length, size = outputs / parts, inputs = Weight.Length / outputs;
        var layers = new AffineLayer[parts];
        for (int part = 0; part < parts; part++)
        {
            var weight = new float[inputs * size];
            for (int input = 0; input < inputs; input++)
                Weight.AsSpan(input * outputs + part * size, size).CopyTo(weight.AsSpan(input * size));
            layers[part] = new AffineLayer(weight, Bias[(part * size)..((part + 1) * size)]);
        }

        return layers;
    }

    /// <summary>Applies the map to rows.</summary>
    /// <param name="rows">[rows, inputs].</param>
    /// <param name="result">Receives [rows, outputs].</param>
    /// <param name="rectifies">Whether negative values become 0.</param>
    public void Apply(ReadOnlySpan<float> rows, Span<float> result, bool rectifies = false) => AffineKernel.Apply(rows, Weight, Bias, rectifies, result);
}
