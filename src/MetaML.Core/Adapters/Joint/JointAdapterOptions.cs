using MetaML.Data;
using MetaML.Episodes;

namespace MetaML.Adapters.Joint;

/// <summary>A trained head for each training task instead of adaptation: see <see cref="JointAdapter"/>.</summary>
/// <param name="Problems">The training tasks of each kind of label.</param>
/// <param name="Evaluator">The adapter for the evaluation of the encoder.</param>
/// <remarks>Used only during training. No saved model contains these options.</remarks>
internal sealed record JointAdapterOptions(IReadOnlyList<TaskSet> Problems, AdapterOptions Evaluator) : AdapterOptions
{
    /// <inheritdoc/>
    public override IAdapter Create(HeadShape shape) =>
        new JointAdapter(shape, [.. Problems.Where(problem => problem.Kind == shape.Kind).SelectMany(problem => problem.Tasks)], Evaluator.Create(shape));

    /// <inheritdoc/>
    public override void Validate(LabelKind kind) => Evaluator.Validate(kind);

    internal override IEpisodeSampler Training(IEpisodeSampler sampler) => new OrdinaryRowSampler(sampler);
}
