namespace MetaML.Pretrained.Network;

/// <summary>One layer of the network: every row attends to the support, then a perceptron is applied to each row. Both add to the row's state.</summary>
internal sealed class AttentionLayer
{
    private readonly NormLayer _attentionNorm, _perceptronNorm;
    private readonly AffineLayer[] _query, _key, _value; // one for each head
    private readonly AffineLayer _out;
    private readonly PerceptronLayer _perceptron;

    /// <summary>Reads the layer of this number.</summary>
    public AttentionLayer(NetworkWeights weights, int layer)
    {
        int heads = weights.Shape.Heads;
        _attentionNorm = NormLayer.Of(weights, $"{layer}.attention.norm");
        _query = AffineLayer.Of(weights, $"{layer}.query").Split(heads);
        _key = AffineLayer.Of(weights, $"{layer}.key").Split(heads);
        _value = AffineLayer.Of(weights, $"{layer}.value").Split(heads);
        _out = AffineLayer.Of(weights, $"{layer}.attention.out");
        _perceptronNorm = NormLayer.Of(weights, $"{layer}.perceptron.norm");
        _perceptron = PerceptronLayer.Of(weights, $"{layer}.perceptron");
    }

    /// <summary>The keys and values of the support.</summary>
    /// <param name="state">The states of the support's rows [support, width].</param>
    public SupportMemory Memorise(ReadOnlySpan<float> state)
    {
        var normal = new float[state.Length];
        _attentionNorm.Apply(state, normal);
        int rows = state.Length / _attentionNorm.Scale.Length;
        return new SupportMemory(rows, [.. _key.Select(head => Project(head, normal, rows))], [.. _value.Select(head => Project(head, normal, rows))]);
    }

    /// <summary>Changes the states of rows.</summary>
    /// <param name="state">[rows, width].</param>
    /// <param name="memory">Keys and values of the support.</param>
    /// <param name="buffers">Memory for intermediate values.</param>
    public void Apply(Span<float> state, SupportMemory memory, RowBuffers buffers)
    {
        int width = _out.Bias.Length, rows = state.Length / width, headWidth = width / _query.Length;
        Span<float> normal = buffers.Normal.AsSpan(0, state.Length), attended = buffers.Attended.AsSpan(0, state.Length);
        Span<float> query = buffers.Query.AsSpan(0, rows * headWidth), result = buffers.HeadResult.AsSpan(0, rows * headWidth);
        _attentionNorm.Apply(state, normal);
        for (int head = 0; head < _query.Length; head++)
        {
            _query[head].Apply(normal, query);
            memory.Attend(head, query, buffers.Weights(rows * memory.Rows), result);
            for (int row = 0; row < rows; row++)
                result.Slice(row * headWidth, headWidth).CopyTo(attended.Slice(row * width + head * headWidth));
        }

        _out.Apply(attended, normal);
        Add(state, normal);
        _perceptronNorm.Apply(state, normal);
        _perceptron.Apply(normal, buffers.Hidden.AsSpan(0, rows * _perceptron.In.Bias.Length), attended);
        Add(state, attended);
    }

    private static void Add(Span<float> state, ReadOnlySpan<float> change) => System.Numerics.Tensors.TensorPrimitives.Add(state, change, state);

    private static float[] Project(AffineLayer head, ReadOnlySpan<float> rows, int count)
    {
        var result = new float[count * head.Bias.Length];
        head.Apply(rows, result);
        return result;
    }
}
