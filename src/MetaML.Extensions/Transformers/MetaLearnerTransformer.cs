using System.Collections.Immutable;
using MetaML;
using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Files;
using MetaML.Models;
using MetaML.Options;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(MetaLearnerTransformer), null, typeof(SignatureLoadModel), "Meta-learner", MetaLearnerTransformer.LoaderSignature)]

namespace MetaML;

/// <summary>Scores rows by the head of the task that they belong to, on the encoder that all tasks share.</summary>
/// <remarks>
/// Output columns are those of ML.NET's own trainers: Score and PredictedLabel, for binary labels Probability. A multiclass
/// Score holds probabilities, zero for classes that the row's task does not have. Regression by a Bayesian adapter also gives
/// ScoreStandardDeviation, of the label about the score; with a Task column IsKnownTask says whether the model knows the row's
/// task, or scored it as <see cref="UnknownTaskHandling"/> has it. Immutable, and safe for many threads; it scores and, with
/// most adapters, adapts without the native torch library.
/// </remarks>
public sealed class MetaLearnerTransformer : TaskRowTransformer, ISingleFeaturePredictionTransformer<MetaModel>, ISingleFeaturePredictionTransformer, ITaskLearner
{
    internal const string LoaderSignature = "MetaLearnerTransformer";
    internal static readonly TransformerFormat Format = new(typeof(MetaLearnerTransformer), "METALRNR", LoaderSignature, TransformerFormat.TasksWithRows);

    private readonly KeyVocabulary? _classes;
    private readonly UnknownTaskHandling _unknown;
    private readonly ImmutableDictionary<string, AdaptedTask> _tasks;

    private MetaLearnerTransformer(
        IHost host, MetaModel model, ColumnNames columns, KeyVocabulary? classes, UnknownTaskHandling unknown, ImmutableDictionary<string, AdaptedTask> tasks)
        : base(host, columns)
    {
        Model = model;
        _classes = classes;
        _unknown = unknown;
        _tasks = tasks;
    }

    /// <summary>The meta-trained encoder and adapter.</summary>
    public MetaModel Model { get; }

    /// <summary>The tasks that the model knows: those that it was trained on and those that it was adapted to.</summary>
    public IEnumerable<string> TaskNames => _tasks.Keys;

    /// <summary>Whether the model knows a task: whether rows of it are scored by a head of its own.</summary>
    /// <param name="task">The task's name.</param>
    public bool KnowsTask(string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return _tasks.ContainsKey(task);
    }

    /// <summary>The label column, read when adapting.</summary>
    public string LabelColumnName => Columns.Label;

    /// <summary>Vector of Single, as long as the features that the model was trained on.</summary>
    public DataViewType FeatureColumnType => new VectorDataViewType(NumberDataViewType.Single, Model.FeatureCount);

    // The label too where new classes are refused: better by name than as missing labels.
    IEnumerable<string> ITaskLearner.GrowingColumns => [.. Columns.Task is { } task ? [task] : Array.Empty<string>(), .. Model.Kind == LabelKind.Multiclass ? [Columns.Label] : Array.Empty<string>()];

    // Whether a new task may bring classes that no task has had so far.
    private bool MayHaveNewClasses => Model.Kind == LabelKind.Multiclass && !Model.HasCommonOutputs;

    /// <summary>What the model holds: encoder, adapter, tasks with their rows and λ, how training ended, what was chosen and why.</summary>
    /// <returns>For programs by its properties, for people by its text.</returns>
    public ModelDescription Describe() => ModelDescription.Of(Model, [DescribeOutput()]);

