namespace MetaML.Pretrained.Network;

/// <summary>Memory for the intermediate values of a block of rows. An instance is used by one thread at a time.</summary>
internal sealed class RowBuffers(NetworkShape shape, int rows)
{
    private float[] _weights = [];

    /// <summary>The largest number of rows.</summary>
    public int Rows => rows;

    /// <summary>[rows, width].</summary>
    public float[] State { get; } = new float[rows * shape.Width];

    /// <summary>[rows, width].</summary>
    public float[] Normal { get; } = new float[rows * shape.Width];

    /// <summary>[rows, width].</summary>
    public float[] Attended { get; } = new float[rows * shape.Width];

    /// <summary>[rows, hidden units].</summary>
    public float[] Hidden { get; } = new float[rows * shape.Hidden];

    /// <summary>[rows, width of a head].</summary>
    public float[] Query { get; } = new float[rows * shape.Width / shape.Heads];

    /// <summary>[rows, width of a head].</summary>
    public float[] HeadResult { get; } = new float[rows * shape.Width / shape.Heads];

    /// <summary>Attention weights.</summary>
    /// <param name="count">How many.</param>
    public Span<float> Weights(int count)
    {
        if (_weights.Length < count)
            _weights = new float[count];
        return _weights.AsSpan(0, count);
    }
}
