using MetaML.Heads;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters.Gradient;

/// <summary>Gradients of support losses by automatic differentiation, for any encoder.</summary>
internal static class AutomaticGradient
{
    /// <summary>The gradient of tasks' support losses, for steps inside the encoder.</summary>
    /// <param name="input">The support, and whose parameters stay as they are.</param>
    /// <param name="kind">What labels are.</param>
    /// <param name="by">Names of parameters that each task has of its own, and that its embeddings depend on, in the encoder's order.</param>
    /// <param name="byHead">Whether by the head's weights and bias too.</param>
    /// <returns>
    /// From tasks to the derivatives, float [tasks, values]. Where gradients are recorded it is differentiable.
    /// </returns>
    public static Func<AdaptedTasks, Tensor> Of(AdaptationInput input, LabelKind kind, IReadOnlyList<string> by, bool byHead) => tasks =>
    {
        bool isExact = is_grad_enabled();
        using var grad = enable_grad();
        Tensor Leaf(Tensor value) => value.requires_grad ? value : value.detach().requires_grad_();
        ParameterSet parameters = tasks.EncoderParameters.Map((name, value) => by.Contains(name) ? Leaf(value) : value);
        AdaptedTasks current = byHead ? new(parameters, Leaf(tasks.Weights), Leaf(tasks.Bias)) : new(parameters, tasks.Weights, tasks.Bias);
        Tensor[] own = [.. by.Select(name => parameters[name]), .. byHead ? (Tensor[])[current.Weights, current.Bias] : []];
        Tensor loss = LabelLoss.PerTask(kind, current.Score(input.Encoder, input.Support.Features, input.Dropout), input.Support, input.ClassMask).sum(0L); // tasks do not touch each other's
        return FlatTensors.Join(autograd.grad([loss], own, retain_graph: true, create_graph: isExact));
    };
}
