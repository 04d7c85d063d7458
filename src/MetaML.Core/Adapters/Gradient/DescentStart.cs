using MetaML.Encoders;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters.Gradient;

/// <summary>The initial state of inner steps in managed code.</summary>
/// <param name="Network">The perceptron below the head.</param>
/// <param name="Stepped">The tensors of φ, the parameters that step, in order; without rates.</param>
/// <param name="Layout">The layout of φ.</param>
/// <param name="Parameters">The parameters of the network, then of the head, then the map of a context: float [parameters], or [tasks, parameters] if any of them differ by task.</param>
/// <param name="Support">Float [tasks, rows, features].</param>
/// <param name="Query">Float [tasks, rows, features]; null for adaptation without a query loss.</param>
internal sealed record DescentStart(MlpShape Network, IReadOnlyList<SteppedPart> Stepped, FlatTensors Layout, Tensor Parameters, Tensor Support, Tensor? Query)
{
    /// <summary>Concatenates parameters.</summary>
    /// <param name="values">The parameters, and whether each has a leading [tasks] dimension.</param>
    /// <param name="tasks">Number of tasks.</param>
    public static Tensor Join(IReadOnlyList<(Tensor Value, bool IsPerTask)> values, long tasks) => values.Any(value => value.IsPerTask)
        ? FlatTensors.Join(values.Select(value => value.IsPerTask ? value.Value : value.Value.unsqueeze(0).expand([tasks, .. value.Value.shape])))
        : cat([.. values.Select(value => value.Value.flatten())], 0);
}
