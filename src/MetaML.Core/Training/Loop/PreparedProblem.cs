using MetaML.Data;
using MetaML.Episodes;

namespace MetaML.Training.Loop;

/// <summary>Tasks of one kind of label, split into training and validation, with standardised labels. All candidates share it.</summary>
internal sealed class PreparedProblem
{
    private readonly Lazy<TaskSet> _trainingTasks;

    /// <param name="training">The tasks; validation is split off them.</param>
    /// <param name="options">Validated.</param>
    /// <param name="log">Receives decisions with their reasons; may be null.</param>
    /// <param name="warn">Receives the names of tasks that are left out; may be null.</param>
    /// <param name="fewestTasks">The smallest number of tasks.</param>
    /// <exception cref="InvalidOperationException">The tasks cannot be learned from.</exception>
    public PreparedProblem(TaskSet training, MetaTrainingOptions options, Action<string>? log, Action<string>? warn, int fewestTasks)
        : this(training, options.Adapter?.PredictsCounts(training.Kind) == true ? LabelScaling.None : LabelScaling.Fit(training), CovariateScaling.Fit(training), options, log, warn, fewestTasks)
    {
    }

    /// <summary>Tasks in given units.</summary>
    /// <param name="training">The tasks; validation is split off them.</param>
    /// <param name="labels">The map from labels in the user's units to standardised labels.</param>
    /// <param name="covariates">The standardisation of covariates; null if tasks have none.</param>
    /// <param name="options">Validated.</param>
    /// <param name="log">Receives decisions with their reasons; may be null.</param>
    /// <param name="warn">Receives the names of tasks that are left out; may be null.</param>
    /// <param name="fewestTasks">The smallest number of tasks.</param>
    /// <exception cref="InvalidOperationException">The tasks cannot be learned from.</exception>
    public PreparedProblem(TaskSet training, LabelScaling labels, CovariateScaling? covariates, MetaTrainingOptions options, Action<string>? log, Action<string>? warn, int fewestTasks)
    {
        Original = training;
        Labels = labels;
        Covariates = covariates;
        LabelVariance = Math.Pow(LabelScaling.Fit(training).Deviation, 2);
        ConstantLosses = ConstantLoss.OfTasks(training);
        Tasks = Labels.Apply(training);
        Tasks = Covariates?.Apply(Tasks) ?? Tasks;
        Source = EpisodeSource.Split(Tasks, options, new Random(options.Seed ?? 0), log, warn, fewestTasks);
        _trainingTasks = TakeTrainingTasks();
    }

    // The same tasks with other tasks or rows held out.
    private PreparedProblem(PreparedProblem original, EpisodeSource source)
    {
        (Original, Labels, Covariates, Tasks, Source) = (original.Original, original.Labels, original.Covariates, original.Tasks, source);
        (LabelVariance, ConstantLosses) = (original.LabelVariance, original.ConstantLosses);
        _trainingTasks = TakeTrainingTasks();
    }

    /// <summary>The tasks with labels in the user's units.</summary>
    public TaskSet Original { get; }

    /// <summary>The map from labels in the user's units to standardised labels.</summary>
    public LabelScaling Labels { get; }

    /// <summary>The variance of labels in the user's units; 1 for classes.</summary>
    public double LabelVariance { get; }

    /// <summary>The loss of the best constant score for each task.</summary>
    public IReadOnlyList<double> ConstantLosses { get; }

    /// <summary>The standardisation of covariates; null if tasks have none.</summary>
    public CovariateScaling? Covariates { get; }

    /// <summary>The tasks with standardised labels and covariates.</summary>
    public TaskSet Tasks { get; }

    /// <summary>Draws training and validation episodes.</summary>
    public EpisodeSource Source { get; }

    /// <summary>The same tasks, split as each of <see cref="EpisodeSource.OtherFolds"/>.</summary>
    public IEnumerable<PreparedProblem> OtherFolds => Source.OtherFolds.Select(source => new PreparedProblem(this, source));

    /// <summary>The label of an episode's row in the user's units.</summary>
    /// <param name="episode">Of <see cref="Source"/>.</param>
    /// <param name="position">Of the row in the episode's task.</param>
    public float LabelOf(Episode episode, int position) => Labels == LabelScaling.None
        ? episode.Task.Labels[position]
        : Original.Tasks[episode.TaskNumber].Labels[position]; // values are never drawn from a part of a task

    /// <summary>The part of <see cref="Tasks"/> that is not held out.</summary>
    public TaskSet TrainingTasks => _trainingTasks.Value;

    private Lazy<TaskSet> TakeTrainingTasks() => new(() => Tasks.With([.. Source.TrainingPools.Select(pool => pool.Task.Take(pool.Support))]));
}