    internal OutputDescription DescribeOutput() => new()
    {
        LabelColumnName = LabelColumnName,
        Kind = Model.Kind,
        Adapter = Model.AdapterOptions with { },
        Classes = _classes?.Names ?? [],
        UnknownTasks = _unknown,
        Tasks = [.. _tasks.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new TaskDescription(pair.Key, pair.Value.RowCount, pair.Value.TrainingWeight))],
        Training = Model.Training,
    };

    /// <summary>The transformer of a trained model that knows these tasks, except for any, such as a large pool that small tasks are drawn from, that has too many rows and classes at once.</summary>
    internal static MetaLearnerTransformer Create(
        IHostEnvironment env, MetaModel model, ColumnNames columns, KeyVocabulary? classes, UnknownTaskHandling unknown, TaskSet tasks, IReadOnlyDictionary<string, double> weights, CancellationToken cancellationToken)
    {
        ILookup<bool, LearningTask> tasksByCanAdapt = tasks.Tasks.ToLookup(model.CanAdapt);
        using (IChannel channel = env.Start("Adaptation"))
        {
            foreach (LearningTask task in tasksByCanAdapt[false])
                channel.Warning($"Task '{task.Name}' is learned from, but has too many rows and classes together ({task.RowCount} rows) to have scores of its own: it is not among the tasks that the model knows. Adapt to some of its classes.");
        }

        var empty = new MetaLearnerTransformer(env.Register(LoaderSignature), model, columns, classes, unknown, ImmutableDictionary<string, AdaptedTask>.Empty);
        return empty.With(env, tasks.With([.. tasksByCanAdapt[true]]), classes, options: null, cancellationToken, weights);
    }

    /// <inheritdoc cref="ITaskLearner.Adapt"/>
    /// <exception cref="ArgumentException">Columns or classes do not fit the model.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, task or label cannot be used.</exception>
    internal MetaLearnerTransformer Adapt(IHostEnvironment env, IDataView support, AdaptationOptions? options, CancellationToken cancellationToken)
    {
        var (tasks, classes) = ReadSupport(env, support, cancellationToken);
        return With(env, tasks, classes, options, cancellationToken);
    }

    /// <summary>Labelled rows as tasks, and the classes that the model then knows.</summary>
    /// <exception cref="ArgumentException">Columns or classes do not fit the model.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, task or label cannot be used.</exception>
    internal (TaskSet Tasks, KeyVocabulary? Classes) ReadSupport(IHostEnvironment env, IDataView support, CancellationToken cancellationToken)
    {
        Columns.CheckLabeled(support.Schema, Model.Kind, Model.FeatureCount);
        var (label, classes) = LabelIn(support.Schema);
        IHost host = env.Register(LoaderSignature);
        using IChannel channel = host.Start("Adaptation");
        var reader = new TaskSetReader(host, channel, Columns) { CancellationToken = cancellationToken, Encoder = Model.EncoderOptions };
        TaskSet tasks = reader.Read(support, label with { MissingKeyIsError = Model.Kind == LabelKind.Multiclass, Schema = support.Schema })[0];
        return tasks.Tasks.Count > 0
            ? (tasks, classes)
            : throw new InvalidOperationException("Support must have labelled rows; got none. There is nothing to adapt to. Check the filter, and that labels are not missing.");
    }

    ITransformer ITaskLearner.Adapt(IHostEnvironment env, IDataView support, AdaptationOptions? options, CancellationToken cancellationToken) => Adapt(env, support, options, cancellationToken);

    ITransformer ITaskLearner.RemoveTask(IHostEnvironment env, string task) => RemoveTask(env, task);

    /// <summary>How the label column of support is read, and the classes that the model knows then.</summary>
    /// <exception cref="ArgumentException">Its keys cannot be matched with the model's classes.</exception>
    internal (LabelColumn Label, KeyVocabulary? Classes) LabelIn(DataViewSchema support)
    {
        var label = new LabelColumn(Columns.Label, Model.Kind);
        if (_classes is null)
            return (label, null);
        KeyVocabulary given = KeyVocabulary.Of(support[Columns.Label]);
        KeyVocabulary classes = MayHaveNewClasses ? _classes.Append(given) : _classes;
        int[] map = classes.MapFrom(given);
        label = label with
        {
            ClassCount = classes.Count,
            ClassSets = Model.HasCommonOutputs ? ClassSets.Common : ClassSets.PerTask,
            ClassOfKey = key => map[key] >= 0 ? map[key] : throw UnknownClass(given.Names[key]),
        };
        return (label, classes);
    }

    /// <summary>A transformer that has forgotten one task.</summary>
    /// <exception cref="ArgumentException">The task is unknown.</exception>
    internal MetaLearnerTransformer RemoveTask(IHostEnvironment env, string task) => _tasks.ContainsKey(task)
        ? new(env.Register(LoaderSignature), Model, Columns, _classes, _unknown, _tasks.Remove(task))
        : throw new ArgumentException($"The task must be one of the {_tasks.Count} that the model knows; got '{task}'.", nameof(task));

    /// <summary>A transformer that also knows these tasks. Known heads are shared with this one: adapting costs only what is new.</summary>
    internal MetaLearnerTransformer With(IHostEnvironment env, TaskSet tasks, KeyVocabulary? classes, AdaptationOptions? options, CancellationToken cancellationToken, IReadOnlyDictionary<string, double>? weights = null)
    {
        IReadOnlyList<AdaptedTask> adapted = Model.Adapt(tasks, options, cancellationToken);
        var all = _tasks.ToBuilder();
        var replaced = new ReplacedTasks(Columns);
        for (int i = 0; i < adapted.Count; i++)
        {
            string name = tasks.Tasks[i].Name;
            if (all.TryGetValue(name, out AdaptedTask? known))
                replaced.Add(tasks.Tasks[i], known.RowCount);
            all[name] = weights is not null && weights.TryGetValue(name, out double weight) ? adapted[i].WithWeight(weight) : adapted[i];
        }

        IHost host = env.Register(LoaderSignature);
        replaced.Warn(host);
        return new(host, Model, Columns, classes, _unknown, all.ToImmutable());
    }

    private InvalidOperationException UnknownClass(string name) =>
        new($"Each label must be a class that the model was trained on: {NameList.Of(_classes!.Names)}; got '{name}' in column '{Columns.Label}'. All tasks of this model share one set of classes. Train with ClassSets.PerTask for tasks that bring their own.");

    private protected override MetaModel Encoder => Model;

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // string: label, feature, task and weight column ("" where there is none)
        // byte: what is given for rows of unknown tasks
        // the model: see MetaModel.Write
        // the classes, multiclass only: see KeyVocabulary.Write
        // int: number of tasks; for each its name, and see AdaptedTask.Write
        Format.Write(ctx);
        Write(ctx.Writer, null);
    }

    /// <summary>Writes all but the header; the encoder's values not where another model that was written before shares them.</summary>
    internal void Write(BinaryWriter writer, MetaModel? encoder)
    {
        writer.Write(Columns.Label);
        writer.Write(Columns.Features);
        writer.Write(Columns.Task ?? "");
        writer.Write(Columns.Weight ?? "");
        writer.Write((byte)_unknown);
        Model.Write(writer, encoder);
        _classes?.Write(writer);
        writer.Write(_tasks.Count);
        foreach (var (name, task) in _tasks.OrderBy(pair => pair.Key, StringComparer.Ordinal)) // same tasks, same bytes
        {
            writer.Write(name);
            task.Write(writer, Model);
        }
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static MetaLearnerTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Format.Check(ctx);
        return Read(env, ctx.Reader, null);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    internal static MetaLearnerTransformer Read(IHostEnvironment env, BinaryReader reader, MetaModel? encoder)
    {
        string label = BinaryFormat.ReadName(reader), features = BinaryFormat.ReadName(reader), task = BinaryFormat.ReadName(reader), weight = BinaryFormat.ReadName(reader);
        var unknown = (UnknownTaskHandling)reader.ReadByte();
        MetaModel model = MetaModel.Read(reader, encoder);
        KeyVocabulary? classes = model.Kind == LabelKind.Multiclass ? KeyVocabulary.Read(reader) : null;
        int classCount = classes?.Count ?? model.ClassCount;
        if (!Enum.IsDefined(unknown) || (model.HasCommonOutputs && classCount != model.ClassCount))
            throw new InvalidDataException("The saved meta-learner contradicts itself. The file is damaged.");

        var tasks = ImmutableDictionary.CreateBuilder<string, AdaptedTask>();
        for (int i = BinaryFormat.ReadCount(reader, int.MaxValue, "tasks"); i > 0; i--)
        {
            string name = BinaryFormat.ReadName(reader);
            if (!tasks.TryAdd(name, AdaptedTask.Read(reader, model, classCount)))
                throw new InvalidDataException($"A saved model's tasks must have different names; got '{name}' twice. The file is damaged.");
        }

        var columns = new ColumnNames(label, features, task.Length > 0 ? task : null, weight.Length > 0 ? weight : null);
        return new MetaLearnerTransformer(env.Register(LoaderSignature), model, columns, classes, unknown, tasks.ToImmutable());
    }

    /// <summary>The names of the output columns.</summary>
    internal IReadOnlyList<string> ScoreNames => ScoreColumns.Names(Model.Kind, Model.GivesDeviation, Columns.Task is not null);

    internal override DataViewSchema.DetachedColumn[] CreateColumns(DataViewSchema input) => ScoreColumns.Create(Model.Kind, _classes, Model.GivesDeviation, Columns.Task is not null, input);

    // All getters of a row share one scoring of it.
    internal override Delegate[] CreateGetters(TaskRowReader rows, Func<int, bool> activeOutput)
    {
        var scorer = new TaskRowScorer(Model, rows, _classes?.Count ?? 0, _tasks, _unknown);
        Delegate[] getters = [.. CreateColumns(rows.Schema).Select((column, i) => activeOutput(i) ? scorer.Getter(column.Name) : null!)];
        if (getters.Any(getter => getter is not null))
            rows.Add(scorer);
        return getters;
    }
}
