using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Models;
using MetaML.Models.Conformal;
using MetaML.Options;
using MetaML.Training;
using MetaML.Training.Checkpoints;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>Learns an encoder and an adapter from all tasks in the Task column: θ* = argmin Σᵢ λᵢ Lᵢ(θ), where Lᵢ is the query loss of task i and λᵢ its weight.</summary>
/// <remarks>
/// <para>Trainer characteristics. Label: Boolean, or Single with the values 0, 1 and NaN (binary); key (multiclass); or Single
/// (regression). Features: vector of Single of known size, with finite values. A normaliser is not needed. Caching is not
/// needed, because the data are read once. Training a network needs the native torch library. Training a linear model with a
/// learned prior does not need it, nor does scoring.</para>
/// <para>Create it with <c>mlContext.BinaryClassification.Trainers.MetaLearner</c>, or with the same method of
/// <c>MulticlassClassification</c> or <c>Regression</c>. The fitted transformer scores rows of the training tasks.
/// <c>mlContext.MetaLearning().Adapt</c> adapts it to new tasks.</para>
/// <para>The same seed, data and machine give a bit-identical model, unless MaximumTrainingTime ends the training.</para>
/// </remarks>
public sealed class MetaLearnerTrainer : IEstimator<MetaLearnerTransformer>
{
    private readonly IHost _host;
    private readonly LabelKind _kind;
    private readonly MetaLearnerOptions _options;

    internal MetaLearnerTrainer(IHostEnvironment env, LabelKind kind, MetaLearnerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(kind);
        _host = env.Register(nameof(MetaLearnerTrainer));
        _kind = kind;
        _options = options with { };
    }

    internal ColumnNames Columns => _options.Columns;

    /// <summary>Learns from all tasks of the data, and adapts the model to each of them.</summary>
    /// <param name="input">Data with the label, feature and Task columns, and the column of example weights if the options name one.</param>
    /// <exception cref="ArgumentException">An output column has the name of the label, task or weight column.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The rows cannot be used for training. The message gives the reason.</exception>
    /// <exception cref="DllNotFoundException">A network is trained, and the native torch library is absent.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled, and KeepBestWhenCancelled is not set.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written or read.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged.</exception>
    public MetaLearnerTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _options.CheckNotHidden(_kind);
        return Learn(input);
    }

    /// <summary>Learns as <see cref="Fit"/> does, for a step that has no score columns.</summary>
    internal MetaLearnerTransformer Learn(IDataView input)
    {
        ColumnNames columns = Columns;
        columns.CheckLabeled(input.Schema, _kind);
        KeyVocabulary? classes = _kind == LabelKind.Multiclass ? KeyVocabulary.Of(input.Schema[columns.Label]) : null;

        using IChannel channel = _host.Start("Meta-training");
        MetaTrainingOptions options = _options.Bind(_host, channel, input.Schema);
        var reader = new TaskSetReader(_host, channel, columns) { CancellationToken = options.CancellationToken, Encoder = options.Encoder };
        TaskSet tasks = reader.Read(input, new LabelColumn(columns.Label, _kind, classes?.Count ?? 0, _options.ClassSets) { Schema = input.Schema, IsCount = options.Adapter?.PredictsCounts(_kind) == true })[0];
        channel.Info($"{tasks.Tasks.Count} tasks, {tasks.Features.RowCount} rows of {tasks.Features.FeatureCount} features{(tasks.Features.IsSparse ? ", stored sparse" : "")}.");

        MetaModel Train(TaskSet set) => MetaTrainer.Learn([set], options, text => channel.Info(text), text => channel.Warning(text))[0].Keeping(options.Statistics);
        MetaModel model = _options.Coverage is { } coverage ? TrainCovering(coverage, tasks, Train, options, channel) : Train(tasks);
        UnknownTaskHandling unknown = _options.UnknownTasksOf(model, channel);
        MetaLearnerTransformer fitted = MetaLearnerTransformer.Create(_host, model, columns, classes, unknown, tasks, model.TaskWeights, _options.CompletionToken);
        TrainingCheckpoint.Delete(_options.CheckpointPath);
        return fitted;
    }

    // The tasks of the calibration must be as new to the model as those to come.
    private MetaModel TrainCovering(double coverage, TaskSet tasks, Func<TaskSet, MetaModel> train, MetaTrainingOptions options, IChannel channel)
    {
        int count = tasks.Tasks.Count, fewest = ConformalCalibration.FewestTasks(coverage);
        if (count < 2 * fewest)
            throw OptionCheck.Unavailable(_options, nameof(_options.Coverage), $"at most that of {count} tasks, which need {2 * fewest}", coverage, "Half of the tasks are too few for a quantile of this coverage.", "Give more tasks, or a smaller coverage.");
        int heldOut = Math.Min(Math.Max(count / 5, 2 * fewest), count / 2);
        int[] order = [.. Enumerable.Range(0, count)];
        new Random(options.Seed ?? 0).Shuffle(order);
        TaskSet Part(IEnumerable<int> numbers) => tasks.With([.. numbers.Order().Select(number => tasks.Tasks[number])]);
        channel.Info($"Coverage {coverage}: {heldOut} of {count} tasks are held out for the calibration of intervals or sets.");
        MetaModel model = train(Part(order[heldOut..]));
        return model.Covering(ConformalCalibration.Learn(model, Part(order[..heldOut]), coverage, options.CancellationToken));
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        SchemaShape.Column label = Columns.Check(inputSchema, _kind);
        _options.CheckNotHidden(_kind);
        return inputSchema.With(ScoreColumns.Shapes(_kind, label, _options.GivesDeviation(_kind), _options.TaskColumnName is not null, _options.Coverage is not null));
    }
}
