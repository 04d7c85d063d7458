using MetaML.Pretrained.Network;

namespace MetaML.Pretrained.Tables;

/// <summary>Memory for the scoring of a block of rows. An instance is used by one thread at a time.</summary>
internal sealed class ViewBuffers(NetworkShape shape, int rows)
{
    /// <summary>Memory of the network.</summary>
    public RowBuffers Rows { get; } = new(shape, rows);

    /// <summary>[rows, inputs].</summary>
    public float[] Tokens { get; } = new float[rows * shape.Inputs];

    /// <summary>[rows, outputs].</summary>
    public float[] Logits { get; } = new float[rows * NetworkShape.Outputs];
}
