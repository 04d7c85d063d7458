using System.Runtime.ExceptionServices;
using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Options;
using MetaML.Statistics;

namespace MetaML.Models;

// Rows that are added to known tasks, or taken away from them.
public sealed partial class MetaModel
{
    /// <summary>The form in which tasks keep their rows.</summary>
    internal StatisticsForm StatisticsForm => _design.Adapter is IMomentAdapter summing
        ? new StatisticsForm(Kind, EmbeddingDimension, IsSummable: true, summing.NeedsProducts, BufferRows: 0)
        : new StatisticsForm(Kind, AdaptsHeads ? EmbeddingDimension : FeatureCount, IsSummable: false, HasProducts: false, Statistics?.BufferRows ?? int.MaxValue);

    /// <summary>Adds rows to tasks. A task that is not known yet is adapted to its rows.</summary>
    /// <param name="rows">Tasks with the model's label kind and number of features.</param>
    /// <param name="known">For each task of <paramref name="rows"/> the known task, or null.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="posteriors">Posteriors of earlier calls, which are changed row by row; null for heads that are computed from statistics.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    /// <returns>The tasks with their earlier rows and the new ones, in the same order.</returns>
    /// <exception cref="ArgumentException">Label kind, features or classes do not match the model, or an option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">A task keeps no statistics, or a head is not finite.</exception>
    internal IReadOnlyList<AdaptedTask> Update(TaskSet rows, IReadOnlyList<AdaptedTask?> known, UpdateOptions? options = null, TaskPosteriors? posteriors = null, CancellationToken cancellationToken = default)
    {
        options ??= new UpdateOptions();
        options.Validate();
        if (options.Drift != DriftResponse.None && _design.PredictsCounts)
            throw OptionCheck.Error(options, nameof(options.Drift), "None if labels are counts", options.Drift, "The test is for values with normal noise.", "Leave Drift as it is.");
        if (options.Drift != DriftResponse.None && !AdaptsHeads)
            throw OptionCheck.Error(options, nameof(options.Drift), "None with an adapter that changes the encoder", options.Drift, "Each row would need an adaptation of the encoder.", "Use an adapter of heads.");
        return [.. Change(rows, known, nameof(Update), Added, options.Alarms, posteriors, cancellationToken).Select(task => task!)];

        TaskState Added(FeatureStore features, LearningTask task, AdaptedTask? before)
        {
            int[] present = ClassesOf(task), classes = Kind == LabelKind.Multiclass ? [.. present.Union(before?.Classes ?? []).Order()] : present;
            bool isRecursive = posteriors is not null && options.ForgettingFactor == 1 && _design.Adapter is ClosedFormAdapter;
            var state = new TaskState(before?.Statistics ?? TaskStatistics.Empty(StatisticsForm), classes, CovariatesOf(task, before))
            {
                Drift = before?.Drift,
                Groups = GroupsOf(task, before),
                Prior = before?.Prior,
                Scaling = task.Scaling,
                IsRecursive = isRecursive,
                Posterior = isRecursive ? posteriors!.Take(task.Name, before?.Statistics) : null,
            };
            if (before is not null && before.Classes.Count != classes.Length)
                state = state.WithClasses(classes, [.. before.Classes]);
            StoredRow[] added = StoredRows(features, task, classes);
            return options.Drift == DriftResponse.None
                ? Extended(state, added, TargetsOf(classes), options.ForgettingFactor)
                : Tested(task.Name, state, before ?? (HasCommonOutputs ? Refit((IManagedAdapter)_design.Adapter, task.Name, state) : null), added, options);
        }
    }

