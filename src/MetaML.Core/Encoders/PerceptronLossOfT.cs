using System.Numerics;
using System.Runtime.InteropServices;
using MetaML.Adapters;
using MetaML.Parameters;
using MetaML.Tasks;
using static TorchSharp.torch;

namespace MetaML.Encoders;

/// <inheritdoc/>
/// <typeparam name="T">The tensors' precision.</typeparam>
internal sealed class PerceptronLoss<T> : PerceptronLoss
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly PerceptronGradient<T> _gradient;
    private readonly Tensor _features;
    private readonly Tensor _targets;
    private readonly Tensor _shares;
    private readonly Tensor _absence;
    private readonly int _tasks;
    private readonly int _rows;

    public PerceptronLoss(MlpEncoderOptions options, IReadOnlyList<ParameterSpec> specs, AdaptationInput input, LabelKind kind, IReadOnlyList<string> by, bool byHead, Func<Tensor[]> draw)
        : base(specs, by, byHead, draw)
    {
        (_tasks, _rows) = ((int)input.Support.Features.shape[0], (int)input.Support.Features.shape[1]);
        _gradient = new PerceptronGradient<T>(options, kind, _rows, (int)input.Support.Features.shape[2], input.OutputCount);
        _features = input.Support.Features.contiguous();
        (_targets, _shares, _absence) = LabelLoss.Constants(kind, input.Support, input.ClassMask);
    }

    /// <inheritdoc/>
    public override Tensor Forward(PerceptronStep step, Tensor own, Tensor? shared)
    {
        Tensor result = empty([_tasks, step.WantedCount], dtype: own.dtype, device: own.device);
        Span<T> gradients = Values(result);
        ReadOnlySpan<T> ofTasks = Values(own), ofAll = shared is null ? [] : Values(shared);
        for (int t = 0; t < _tasks; t++)
        {
            Run(step, t, ofTasks.Slice(t * step.OwnCount, step.OwnCount), ofAll, isAlong: false);
            foreach (PerceptronPart part in step.Parts)
            {
                if (part.WantedAt >= 0)
                    _gradient.Gradient.Slice(part.At, part.Count).CopyTo(gradients[(t * step.WantedCount + part.WantedAt)..]);
            }
        }

        return result;
    }

    /// <inheritdoc/>
    public override (Tensor Own, Tensor? Shared) Backward(PerceptronStep step, Tensor own, Tensor? shared, Tensor along)
    {
        Tensor byOwn = empty_like(own), direction = along.contiguous();
        Tensor? byShared = shared is null ? null : zeros_like(shared);
        Span<T> toTasks = Values(byOwn), toAll = byShared is null ? [] : Values(byShared);
        ReadOnlySpan<T> ofTasks = Values(own), ofAll = shared is null ? [] : Values(shared), v = Values(direction);
        for (int t = 0; t < _tasks; t++)
        {
            foreach (PerceptronPart part in step.Parts)
            {
                Span<T> target = _gradient.Direction.Slice(part.At, part.Count);
                if (part.WantedAt >= 0)
                    v.Slice(t * step.WantedCount + part.WantedAt, part.Count).CopyTo(target);
                else
                    target.Clear();
            }

            Run(step, t, ofTasks.Slice(t * step.OwnCount, step.OwnCount), ofAll, isAlong: true);
            foreach (PerceptronPart part in step.Parts)
            {
                ReadOnlySpan<T> derivative = _gradient.Derivative.Slice(part.At, part.Count);
                if (part.IsOwn)
                {
                    derivative.CopyTo(toTasks[(t * step.OwnCount + part.From)..]);
                    continue;
                }

                Span<T> sum = toAll.Slice(part.From, part.Count);
                System.Numerics.Tensors.TensorPrimitives.Add(sum, derivative, sum);
            }
        }

        return (byOwn, byShared);
    }

    private void Run(PerceptronStep step, int task, ReadOnlySpan<T> own, ReadOnlySpan<T> shared, bool isAlong)
    {
        foreach (PerceptronPart part in step.Parts)
            (part.IsOwn ? own : shared).Slice(part.From, part.Count).CopyTo(_gradient.Parameters[part.At..]);
        _gradient.Run(
            Of(_features, task),
            Of(_targets, task),
            Of(_shares, task),
            Of(_absence, task),
            layer => layer < step.Kept.Length ? Of(step.Kept[layer], task) : [],
            isAlong);
    }

    private ReadOnlySpan<T> Of(Tensor tensor, int task)
    {
        Span<T> all = Values(tensor);
        int count = all.Length / _tasks;
        return all.Slice(task * count, count);
    }

    private static Span<T> Values(Tensor contiguous) => MemoryMarshal.Cast<byte, T>(contiguous.bytes);
}
