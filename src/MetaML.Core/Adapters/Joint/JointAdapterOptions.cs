using MetaML.Data;
using MetaML.Episodes;

namespace MetaML.Adapters.Joint;

/// <summary>A trained head for each training task, in place of adaptation: see <see cref="JointAdapter"/>.</summary>
/// <param name="Problems">The training tasks of each kind of label.</param>
/// <param name="Evaluator">Adapts where the encoder is evaluated.</param>
/// <remarks>It exists while training alone; no model is saved with it.</remarks>
internal sealed record JointAdapterOptions(IReadOnlyList<TaskSet> Problems, AdapterOptions Evaluator) : AdapterOptions
{
    /// <inheritdoc/>
    public override IAdapter Create(HeadShape shape) =>
        new JointAdapter(shape, [.. Problems.Where(problem => problem.Kind == shape.Kind).SelectMany(problem => problem.Tasks)], Evaluator.Create(shape));

    /// <inheritdoc/>
    public override void Validate(LabelKind kind) => Evaluator.Validate(kind);

    internal override IEpisodeSampler Training(IEpisodeSampler sampler) => new OrdinaryRowSampler(sampler);
}
