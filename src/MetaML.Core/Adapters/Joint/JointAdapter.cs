using MetaML.Data;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters.Joint;

/// <summary>Hard parameter sharing: each training task has a linear head of its own, trained with the encoder on ordinary rows.</summary>
/// <remarks>
/// A batch without support is of training tasks, and is scored by their heads; one with support is there to evaluate the
/// encoder, and is adapted by the adapter that will stand on it. Source: Caruana, Multitask Learning, Machine Learning 28,
/// 1997.
/// </remarks>
internal sealed class JointAdapter : IAdapter
{
    private const string Weights = "joint_weights";
    private const string Bias = "joint_bias";

    private readonly IAdapter _evaluator;
    private readonly Dictionary<string, int> _numbers = [];

    /// <summary>Heads for these tasks.</summary>
    /// <param name="shape">Of the heads.</param>
    /// <param name="tasks">The training tasks.</param>
    /// <param name="evaluator">Adapts what has support, with initial values.</param>
    public JointAdapter(HeadShape shape, IReadOnlyList<LearningTask> tasks, IAdapter evaluator)
    {
        _evaluator = evaluator;
        foreach (LearningTask task in tasks)
            _numbers.TryAdd(task.Name, _numbers.Count);
        int outputs = shape.Kind == LabelKind.Multiclass ? tasks.Max(task => task.Classes.Length) : 1;
        Parameters =
        [
            ParameterSpec.Normal(Weights, Math.Sqrt(1.0 / shape.EmbeddingDimension), _numbers.Count, shape.EmbeddingDimension, outputs),
            ParameterSpec.Constant(Bias, 0, _numbers.Count, outputs),
            .. evaluator.Parameters.Select(spec => spec with { IsTrained = false }),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <inheritdoc/>
    public AdaptedTasks Adapt(AdaptationInput input)
    {
        if (input.Support.Features.shape[1] > 0)
        {
            var own = new ParameterSet(_evaluator.Parameters.Select(spec => (spec.Name, input.AdapterParameters[spec.Name])));
            return _evaluator.Adapt(input with { AdapterParameters = own });
        }

        Tensor numbers = tensor([.. input.Tasks.Select(task => (long)_numbers[task.Name])], device: input.ClassMask.device);
        Tensor Own(string name, int outputs) => input.AdapterParameters[name].index_select(0, numbers).narrow(outputs, 0, input.OutputCount);
        return new AdaptedTasks(input.EncoderParameters, Own(Weights, 2), Own(Bias, 1));
    }
}
