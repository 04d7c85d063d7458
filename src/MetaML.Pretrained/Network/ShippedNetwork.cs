namespace MetaML.Pretrained.Network;

/// <summary>A network with the bytes of its weights. The network of this package is read once for the process.</summary>
internal sealed class ShippedNetwork
{
    /// <summary>The largest weight file that is read from a saved model.</summary>
    public const int MaximumBytes = 1 << 25;

    private static readonly Lazy<ShippedNetwork> s_ofPackage = new(() => new ShippedNetwork(ReadResource()));

    private ShippedNetwork(byte[] bytes)
    {
        Bytes = bytes;
        NetworkWeights weights = NetworkWeights.FromBytes(bytes);
        Network = new ManagedNetwork(weights);
        Values = [.. weights.Parameters.SelectMany(parameter => parameter.Values)];
    }

    /// <summary>The network of this package.</summary>
    public static ShippedNetwork OfPackage => s_ofPackage.Value;

    /// <summary>The weight file.</summary>
    public byte[] Bytes { get; }

    /// <summary>The network.</summary>
    public ManagedNetwork Network { get; }

    /// <summary>The values of all parameters, in order. Do not change them.</summary>
    public float[] Values { get; }

    /// <summary>The network of a weight file. A saved model keeps its weights, so that another version of this package predicts the same.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static ShippedNetwork Of(byte[] bytes) => bytes.AsSpan().SequenceEqual(OfPackage.Bytes) ? OfPackage : new ShippedNetwork(bytes);

    private static byte[] ReadResource()
    {
        using Stream stream = typeof(ShippedNetwork).Assembly.GetManifestResourceStream("prior-fitted.weights")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
