using MetaML.Data;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters.Joint;

/// <summary>Hard parameter sharing: each training task has its own linear head. Heads and encoder are trained together on ordinary rows.</summary>
/// <remarks>
/// The heads of the training tasks score a batch without support. A batch with support evaluates the encoder: the adapter that
/// is trained later adapts its tasks. Source: Caruana, Multitask Learning, Machine Learning 28, 1997.
/// </remarks>
internal sealed class JointAdapter : IAdapter
{
    private const string Weights = "joint_weights";
    private const string Bias = "joint_bias";

    private readonly IAdapter _evaluator;
    private readonly Dictionary<string, int> _numbers = [];

    /// <summary>Makes an adapter with heads for these tasks.</summary>
    /// <param name="shape">The shape of the heads.</param>
    /// <param name="tasks">The training tasks.</param>
    /// <param name="evaluator">Adapts the tasks with support. Its parameters keep their initial values.</param>
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
            var parameters = new ParameterSet(_evaluator.Parameters.Select(spec => (spec.Name, input.AdapterParameters[spec.Name])));
            return _evaluator.Adapt(input with { AdapterParameters = parameters });
        }

        Tensor numbers = tensor([.. input.Tasks.Select(task => (long)_numbers[task.Name])], device: input.ClassMask.device);
        Tensor OfTasks(string name, int outputs) => input.AdapterParameters[name].index_select(0, numbers).narrow(outputs, 0, input.OutputCount);
        return new AdaptedTasks(input.EncoderParameters, OfTasks(Weights, 2), OfTasks(Bias, 1));
    }
}
