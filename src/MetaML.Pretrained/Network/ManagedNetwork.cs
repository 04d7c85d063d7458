using System.Numerics.Tensors;
using MetaML.Numerics;
using MetaML.Parameters;

namespace MetaML.Pretrained.Network;

/// <summary>The network's forward pass in managed code. It is safe for concurrent use.</summary>
internal sealed class ManagedNetwork
{
    /// <summary>The number of rows that are computed together.</summary>
    public const int BlockRows = 64;

    private readonly PerceptronLayer _row;
    private readonly float[] _label;
    private readonly AttentionLayer[] _layers;
    private readonly NormLayer _headNorm;
    private readonly PerceptronLayer _head;

    /// <summary>Reads the weights.</summary>
    public ManagedNetwork(NetworkWeights weights)
    {
        Shape = weights.Shape;
        _row = PerceptronLayer.Of(weights, "row");
        _label = weights["label"];
        _layers = [.. Enumerable.Range(0, Shape.Layers).Select(layer => new AttentionLayer(weights, layer))];
        _headNorm = NormLayer.Of(weights, "head.norm");
        _head = PerceptronLayer.Of(weights, "head");
    }

    /// <summary>A network of the default sizes.</summary>
    /// <param name="values">The values of all parameters, in order.</param>
    public static ManagedNetwork Of(float[] values)
    {
        var shape = new NetworkShape();
        int start = 0;
        return new ManagedNetwork(new NetworkWeights(shape, [.. shape.Parameters.Select(spec => new ParameterArray(spec.Name, values[start..(start += spec.Count)]))]));
    }

    /// <summary>The network's sizes.</summary>
    public NetworkShape Shape { get; }

    /// <summary>Reads a support: the keys and values of each layer.</summary>
    /// <param name="tokens">[support, inputs]; at least one row.</param>
    /// <param name="labels">[support, label inputs].</param>
    public SupportMemory[] Read(ReadOnlySpan<float> tokens, ReadOnlySpan<float> labels)
    {
        int rows = tokens.Length / Shape.Inputs, width = Shape.Width;
        var buffers = new RowBuffers(Shape, rows);
        Span<float> state = buffers.State, label = buffers.Normal;
        _row.Apply(tokens, buffers.Hidden, state);
        AffineKernel.Apply(labels, _label, new float[width], rectifies: false, label);
        TensorPrimitives.Add(state, label, state);
        var memories = new SupportMemory[Shape.Layers];
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            memories[layer] = _layers[layer].Memorise(state);
            if (layer < Shape.Layers - 1) // no row attends to the support after the last layer
                _layers[layer].Apply(state, memories[layer], buffers);
        }

        return memories;
    }

    /// <summary>The logits of a block of query rows.</summary>
    /// <param name="memories">The result of <see cref="Read"/>.</param>
    /// <param name="tokens">[rows, inputs].</param>
    /// <param name="buffers">Memory for at least as many rows.</param>
    /// <param name="logits">Receives [rows, outputs].</param>
    public void Score(SupportMemory[] memories, ReadOnlySpan<float> tokens, RowBuffers buffers, Span<float> logits)
    {
        int rows = tokens.Length / Shape.Inputs;
        Span<float> state = buffers.State.AsSpan(0, rows * Shape.Width), hidden = buffers.Hidden.AsSpan(0, rows * Shape.Hidden);
        _row.Apply(tokens, hidden, state);
        for (int layer = 0; layer < _layers.Length; layer++)
            _layers[layer].Apply(state, memories[layer], buffers);
        Span<float> normal = buffers.Normal.AsSpan(0, state.Length);
        _headNorm.Apply(state, normal);
        _head.Apply(normal, hidden, logits);
    }
}