    /// <summary>Takes rows away from tasks.</summary>
    /// <param name="rows">Tasks with the model's label kind and number of features.</param>
    /// <param name="known">For each task of <paramref name="rows"/> the known task, or null.</param>
    /// <param name="posteriors">As in <see cref="Update"/>.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    /// <returns>The tasks without these rows, in the same order. Null for a task without rows if tasks have different classes.</returns>
    /// <exception cref="ArgumentException">Label kind or features do not match the model.</exception>
    /// <exception cref="InvalidOperationException">A task is unknown or keeps no statistics, or rows were not added to it as far as this can be known.</exception>
    internal IReadOnlyList<AdaptedTask?> Forget(TaskSet rows, IReadOnlyList<AdaptedTask?> known, TaskPosteriors? posteriors = null, CancellationToken cancellationToken = default)
    {
        return Change(rows, known, nameof(Forget), Remaining, null, posteriors, cancellationToken);

        TaskState Remaining(FeatureStore features, LearningTask task, AdaptedTask? before)
        {
            if (before is null)
                throw new InvalidOperationException($"Forget must get rows of tasks that the model knows; got '{task.Name}'. The model has not changed. Check the names of the tasks.");
            int[] classes = [.. before.Classes];
            if (Kind == LabelKind.Multiclass && task.Labels.Any(label => Array.BinarySearch(classes, (int)label) < 0))
                throw TaskStatistics.NeverAdded(task.Name, "it has no row of one of the classes");
            StoredRow[] forgotten = StoredRows(features, task, classes);
            bool isRecursive = posteriors is not null && _design.Adapter is ClosedFormAdapter;
            return new TaskState(before.Statistics!.Forget(forgotten, task.Name), classes, before.Covariates)
            {
                Drift = before.Drift?.Without(forgotten),
                Groups = before.Groups,
                Prior = before.Prior,
                Scaling = task.Scaling,
                IsRecursive = isRecursive,
                Posterior = isRecursive && !before.Statistics.IsDecayed ? Stepped(posteriors!.Take(task.Name, before.Statistics), forgotten, -1) : null,
            };
        }
    }

    // All tasks are changed before any is returned, so that an error changes none.
    private AdaptedTask?[] Change(TaskSet rows, IReadOnlyList<AdaptedTask?> known, string method, Func<FeatureStore, LearningTask, AdaptedTask?, TaskState> change, IProgress<DriftAlarm>? alarms, TaskPosteriors? posteriors, CancellationToken cancellationToken)
    {
        CheckFits(rows);
        if (rows.Tasks.FirstOrDefault(task => task.Exposures is not null) is { } exposed)
            throw new InvalidOperationException($"{method} must get rows with the exposure 1; got another exposure in task '{exposed.Name}'. Tasks do not keep exposures. The model has not changed. Adapt the task on all its rows.");
        rows = Standardize(rows, known);
        var tasks = new AdaptedTask?[known.Count];
        var states = new TaskState[known.Count];
        for (int t = 0; t < tasks.Length; t++)
        {
            if (known[t] is null ? Statistics is null : !known[t]!.HasStatistics)
                throw NoStatistics(method, rows.Tasks[t].Name);
        }

        ForEachTask(tasks.Length, t =>
        {
            TaskState state = WithPosterior(Compact(change(rows.Features, rows.Tasks[t], known[t])));
            states[t] = state;
            bool isGone = Kind == LabelKind.Multiclass && state.Classes.Length == 0;
            if (!isGone && _design.Adapter is IManagedAdapter adapter)
                tasks[t] = Refit(adapter, rows.Tasks[t].Name, state);
        }, cancellationToken);
        if (!AdaptsHeads)
            RefitOnFeatures(rows, states, tasks, cancellationToken);
        for (int t = 0; t < tasks.Length; t++)
        {
            tasks[t] = tasks[t]?.WithState(known[t]?.TrainingWeight, states[t].Drift);
            if (states[t].Posterior is { } posterior)
                posteriors!.Put(rows.Tasks[t].Name, states[t].Statistics, posterior);
        }

        foreach (DriftAlarm alarm in states.SelectMany(state => state.Alarms))
            alarms?.Report(alarm);
        return tasks;
    }

    private AdaptedTask Refit(IManagedAdapter adapter, string name, TaskState state)
    {
        try
        {
            int outputs = Kind == LabelKind.Multiclass ? state.Classes.Length : 1;
            TaskPrior? prior = state.Prior ?? Groups?.Of(state.Groups);
            LinearHead head = state.Statistics switch
            {
                _ when state.Posterior is not null => ((ClosedFormAdapter)adapter).ToHead(_adapterArrays, state.Posterior),
                MomentStatistics summed => ((IMomentAdapter)adapter).Adapt(_adapterArrays, summed.Moments, state.Covariates, prior),
                RowStatistics kept => adapter.Adapt(_adapterArrays, kept.ToEmbedded(outputs, state.Covariates, prior)),
                _ => throw new InvalidOperationException(),
            };
            int rows = state.Statistics.RowCount;
            return Finish(new LearningTask(name, [], [], null, state.Classes) { Covariates = state.Covariates, Groups = state.Groups, Prior = state.Prior, Scaling = state.Scaling }, state.Classes, rows, Calibrate(head, state.Covariates, rows, hasOwnPrior: false), null, state.Statistics);
        }
        catch (ArithmeticException error)
        {
            throw NotFinite(name, error);
        }
    }

