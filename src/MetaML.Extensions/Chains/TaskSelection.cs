using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using Microsoft.ML;
using Microsoft.ML.Transforms;

namespace MetaML.Extensions.Chains;

/// <summary>Makes the chain of one task. It reads no Task column, and value-to-key mappings that only make this column are left out.</summary>
/// <param name="context">The context.</param>
/// <param name="task">The task's name.</param>
internal sealed class TaskSelection(MLContext context, string task)
{
    private readonly HashSet<string> _unused = []; // Task columns that no following step reads

    /// <summary>The chain of the task, or the step by itself.</summary>
    /// <exception cref="ArgumentException">A meta-learner does not know the task, or has no Task column.</exception>
    public ITransformer Of(ITransformer model) => Select(model)!;

    // Visits the steps from the last to the first. Null leaves a step out.
    private ITransformer? Select(ITransformer step)
    {
        switch (step)
        {
            case ITaskLearner learner:
                if (learner.TaskColumnName is { } column)
                    _unused.Add(column);
                return learner.SelectTask(context, task);
            case PooledScoreTransformer pooled when _unused.Contains(pooled.TaskColumnName):
                return Keep(pooled.SelectTask(context, task));
            case var chain when !KeyGuard.Is(step) && TransformerChains.Steps(chain) is { } steps:
                var selected = new ITransformer?[steps.Length];
                for (int i = steps.Length - 1; i >= 0; i--)
                    selected[i] = Select(steps[i]);
                return TransformerChains.Select(chain, selected);
            case ValueToKeyMappingTransformer mapping:
                string[] unused = [.. KeyMappings.Columns(mapping).Select(pair => pair.Output).Where(_unused.Contains)];
                ValueToKeyMappingTransformer? rest = KeyMappings.Without(mapping, unused);
                _unused.ExceptWith(unused.Except(KeyMappings.Columns(mapping).Select(pair => pair.Input))); // a column that is mapped in place may have been made by an earlier mapping
                return rest is null ? null : Keep(rest);
            default:
                return Keep(SharedStep.Of(context, step));
        }
    }

    private ITransformer Keep(ITransformer step)
    {
        _unused.ExceptWith(TransformerChains.Inputs(step));
        return step;
    }
}
