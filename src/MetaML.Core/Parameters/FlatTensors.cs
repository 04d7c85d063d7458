using static TorchSharp.torch;

namespace MetaML.Parameters;

/// <summary>Concatenates several tensors of each task into one, so that a single operation applies to all of them.</summary>
internal sealed class FlatTensors
{
    private readonly long[][] _shapes;
    private readonly long[] _counts;

    /// <param name="shapes">The shape of each tensor, without the [tasks] dimension.</param>
    public FlatTensors(IEnumerable<long[]> shapes)
    {
        _shapes = [.. shapes];
        _counts = Array.ConvertAll(_shapes, shape => shape.Aggregate(1L, (product, extent) => product * extent));
    }

    /// <summary>Number of tensors.</summary>
    public int Count => _shapes.Length;

    /// <summary>The number of the tensor that each value belongs to: int64 [values].</summary>
    /// <param name="device">The device of the result.</param>
    public Tensor Owners(Device device) => tensor([.. _counts.SelectMany((count, i) => Enumerable.Repeat((long)i, (int)count))], device: device);

    /// <summary>Concatenates tensors [tasks, …] to one of [tasks, values].</summary>
    public static Tensor Join(IEnumerable<Tensor> tensors) => cat([.. tensors.Select(tensor => tensor.flatten(1))], 1);

    /// <summary>Concatenates tensors that all tasks share to one of [values]. Each is first expanded to the shape at its position.</summary>
    public Tensor JoinShared(IEnumerable<Tensor> tensors) => cat([.. tensors.Select((tensor, i) => tensor.expand(_shapes[i]).flatten())], 0);

    /// <summary>Splits [tasks, values] into tensors [tasks, …]. They share its memory.</summary>
    public Tensor[] Split(Tensor flat) => [.. flat.split(_counts, 1).Select((part, i) => part.unflatten(1, _shapes[i]))];
}
