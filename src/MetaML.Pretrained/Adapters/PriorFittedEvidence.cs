using MetaML.Adapters;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Pretrained.Adapters;

/// <summary>Learns the linear prior from all training tasks, and the share of the network from some of them by cross-validation over tasks.</summary>
internal sealed class PriorFittedEvidence : IPriorEvidence
{
    /// <summary>With fewer tasks, the share of the network is not learned.</summary>
    public const int FewestTasks = 3;

    private const int Folds = 5, MaximumTasks = 40, MaximumRows = 300;

    private readonly PriorFittedAdapter _adapter;
    private readonly IPriorEvidence _linear;
    private readonly List<(int Number, EmbeddedTask Task)> _judged = []; // a uniform sample of the tasks
    private readonly List<string> _choices = [];
    private int _count;

    /// <param name="adapter">The adapter.</param>
    /// <param name="tasks">The embedded rows of each training task.</param>
    public PriorFittedEvidence(PriorFittedAdapter adapter, IEnumerable<EmbeddedTask> tasks)
    {
        _adapter = adapter;
        _linear = adapter.Linear.EvidenceOf(Sampled(tasks));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Choices => [.. _linear.Choices, .. _choices];

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null)
    {
        ParameterArray[] linear = [.. parameters.Take(_adapter.Linear.Parameters.Count)];
        _linear.Complete(linear, limits, isUsed);
        _choices.Clear();
        int count = Enumerable.Range(0, _count).Count(task => isUsed?.Invoke(task) != false);
        if (count < FewestTasks)
        {
            (count < 2 ? NetworkShare.OfOneTask : NetworkShare.Believed).Store(parameters[^2].Values);
            _choices.Add(count < 2
                ? "Prior-fitted network: a task with rows is scored by it alone, since one training task is too few to learn across."
                : $"Prior-fitted network: its share in a score is {NetworkShare.Believed.Of(5):F2} with 5 rows and {NetworkShare.Believed.Of(50):F2} with 50, since two training tasks are too few to learn it.");
            return;
        }

        (NetworkShare share, int tasks) = Learn(linear, limits, isUsed ?? (_ => true));
        share.Store(parameters[^2].Values);
        _choices.Add($"Prior-fitted network: its share in a score is {share.Of(5):F2} with 5 rows and {share.Of(50):F2} with 50, by the loss on {tasks} tasks that the linear prior was learned without{share.PriorUse switch { PriorUse.Feature => "; the score of the prior is one of its features", PriorUse.Offset => "; it learns the difference from the score of the prior", _ => "" }}.");
    }

    private (NetworkShare Share, int Tasks) Learn(ParameterArray[] linear, PriorLimits limits, Func<int, bool> isUsed)
    {
        var trials = new List<ShareTrial>();
        for (int fold = 0; fold < Folds && !limits.IsTimeUp(); fold++)
        {
            (int Number, EmbeddedTask Task)[] judged = [.. _judged.Where((task, i) => i % Folds == fold && isUsed(task.Number))];
            if (judged.Length == 0)
                continue;
            ParameterArray[] others = Array.ConvertAll(linear, parameter => parameter with { Values = [.. parameter.Values] });
            int[] heldOut = [.. judged.Select(task => task.Number)];
            _linear.Complete(others, limits, task => isUsed(task) && !heldOut.Contains(task));
            float[][] values = Array.ConvertAll(others, parameter => parameter.Values);
            trials.AddRange(judged.AsParallel().AsOrdered().SelectMany(task => ShareTrial.Of(_adapter, values, task.Task, task.Number)));
        }

        return (ShareTrial.Best(trials, _adapter.Kind), trials.Select(trial => trial.Task).Distinct().Count());
    }

    // Algorithm R (Vitter, 1985).
    private IEnumerable<EmbeddedTask> Sampled(IEnumerable<EmbeddedTask> tasks)
    {
        var random = new Random(0);
        foreach (EmbeddedTask task in tasks)
        {
            int place = _judged.Count < MaximumTasks ? _judged.Count : random.Next(_count + 1);
            if (place < MaximumTasks)
            {
                if (place < _judged.Count)
                    _judged.RemoveAt(place);
                _judged.Add((_count, task.Select(RowSampler.Some(task.RowCount, Math.Min(task.RowCount, MaximumRows), random))));
            }

            _count++;
            yield return task;
        }
    }
}
