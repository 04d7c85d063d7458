using MetaML.Encoders;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters.Gradient;

/// <summary>What inner steps in managed code start from.</summary>
/// <param name="Network">The perceptron below the head.</param>
/// <param name="Stepped">What steps, in the order of its tensors; without rates.</param>
/// <param name="Layout">Of what steps.</param>
/// <param name="Parameters">Of the network, then the head's, then what maps a context: float [parameters], or [tasks, parameters] where any of them are a task's own.</param>
/// <param name="Support">Float [tasks, rows, features].</param>
/// <param name="Query">Float [tasks, rows, features]; null where tasks are adapted only.</param>
internal sealed record DescentStart(MlpShape Network, IReadOnlyList<SteppedPart> Stepped, FlatTensors Layout, Tensor Parameters, Tensor Support, Tensor? Query)
{
    /// <summary>Parameters side by side.</summary>
    /// <param name="values">Each with whether it has a leading [tasks] dimension.</param>
    /// <param name="tasks">Number of tasks.</param>
    public static Tensor Join(IReadOnlyList<(Tensor Value, bool IsOwn)> values, long tasks) => values.Any(value => value.IsOwn)
        ? FlatTensors.Join(values.Select(value => value.IsOwn ? value.Value : value.Value.unsqueeze(0).expand([tasks, .. value.Value.shape])))
        : cat([.. values.Select(value => value.Value.flatten())], 0);
}
