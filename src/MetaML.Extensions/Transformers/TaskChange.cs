using MetaML.Data;
using MetaML.Models;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Transformers;

/// <summary>What labelled rows do to the tasks that they name.</summary>
internal abstract class TaskChange
{
    private TaskChange()
    {
    }

    /// <summary>Whether the rows replace the earlier rows of a known task.</summary>
    public virtual bool ReplacesRows => false;

    /// <summary>The tasks after the change, in the order of the rows' tasks; null for a task that is removed.</summary>
    /// <param name="model">The model of the tasks.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="known">The known task of each of the rows' tasks, or null.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    public abstract IReadOnlyList<AdaptedTask?> Apply(MetaModel model, TaskSet rows, IReadOnlyList<AdaptedTask?> known, CancellationToken cancellationToken);

    /// <summary>Writes what happened to the log.</summary>
    public virtual void Report(IHost host)
    {
    }

    /// <summary>Tasks are learned from the rows alone.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    public sealed class Adaptation(AdaptationOptions? options) : TaskChange
    {
        public override bool ReplacesRows => true;

        public override IReadOnlyList<AdaptedTask?> Apply(MetaModel model, TaskSet rows, IReadOnlyList<AdaptedTask?> known, CancellationToken cancellationToken) =>
            model.Adapt(rows, options, cancellationToken);
    }

    /// <summary>The rows are added to those of their tasks.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="posteriors">Posteriors that are changed row by row; null for heads that are computed from statistics.</param>
    public sealed class Addition(UpdateOptions? options, TaskPosteriors? posteriors = null) : TaskChange, IProgress<DriftAlarm>
    {
        private readonly List<DriftAlarm> _alarms = []; // not reported yet

        public override IReadOnlyList<AdaptedTask?> Apply(MetaModel model, TaskSet rows, IReadOnlyList<AdaptedTask?> known, CancellationToken cancellationToken) =>
            model.Update(rows, known, (options ?? new UpdateOptions()) with { Alarms = this }, posteriors, cancellationToken);

        public override void Report(IHost host)
        {
            if (_alarms.Count == 0)
                return;
            using IChannel channel = host.Start("Update");
            foreach (DriftAlarm alarm in _alarms)
                channel.Warning($"The task{(alarm.TaskName.Length > 0 ? $" '{alarm.TaskName}'" : "")} has changed: the errors of its last {alarm.RowsSinceChange} rows are larger than those before. Response: {options!.Drift}.");
            _alarms.Clear();
        }

        void IProgress<DriftAlarm>.Report(DriftAlarm value)
        {
            _alarms.Add(value);
            options?.Alarms?.Report(value);
        }
    }

    /// <summary>The rows are taken away from those of their tasks.</summary>
    /// <param name="posteriors">Posteriors that are changed row by row; null for heads that are computed from statistics.</param>
    public sealed class Removal(TaskPosteriors? posteriors = null) : TaskChange
    {
        public override IReadOnlyList<AdaptedTask?> Apply(MetaModel model, TaskSet rows, IReadOnlyList<AdaptedTask?> known, CancellationToken cancellationToken) =>
            model.Forget(rows, known, posteriors, cancellationToken);
    }
}
