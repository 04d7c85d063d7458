using static TorchSharp.torch;

namespace MetaML.Benchmarks.Speed;

/// <summary>Scores with a network and heads of the same sizes and random parameters, directly in libtorch.</summary>
internal sealed class TorchScorer : IDisposable
{
    private readonly Tensor[] _weights = [.. new[] { (16, 64), (64, 64), (64, 50) }.Select(size => randn(size.Item1, size.Item2))];
    private readonly Tensor[] _biases = [.. new[] { 64, 64, 50 }.Select(size => randn(size))];
    private readonly Tensor _heads = randn(ScoredModels.Tasks, 50);
    private readonly Tensor _headBiases = randn(ScoredModels.Tasks);

    /// <summary>Scores rows with the heads of their tasks.</summary>
    /// <param name="features">Float [rows · 16].</param>
    /// <param name="tasks">Int64 [rows].</param>
    public float[] Score(float[] features, long[] tasks)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        Tensor hidden = tensor(features, [tasks.Length, BinaryRow.FeatureCount]);
        for (int l = 0; l < _weights.Length; l++)
        {
            hidden = addmm(_biases[l], hidden, _weights[l], 1, 1);
            if (l < _weights.Length - 1)
                hidden = hidden.relu_();
        }

        Tensor taskIndices = tensor(tasks);
        return (hidden * _heads.index_select(0, taskIndices)).sum(1L).add_(_headBiases.index_select(0, taskIndices)).data<float>().ToArray();
    }

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[.. _weights, .. _biases, _heads, _headBiases])
            tensor.Dispose();
    }
}