    /// <summary>The part of the head of a saved task that is not linear, from the rows that the task keeps; null for none.</summary>
    /// <exception cref="InvalidDataException">The task keeps no rows.</exception>
    internal ScoreTerm? TermOf(AdaptedTask task)
    {
        if (_design.Adapter is not INonlinearAdapter adapter)
            return null;
        RowStatistics kept = task.Statistics as RowStatistics ?? throw new InvalidDataException($"A task of a model with {_design.AdapterOptions.GetType().Name} must keep its rows. The file is damaged.");
        LinearHead nothing = new([], []) { Term = adapter.TermOf(_adapterArrays, kept.ToEmbedded(task.Head.OutputCount, task.Covariates, task.Prior ?? Groups?.Of(task.Groups))) };
        return nothing.Restored(task.Scaling ?? _labels).Term;
    }

    private TaskState WithPosterior(TaskState state) => state.IsRecursive && state.Posterior is null ? state with { Posterior = PosteriorOf(state) } : state;

    private RecursiveLeastSquares PosteriorOf(TaskState state)
    {
        TaskMoments moments = state.Statistics switch
        {
            MomentStatistics summed => summed.Moments,
            RowStatistics kept => TaskMoments.Of(Kind, kept.ToEmbedded(Kind == LabelKind.Multiclass ? state.Classes.Length : 1, state.Covariates, null), hasProducts: true),
            _ => throw new InvalidOperationException(),
        };
        return ((ClosedFormAdapter)_design.Adapter).Recursive(_adapterArrays, moments, state.Covariates, state.Prior ?? Groups?.Of(state.Groups));
    }

    private TaskState Extended(TaskState state, IReadOnlyList<StoredRow> rows, int targets, double forgettingFactor) => state with
    {
        Statistics = state.Statistics.Add(rows, targets, forgettingFactor),
        Posterior = state.IsRecursive ? Stepped(state.Posterior, rows, 1) : null,
    };

    // Null if the posterior is computed anew from the statistics.
    private RecursiveLeastSquares? Stepped(RecursiveLeastSquares? posterior, IReadOnlyList<StoredRow> rows, int sign)
    {
        if (rows.Count > EmbeddingDimension / 2) // the cost of a new computation is about that of so many steps
            return null;
        return posterior is not null && rows.All(row => ((ClosedFormAdapter)_design.Adapter).TryStep(posterior, row, sign)) ? posterior : null;
    }

    private void RefitOnFeatures(TaskSet rows, TaskState[] states, AdaptedTask?[] tasks, CancellationToken cancellationToken)
    {
        int[] present = [.. Enumerable.Range(0, states.Length).Where(t => Kind != LabelKind.Multiclass || states[t].Classes.Length > 0)];
        bool isSparse = present.Any(t => ((RowStatistics)states[t].Statistics).Rows.Any(row => row.Indices is not null)) && rows.Features.IsSparse;
        FeatureStore store = isSparse ? FeatureStore.Sparse(FeatureCount) : FeatureStore.Dense(FeatureCount);
        var support = new List<LearningTask>();
        foreach (int t in present)
        {
            var kept = (RowStatistics)states[t].Statistics;
            int[] numbers = [.. kept.Rows.Select(row => store.Add(row.Features(FeatureCount)))];
            float[] labels = [.. kept.Rows.Select(row => Kind == LabelKind.Multiclass ? states[t].Classes[(int)row.Label] : row.Label)];
            support.Add(new LearningTask(rows.Tasks[t].Name, numbers, labels, kept.Weights, states[t].Classes) { Covariates = states[t].Covariates, Scaling = states[t].Scaling });
        }

        IReadOnlyList<AdaptedTask> adapted = AdaptStandardized(rows.On(store).With(support), new AdaptationOptions { KeepsStatistics = false }, cancellationToken);
        for (int i = 0; i < present.Length; i++)
        {
            TaskStatistics statistics = states[present[i]].Statistics;
            tasks[present[i]] = new AdaptedTask(adapted[i].Head, adapted[i].Classes, adapted[i].EncoderParameters) { RowCount = statistics.RowCount, Statistics = statistics, Covariates = states[present[i]].Covariates, Scaling = states[present[i]].Scaling };
        }
    }

