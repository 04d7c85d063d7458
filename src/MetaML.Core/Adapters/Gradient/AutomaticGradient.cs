using MetaML.Heads;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters.Gradient;

/// <summary>Gradients of support losses by automatic differentiation, for any encoder.</summary>
internal static class AutomaticGradient
{
    /// <summary>The gradient of the tasks' support losses, for steps inside the encoder.</summary>
    /// <param name="input">The support, and the parameters that do not step.</param>
    /// <param name="kind">The kind of label.</param>
    /// <param name="by">The names of the encoder parameters to differentiate by, in the encoder's order. Each has a leading [tasks] dimension.</param>
    /// <param name="byHead">Whether to differentiate by the head's weights and bias too.</param>
    /// <returns>A function from tasks to derivatives, float [tasks, values]. They are differentiable if libtorch records gradients.</returns>
    public static Func<AdaptedTasks, Tensor> Of(AdaptationInput input, LabelKind kind, IReadOnlyList<string> by, bool byHead) => tasks =>
    {
        bool isExact = is_grad_enabled();
        using var grad = enable_grad();
        Tensor Leaf(Tensor value) => value.requires_grad ? value : value.detach().requires_grad_();
        ParameterSet parameters = tasks.EncoderParameters.Map((name, value) => by.Contains(name) ? Leaf(value) : value);
        AdaptedTasks current = byHead ? new(parameters, Leaf(tasks.Weights), Leaf(tasks.Bias)) : new(parameters, tasks.Weights, tasks.Bias);
        Tensor[] leaves = [.. by.Select(name => parameters[name]), .. byHead ? (Tensor[])[current.Weights, current.Bias] : []];
        Tensor loss = LabelLoss.PerTask(kind, current.Score(input.Encoder, input.Support.Features, input.Dropout), input.Support, input.ClassMask).sum(0L); // the loss of a task depends only on its own parameters
        return FlatTensors.Join(autograd.grad([loss], leaves, retain_graph: true, create_graph: isExact));
    };
}
