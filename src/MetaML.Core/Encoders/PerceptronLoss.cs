using MetaML.Adapters;
using MetaML.Parameters;
using MetaML.Tasks;
using static TorchSharp.torch;

namespace MetaML.Encoders;

/// <summary>The support losses of a batch of tasks, whose perceptrons and heads are given: their gradients, and those of the gradients.</summary>
internal abstract class PerceptronLoss
{
    private readonly IReadOnlyList<ParameterSpec> _specs;
    private readonly bool[] _isWanted;
    private readonly Func<Tensor[]> _draw;

    private protected PerceptronLoss(IReadOnlyList<ParameterSpec> specs, IReadOnlyList<string> by, bool byHead, Func<Tensor[]> draw)
    {
        _specs = specs;
        _isWanted = [.. specs.Select(spec => by.Contains(spec.Name)), byHead, byHead];
        _draw = draw;
    }

    /// <param name="options">Of the perceptron.</param>
    /// <param name="specs">Its parameters.</param>
    /// <param name="input">The support.</param>
    /// <param name="kind">What labels are.</param>
    /// <param name="by">What gradients are wanted by.</param>
    /// <param name="byHead">Whether by the head too.</param>
    /// <param name="draw">What dropout multiplies each hidden layer's values by, anew for each gradient; none where nothing is dropped.</param>
    public static PerceptronLoss Of(MlpEncoderOptions options, IReadOnlyList<ParameterSpec> specs, AdaptationInput input, LabelKind kind, IReadOnlyList<string> by, bool byHead, Func<Tensor[]> draw) =>
        input.Support.Features.dtype == ScalarType.Float64 ? new PerceptronLoss<double>(options, specs, input, kind, by, byHead, draw) : new PerceptronLoss<float>(options, specs, input, kind, by, byHead, draw);

    /// <summary>The gradients, as <see cref="IEncoder.SupportGradient"/> has them.</summary>
    public Tensor Gradient(Tensor own, AdaptedTasks tasks)
    {
        Tensor[] all = [.. tasks.EncoderParameters.Tensors, tasks.Weights, tasks.Bias];
        bool IsOwn(int i) => i >= _specs.Count || all[i].dim() > _specs[i].Shape.Length;
        Tensor ofTasks = _isWanted.All(wanted => wanted) ? own : FlatTensors.Join(all.Where((_, i) => IsOwn(i)));
        Tensor? shared = Enumerable.Range(0, all.Length).All(IsOwn) ? null : cat([.. all.Where((_, i) => !IsOwn(i)).Select(tensor => tensor.flatten())], 0);
        int ownAt = 0, sharedAt = 0, at = 0, wantedAt = 0;
        var parts = new PerceptronPart[all.Length];
        for (int i = 0; i < all.Length; i++)
        {
            bool isOwn = IsOwn(i);
            int count = (int)(isOwn ? all[i].numel() / all[i].shape[0] : all[i].numel());
            parts[i] = new PerceptronPart(at, count, isOwn, isOwn ? ownAt : sharedAt, _isWanted[i] ? wantedAt : -1);
            (at, wantedAt) = (at + count, wantedAt + (_isWanted[i] ? count : 0));
            (ownAt, sharedAt) = isOwn ? (ownAt + count, sharedAt) : (ownAt, sharedAt + count);
        }

        var step = new PerceptronStep(this, parts, _draw());
        return is_grad_enabled() && (ofTasks.requires_grad || shared is { requires_grad: true })
            ? PerceptronGradientFunction.apply(ofTasks, shared!, step)
            : Forward(step, ofTasks, shared);
    }

    /// <summary>The gradients of what is wanted: float [tasks, values].</summary>
    /// <param name="step">How parameters are laid out, and what dropout keeps.</param>
    /// <param name="own">The tasks' own parameters: float [tasks, …].</param>
    /// <param name="shared">Those that they share: float […], or null.</param>
    public abstract Tensor Forward(PerceptronStep step, Tensor own, Tensor? shared);

    /// <summary>The derivative of Σ v · gradient by the parameters, which is H v since second derivatives are symmetric.</summary>
    /// <param name="step">As for the gradients.</param>
    /// <param name="own">As for the gradients.</param>
    /// <param name="shared">As for the gradients.</param>
    /// <param name="along">v: float [tasks, values].</param>
    public abstract (Tensor Own, Tensor? Shared) Backward(PerceptronStep step, Tensor own, Tensor? shared, Tensor along);
}
