using System.Diagnostics;
using MetaML.Extensions.Orleans.Models;
using MetaML.Extensions.Orleans.Options;
using MetaML.Extensions.Orleans.Serving;
using MetaML.Extensions.Orleans.Telemetry;
using MetaML.Extensions.Transformers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Storage;

namespace MetaML.Extensions.Orleans.Tasks;

/// <summary>A task: its stored state, and its head in memory.</summary>
/// <remarks>The grain is reentrant, so that predictions do not wait for the storage. Changes wait for each other at <see cref="_changing"/>.</remarks>
[GrainType("metaml.task")]
[Reentrant]
internal sealed class TaskGrain : Grain, ITaskGrain, IDisposable
{
    private readonly IPersistentState<StoredTask> _stored;
    private readonly LocalModels _models;
    private readonly ComputeGate _gate;
    private readonly TaskQuota _quota;
    private readonly TaskGrainOptions _options;
    private readonly ITaskRowSource? _rows;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _changing = new(1);
    private string _model = "", _task = "";
    private int _waiting;
    private bool _isStale; // whether the state in memory may differ from the stored one
    private Head? _head; // as stored; null before the first call, and after an error of the storage
    private (string Version, long Asked)? _needed; // the version whose rows the source did not have

    public TaskGrain(IGrainContext context, IPersistentStateFactory states, LocalModels models, ComputeGate gate, TaskQuota quota, IOptions<TaskGrainOptions> options, TimeProvider time)
    {
        _models = models;
        _gate = gate;
        _quota = quota;
        _options = options.Value;
        _rows = context.ActivationServices.GetService<ITaskRowSource>();
        _time = time;
        _stored = states.Create<StoredTask>(context, new StateConfiguration("task", _options.StorageName));
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_model, _task) = GrainNames.Parse(this.GetPrimaryKeyString());
        return base.OnActivateAsync(cancellationToken);
    }

    public Task<TaskReceipt> Learn(TaskRows rows, string? eventId = null, CancellationToken cancellationToken = default) =>
        Change("learn", rows, eventId, _ => new TaskChange.Adaptation(null), cancellationToken);

    public Task<TaskReceipt> Update(TaskRows rows, string? eventId = null, CancellationToken cancellationToken = default) =>
        Change("update", rows, eventId, alarms => new TaskChange.Addition(_options.Update with { Alarms = alarms }), cancellationToken);

    public Task<TaskReceipt> Forget(TaskRows rows, string? eventId = null, CancellationToken cancellationToken = default) =>
        Change("forget", rows, eventId, _ => new TaskChange.Removal(), cancellationToken);

    public Task<TaskScores> Predict(TaskRows rows, CancellationToken cancellationToken = default) => Measured("predict", async cancellation =>
    {
        CheckSize(rows);
        Head head = await Current(cancellation);
        TaskRows scores = await _gate.Run(() => head.Model.Predict(_task, head.Heads, rows), cancellation);
        return new TaskScores(head.Model.Version, head.Heads is not null, scores);
    }, cancellationToken);

    public Task<TaskState> Describe(CancellationToken cancellationToken = default) => Measured("describe", async cancellation =>
    {
        Head head = await Current(cancellation);
        return new TaskState
        {
            Model = _model,
            Task = _task,
            Version = head.Model.Version,
            IsKnown = head.Heads is not null,
            RowCount = head.Heads?.RowCount ?? 0,
            HasStatistics = head.Heads?.HasStatistics ?? false,
            StateBytes = _stored.State.ByteCount,
            NeedsRows = head.Model.Version != await _models.ActiveVersion(_model),
        };
    }, cancellationToken);

    public Task<bool> Remove(CancellationToken cancellationToken = default) => Measured("remove", cancellation => Exclusively(async () =>
    {
        for (int attempt = 0; ; attempt++)
        {
            Head head = await Newest(cancellation);
            bool wasStored = _stored is { RecordExists: true, State.Task.Length: > 0 };
            try
            {
                if (head.Model.Known(_task) is not null)
                    await Store(head.Model, null, null);
                else if (_stored.RecordExists)
                    await Write(head with { Heads = null }, _stored.ClearStateAsync);
            }
            catch (InconsistentStateException) when (attempt < _options.ConflictRetries)
            {
                TaskTelemetry.Conflict(_model);
                continue;
            }

            if (wasStored)
                _quota.GiveBack(_model);
            return head.Heads is not null;
        }
    }, cancellation), cancellationToken);

    public void Dispose() => _changing.Dispose();

    private Task<TaskReceipt> Change(string operation, TaskRows rows, string? eventId, Func<IProgress<DriftAlarm>, TaskChange> change, CancellationToken cancellationToken) => Measured(operation, cancellation => Exclusively(async () =>
    {
        CheckSize(rows);
        for (int attempt = 0; ; attempt++)
        {
            Head head = await Newest(cancellation);
            if (eventId is not null && _stored.State.Has(eventId))
            {
                TaskTelemetry.Repeated(_model);
                return new TaskReceipt(head.Model.Version, head.Heads?.RowCount ?? 0, IsRepeated: true, null);
            }

            var alarms = new AlarmList();
            TaskHeads? changed = await _gate.Run(() => head.Model.Change(_task, head.Heads, rows, change(alarms), cancellation), cancellation);
            cancellation.ThrowIfCancellationRequested();
            try
            {
                await Store(head.Model, changed, eventId);
            }
            catch (InconsistentStateException) when (attempt < _options.ConflictRetries)
            {
                TaskTelemetry.Conflict(_model);
                continue;
            }

            alarms.ForEach(_ => TaskTelemetry.Alarm(_model));
            return new TaskReceipt(head.Model.Version, changed?.RowCount ?? 0, IsRepeated: false, alarms.LastOrDefault()?.RowsSinceChange);
        }
    }, cancellation), cancellationToken);

    // The head that predictions use. A change that is being stored does not hold them up.
    private async ValueTask<Head> Current(CancellationToken cancellation)
    {
        string active = await _models.ActiveVersion(_model);
        if (_head is { } head && (head.Model.Version == active || !MayAdapt(active) || _changing.CurrentCount == 0))
            return head;
        return await Exclusively(() => Newest(cancellation), cancellation);
    }

    // The head of the active version if the task can be adapted to it. The caller holds the lock.
    private async Task<Head> Newest(CancellationToken cancellation)
    {
        string active = await _models.ActiveVersion(_model);
        Head head = _head ??= await Read(active);
        if (head.Model.Version == active || !MayAdapt(active))
            return head;
        ServedModel model = await _models.Get(_model, active);
        if (!_stored.RecordExists)
            return _head = new Head(model, model.Known(_task));
        TaskHeads? heads = null;
        if (head.Heads is { } before)
        {
            heads = await _gate.Run(() => model.TakeOver(_task, head.Model, before), cancellation);
            if (heads is not null)
                TaskTelemetry.Adapted(_model, "statistics");
            else if (_rows is not null && await _rows.ReadAsync(_model, _task, active, cancellation) is { } rows)
            {
                heads = await _gate.Run(() => model.Change(_task, null, rows, new TaskChange.Adaptation(null), cancellation), cancellation);
                TaskTelemetry.Adapted(_model, "rows");
            }
            else
            {
                _needed = (active, _time.GetTimestamp());
                TaskTelemetry.Adapted(_model, "none");
                return head;
            }
        }

        try
        {
            await Store(model, heads, null);
        }
        catch (InconsistentStateException)
        {
            return _head = await Read(active); // another silo has changed the task, and perhaps adapted it
        }

        return _head!;
    }

    private bool MayAdapt(string active) => _needed is not { } needed || needed.Version != active || _time.GetElapsedTime(needed.Asked) > _options.RowSourceRetry;

    private async Task<Head> Read(string active)
    {
        if (_isStale)
        {
            await _stored.ReadStateAsync();
            _isStale = false;
        }

        if (!_stored.RecordExists)
        {
            ServedModel model = await _models.Get(_model, active);
            return new Head(model, model.Known(_task));
        }

        ServedModel own = await _models.Get(_model, _stored.State.Version);
        return new Head(own, _stored.State.Task.Length == 0 ? null : own.Read(_task, _stored.State.Task));
    }

    private async Task Store(ServedModel model, TaskHeads? heads, string? eventId)
    {
        StoredTask before = _stored.State;
        var after = new StoredTask
        {
            Version = model.Version,
            Task = heads is null ? [] : model.Write(_task, heads),
            Events = before.EventsWith(eventId, _time.GetUtcNow(), _options.EventWindow, _options.EventLifetime),
        };
        if (after.ByteCount > _options.MaximumStateBytes)
            throw new ArgumentException($"The state of task '{_task}' must have at most {_options.MaximumStateBytes} bytes; got {after.ByteCount}. The task has not changed. Send fewer rows, or raise {nameof(TaskGrainOptions)}.{nameof(TaskGrainOptions.MaximumStateBytes)}.");
        if (before.Task.Length == 0 && after.Task.Length > 0)
            await _quota.Take(_model);
        _stored.State = after;
        await Write(new Head(model, heads), _stored.WriteStateAsync);
        TaskTelemetry.StateBytes(_model, after.ByteCount);
    }

    // After an error it is unknown what is stored. It is read again before it is used.
    private async Task Write(Head head, Func<Task> write)
    {
        try
        {
            await write();
            _head = head;
        }
        catch
        {
            _isStale = true;
            _head = null;
            throw;
        }
    }

    private async Task<T> Exclusively<T>(Func<Task<T>> act, CancellationToken cancellation)
    {
        if (_waiting >= _options.MaximumWaitingChanges)
            throw new LimitExceededException($"At most {_options.MaximumWaitingChanges} requests of a task may wait; this request to '{_task}' would be one more. The task is busy. Try again later, or send several rows in one request.");
        _waiting++;
        try
        {
            await _changing.WaitAsync(cancellation);
        }
        finally
        {
            _waiting--;
        }

        try
        {
            return await act();
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task<T> Measured<T>(string operation, Func<CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        using Activity? activity = TaskTelemetry.Start(operation, _model);
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        long start = _time.GetTimestamp();
        string outcome = "failed";
        try
        {
            T result = await act(cancellation.Token);
            outcome = "done";
            return result;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            outcome = "timeout";
            throw new TimeoutException($"A request must end within {_options.RequestTimeout.TotalSeconds} seconds; '{operation}' of task '{_task}' did not. The task has not changed. Try again later, send fewer rows, or raise {nameof(TaskGrainOptions)}.{nameof(TaskGrainOptions.RequestTimeout)}.");
        }
        catch (Exception error)
        {
            outcome = error switch
            {
                OperationCanceledException => "cancelled",
                LimitExceededException => "busy",
                ArgumentException or InvalidOperationException => "refused",
                _ => "failed",
            };
            throw;
        }
        finally
        {
            TaskTelemetry.Request(operation, _model, outcome, _time.GetElapsedTime(start));
        }
    }

    private void CheckSize(TaskRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count == 0)
            throw new ArgumentException("A request must have rows; got none.");
        if (rows.Count > _options.MaximumRows)
            throw new ArgumentException($"A request must have at most {_options.MaximumRows} rows; got {rows.Count}. Divide it, or raise {nameof(TaskGrainOptions)}.{nameof(TaskGrainOptions.MaximumRows)}.");
        if (rows.ByteCount > _options.MaximumRequestBytes)
            throw new ArgumentException($"The rows of a request must have at most {_options.MaximumRequestBytes} bytes; got {rows.ByteCount}. Divide the request, or raise {nameof(TaskGrainOptions)}.{nameof(TaskGrainOptions.MaximumRequestBytes)}.");
    }

    private sealed record Head(ServedModel Model, TaskHeads? Heads);

    private sealed class AlarmList : List<DriftAlarm>, IProgress<DriftAlarm>
    {
        void IProgress<DriftAlarm>.Report(DriftAlarm value) => Add(value);
    }
}
