using static TorchSharp.torch;

namespace MetaML.Parameters;

/// <summary>Several tensors of each task side by side in one, so that what is done to all of them is one operation.</summary>
internal sealed class FlatTensors
{
    private readonly long[][] _shapes;
    private readonly long[] _counts;

    /// <param name="shapes">Of each tensor, without [tasks].</param>
    public FlatTensors(IEnumerable<long[]> shapes)
    {
        _shapes = [.. shapes];
        _counts = Array.ConvertAll(_shapes, shape => shape.Aggregate(1L, (product, extent) => product * extent));
    }

    /// <summary>Number of tensors.</summary>
    public int Count => _shapes.Length;

    /// <summary>The number of the tensor that each value belongs to: int64 [values].</summary>
    /// <param name="device">Where it is to live.</param>
    public Tensor Owners(Device device) => tensor([.. _counts.SelectMany((count, i) => Enumerable.Repeat((long)i, (int)count))], device: device);

    /// <summary>[tasks, …] each → [tasks, values].</summary>
    public static Tensor Join(IEnumerable<Tensor> tensors) => cat([.. tensors.Select(tensor => tensor.flatten(1))], 1);

    /// <summary>What is shared by all tasks, each of its tensor's shape or of one that is repeated in it → [values].</summary>
    public Tensor JoinShared(IEnumerable<Tensor> tensors) => cat([.. tensors.Select((tensor, i) => tensor.expand(_shapes[i]).flatten())], 0);

    /// <summary>[tasks, values] → [tasks, …] each, which share its memory.</summary>
    public Tensor[] Split(Tensor flat) => [.. flat.split(_counts, 1).Select((part, i) => part.unflatten(1, _shapes[i]))];
}