    // Standardised. What is known of a task does not change with its rows.
    private float[] CovariatesOf(LearningTask task, AdaptedTask? before)
    {
        int other = before is null ? -1 : Enumerable.Range(0, task.Covariates.Length).FirstOrDefault(i => task.Covariates[i] != before.Covariates[i], -1);
        if (other < 0)
            return task.Covariates;
        float Raw(float value) => CovariateScaling!.Scale[other] == 0 ? CovariateScaling.Shift[other] : value / CovariateScaling.Scale[other] + CovariateScaling.Shift[other];
        throw new InvalidOperationException($"A covariate must be the same in all rows of a task; got {Raw(before!.Covariates[other])} before and {Raw(task.Covariates[other])} now for '{CovariateNames[other]}' of task '{task.Name}'. The model has not changed. Adapt the task on all its rows to change its covariates.");
    }

    // The groups of a task do not change with its rows.
    private static string[] GroupsOf(LearningTask task, AdaptedTask? before) => before is null || task.Groups.AsSpan().SequenceEqual(before.Groups)
        ? task.Groups
        : throw new InvalidOperationException($"A task must be in the same groups in all its rows; got {string.Join(", ", before.Groups)} before and {string.Join(", ", task.Groups)} now for task '{task.Name}'. The model has not changed. Adapt the task on all its rows to change its groups.");

    // If tasks have different classes, a task has the classes of its rows.
    private TaskState Compact(TaskState state)
    {
        if (Kind != LabelKind.Multiclass || HasCommonOutputs)
            return state;
        int[] rows = state.Statistics.RowsByTarget(state.Classes.Length);
        int[] classes = [.. state.Classes.Where((_, k) => k < rows.Length && rows[k] > 0)];
        return classes.Length == state.Classes.Length ? state : state.WithClasses(classes, state.Classes);
    }

    private StoredRow[] StoredRows(FeatureStore features, LearningTask task, int[] classes)
    {
        float Label(int i) => Kind == LabelKind.Multiclass ? Array.BinarySearch(classes, (int)task.Labels[i]) : task.Labels[i];
        float Weight(int i) => task.Weights?[i] ?? 1;
        if (!AdaptsHeads)
            return [.. task.Rows.Select((row, i) => StoredRow.Of(features[row], Label(i), Weight(i)))];
        EmbeddedTask embedded = EmbedStandardized(features, task);
        return [.. Enumerable.Range(0, task.RowCount).Select(i => new StoredRow(embedded.Row(i).ToArray(), null, Label(i), Weight(i)))];
    }

    private int TargetsOf(int[] classes) => StatisticsForm.TargetsOf(classes.Length);

    private bool Keeps(AdaptationOptions options) => Statistics is not null && options is { KeepsStatistics: true, RelatedPrior: null, RefinementSteps: 0 };

    private static void ForEachTask(int count, Action<int> body, CancellationToken cancellationToken)
    {
        if (count == 1)
        {
            body(0);
            return;
        }

        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellationToken }, body);
        }
        catch (AggregateException errors)
        {
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }
    }

    private static InvalidOperationException NoStatistics(string method, string task) =>
        new($"{method} must be used on tasks that keep statistics of their rows; got '{task}', which keeps none. Its earlier rows would be lost. The model has not changed. Train with KeepStatistics = true, and adapt the task without RelatedPrior and RefinementSteps.");

    private sealed record TaskState(TaskStatistics Statistics, int[] Classes, float[] Covariates)
    {
        public DriftState? Drift { get; init; }

        /// <summary>Whether the head is that of <see cref="Posterior"/>.</summary>
        public bool IsRecursive { get; init; }

        /// <summary>The posterior; null if it must be computed from the statistics.</summary>
        public RecursiveLeastSquares? Posterior { get; init; }

        public string[] Groups { get; init; } = [];

        public TaskPrior? Prior { get; init; }

        /// <summary>The scaling of the task's labels; null for that of all tasks.</summary>
        public LabelScaling? Scaling { get; init; }

        public IReadOnlyList<DriftAlarm> Alarms { get; init; } = [];

        public TaskState WithClasses(int[] classes, int[] before)
        {
            int[] sources = Array.ConvertAll(classes, number => Math.Max(-1, Array.BinarySearch(before, number)));
            return this with { Statistics = Statistics.WithClasses(sources), Classes = classes, Drift = Drift?.WithClasses(sources), Posterior = null };
        }
    }
}
