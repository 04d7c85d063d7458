using System.Collections.Immutable;
using MetaML;
using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Descriptions;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using MetaML.Extensions.Transformers.Export;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Files;
using MetaML.Graphs;
using MetaML.Models;
using MetaML.Options;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(MetaLearnerTransformer), null, typeof(SignatureLoadModel), "Meta-learner", MetaLearnerTransformer.LoaderSignature)]

namespace MetaML;

/// <summary>Scores each row with the head of its task. The encoder is the same for all tasks.</summary>
/// <remarks>
/// <para>Output columns are those of ML.NET's own trainers: Score, also PredictedLabel for classes, and Probability for binary
/// labels. A multiclass Score contains probabilities. They are zero for classes that the row's task does not have. Regression
/// with a Bayesian adapter also gives ScoreStandardDeviation, the standard deviation of the label about the score. The Score of a
/// count is the expected count for the row's exposure.</para>
/// <para>After <see cref="MetaLearningCatalog.Calibrate"/>, ScoreLowerBound and ScoreUpperBound are the interval of a new value, and PredictedSet says for each class whether it is in the set of possible classes.</para>
/// <para>With a Task column, IsKnownTask says whether the model knows the row's task. Rows of other tasks are treated as
/// <see cref="UnknownTaskHandling"/> says.</para>
/// <para>Immutable, and safe for several threads. Scoring needs no native library. Adapting needs it only if the adapter changes a convolutional encoder.</para>
/// </remarks>
public sealed class MetaLearnerTransformer : TaskRowTransformer, ISingleFeaturePredictionTransformer<MetaModel>, ISingleFeaturePredictionTransformer, ITaskLearner
{
    internal const string LoaderSignature = "MetaLearnerTransformer";
    internal static readonly TransformerFormat Format = new(typeof(MetaLearnerTransformer), "METALRNR", LoaderSignature, TransformerFormat.Groups);

    private readonly KeyVocabulary? _classes;
    private readonly UnknownTaskHandling _unknown;

    private MetaLearnerTransformer(
        IHost host, MetaModel model, ColumnNames columns, KeyVocabulary? classes, UnknownTaskHandling unknown, ImmutableDictionary<string, AdaptedTask> tasks)
        : base(host, columns)
    {
        Model = model;
        _classes = classes;
        _unknown = unknown;
        Map = new TaskMap(tasks);
    }

    /// <summary>The meta-trained encoder and adapter.</summary>
    public MetaModel Model { get; }

    /// <summary>The tasks that the model knows: those that it was trained on and those that it was adapted to.</summary>
    public IEnumerable<string> TaskNames => Tasks.Keys;

    /// <summary>Whether the model knows a task. Rows of a known task are scored with the task's own head.</summary>
    /// <param name="task">The task's name.</param>
    public bool KnowsTask(string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Tasks.ContainsKey(task);
    }

    /// <summary>The label column, read when adapting.</summary>
    public string LabelColumnName => Columns.Label;

    /// <summary>The type of the feature column: a vector of Single, of the same length as in training.</summary>
    public DataViewType FeatureColumnType => new VectorDataViewType(NumberDataViewType.Single, Model.FeatureCount);

    // The label column is included even if the model accepts no new classes. A new class is then rejected by its name, and is not read as a missing label.
    IEnumerable<string> ITaskLearner.GrowingColumns => [.. Columns.Task is { } task ? [task] : Array.Empty<string>(), .. Columns.Groups, .. Model.Kind == LabelKind.Multiclass ? [Columns.Label] : Array.Empty<string>()];

    IReadOnlyList<MetaLearnerTransformer> ITaskLearner.Outputs => [this];

    ITransformer ITaskLearner.WithOutputs(MLContext env, IReadOnlyList<MetaLearnerTransformer> outputs) => outputs[0];

    /// <summary>The classes of all tasks if each task has its own; else null.</summary>
    internal KeyVocabulary? ClassesOfTasks => MayHaveNewClasses ? _classes : null;

    /// <summary>The names of the classes; empty unless labels are multiclass.</summary>
    internal IReadOnlyList<string> ClassNames => _classes?.Names ?? [];

    /// <summary>The known tasks.</summary>
    internal TaskMap Map { get; }

    /// <summary>Number of classes over all tasks; 0 unless labels are multiclass.</summary>
    internal int ClassCount => _classes?.Count ?? 0;

    private ImmutableDictionary<string, AdaptedTask> Tasks => Map.Current;

    /// <summary>A known task, or null.</summary>
    internal AdaptedTask? Task(string name) => Tasks.GetValueOrDefault(name);

    // Whether a new task may have classes that no known task has.
    private bool MayHaveNewClasses => Model.Kind == LabelKind.Multiclass && !Model.HasCommonOutputs;

    /// <summary>Describes the model: its encoder and adapter, its tasks with their numbers of rows and weights λ, the end of the training, and the choices made from the data with their reasons.</summary>
    /// <returns>The description. Its ToString gives it as text.</returns>
    public ModelDescription Describe() => ModelDescription.Of(Model, [DescribeOutput()]);

    internal OutputDescription DescribeOutput()
    {
        Population? population = Columns.Task is null ? null : Population.Of(Model);
        return new OutputDescription
        {
            LabelColumnName = LabelColumnName,
            Kind = Model.Kind,
            Adapter = Model.AdapterOptions with { },
            Classes = _classes?.Names ?? [],
            TaskFeatures = Model.CovariateNames,
            UnknownTasks = _unknown,
            Tasks = [.. Tasks.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new TaskDescription(pair.Key, pair.Value.RowCount, pair.Value.TrainingWeight))],
            Training = Model.Training,
            Coverage = Model.Conformal?.Coverage,
            Population = population is null ? null : PopulationDescription.Of(population),
            TaskEffects = population is null ? [] : TaskEffects(),
        };
    }

    /// <summary>The effects in each task that the model knows.</summary>
    /// <exception cref="ArgumentException">The model is not a linear one with a Bayesian adapter, or its labels are classes without effects.</exception>
    internal IEnumerable<TaskEffect> TaskEffects()
    {
        Population population = PopulationOf();
        return Tasks.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair =>
        {
            var (head, mean, deviations) = population.Task(pair.Value);
            int[] order = [head.Length - 1, .. Enumerable.Range(0, head.Length - 1)]; // the intercept first
            return order.Select(j => new TaskEffect { Task = pair.Key, Name = population.Names[j], Estimate = head[j], Difference = head[j] - mean[j], StandardDeviation = deviations[j] });
        });
    }

    /// <summary>The effects of each group of tasks.</summary>
    /// <exception cref="ArgumentException">The model is not a linear one with a Bayesian adapter, or its labels are classes without effects.</exception>
    internal IEnumerable<GroupEffect> GroupEffects()
    {
        Population population = PopulationOf();
        return population.Levels.SelectMany((level, i) => population.GroupsOf(i).SelectMany(group => population.Varying.Reverse().Select(j => new GroupEffect
        {
            ColumnName = level.Name,
            Group = group.Name,
            OuterGroup = group.Outer,
            Name = population.Names[j],
            Difference = group.Effect[j],
            StandardDeviation = group.Deviations[j],
        })));
    }

    /// <summary>What the model has learned of the population.</summary>
    /// <exception cref="ArgumentException">The model is not a linear one with a Bayesian adapter, or its labels are classes without effects.</exception>
    internal Population PopulationOf() => (Columns.Task is null ? null : Population.Of(Model))
        ?? throw new ArgumentException($"The model must have a Task column, a Bayesian adapter and no encoder, and labels must be values, counts, or two classes with a logistic likelihood and Shrinkage = false; got {Model.Kind} labels, {OptionText.Of(Model.AdapterOptions)} and {OptionText.Of(Model.EncoderOptions)}{(Columns.Task is null ? ", without a Task column" : "")}. Other models have no effects with names. Train with Encoder = new IdentityEncoderOptions() and Adapter = new BayesianAdapterOptions().");

    /// <summary>Creates the transformer of a trained model and adapts it to the training tasks. Tasks that are too large for the adapter, such as a pool of classes that episodes are drawn from, are left out with a warning.</summary>
    internal static MetaLearnerTransformer Create(
        IHostEnvironment env, MetaModel model, ColumnNames columns, KeyVocabulary? classes, UnknownTaskHandling unknown, TaskSet tasks, IReadOnlyDictionary<string, double> weights, CancellationToken cancellationToken)
    {
        ILookup<bool, LearningTask> tasksByCanAdapt = tasks.Tasks.ToLookup(model.CanAdapt);
        using (IChannel channel = env.Start("Adaptation"))
        {
            foreach (LearningTask task in tasksByCanAdapt[false])
                channel.Warning($"Task '{task.Name}' is used for training, but it has too many rows and classes ({task.RowCount} rows) for the model to be adapted to it. It is not one of the tasks that the model knows. Adapt the model to some of its classes.");
        }

        var empty = new MetaLearnerTransformer(env.Register(LoaderSignature), model, columns, classes, unknown, ImmutableDictionary<string, AdaptedTask>.Empty);
        return empty.With(env, tasks.With([.. tasksByCanAdapt[true].Select(task => model.TaskPriors.TryGetValue(task.Name, out TaskPrior? prior) ? task.WithPrior(prior) : task)]), classes, new TaskChange.Adaptation(null), cancellationToken, weights);
    }

    ITransformer ITaskLearner.Change(MLContext env, IDataView rows, TaskChange change, CancellationToken cancellationToken)
    {
        var (tasks, classes) = ReadSupport(env, rows, change.ReplacesRows, cancellationToken);
        return With(env, tasks, classes, change, cancellationToken);
    }

    /// <summary>Reads labelled rows as tasks. Also returns the classes that the model knows after the adaptation.</summary>
    /// <exception cref="ArgumentException">A column or class does not fit the model.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, task or label is invalid.</exception>
    /// <param name="env">The environment of the caller.</param>
    /// <param name="support">The rows.</param>
    /// <param name="keepsTasksWithoutLabels">Whether a task of which only the task features are known is a task too.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    internal (TaskSet Tasks, KeyVocabulary? Classes) ReadSupport(IHostEnvironment env, IDataView support, bool keepsTasksWithoutLabels, CancellationToken cancellationToken)
    {
        Columns.CheckLabeled(support.Schema, Model.Kind, Model.FeatureCount, Model.CovariateNames.Count);
        var (label, classes) = LabelIn(support.Schema);
        IHost host = env.Register(LoaderSignature);
        using IChannel channel = host.Start("Adaptation");
        var reader = new TaskSetReader(host, channel, Columns) { CancellationToken = cancellationToken, Encoder = Model.EncoderOptions, KeepsTasksWithoutLabels = keepsTasksWithoutLabels };
        TaskSet tasks = reader.Read(support, label with { MissingKeyIsError = Model.Kind == LabelKind.Multiclass, Schema = support.Schema })[0];
        return tasks.Tasks.Count > 0
            ? (tasks, classes)
            : throw new InvalidOperationException("Support must have labelled rows; got none. The model cannot be adapted without them. Check filters, and that the labels are not missing.");
    }

    ITransformer ITaskLearner.RemoveTask(MLContext env, string task) => RemoveTask(env, task);

    /// <summary>The label column of the support as it is to be read, and the classes that the model knows after the adaptation.</summary>
    /// <exception cref="ArgumentException">The keys of the column cannot be matched with the model's classes.</exception>
    internal (LabelColumn Label, KeyVocabulary? Classes) LabelIn(DataViewSchema support)
    {
        var label = new LabelColumn(Columns.Label, Model.Kind) { IsCount = Model.Counts is not null };
        if (_classes is null)
            return (label, null);
        KeyVocabulary supportClasses = KeyVocabulary.Of(support[Columns.Label]);
        KeyVocabulary classes = MayHaveNewClasses ? _classes.Append(supportClasses) : _classes;
        int[] map = classes.MapFrom(supportClasses);
        label = label with
        {
            ClassCount = classes.Count,
            ClassSets = Model.HasCommonOutputs ? ClassSets.Common : ClassSets.PerTask,
            ClassOfKey = key => map[key] >= 0 ? map[key] : throw UnknownClass(supportClasses.Names[key]),
        };
        return (label, classes);
    }

    /// <summary>Returns a transformer without one task.</summary>
    /// <exception cref="ArgumentException">The task is unknown.</exception>
    internal MetaLearnerTransformer RemoveTask(IHostEnvironment env, string task) => Tasks.ContainsKey(task)
        ? new(env.Register(LoaderSignature), Model, Columns, _classes, _unknown, Tasks.Remove(task))
        : throw new ArgumentException($"The task must be one of the {Tasks.Count} that the model knows; got '{task}'.", nameof(task));

    ITransformer ITaskLearner.SelectTask(MLContext env, string task)
    {
        Columns.CheckSelectable(task, TaskNames);
        return SelectTask(env, task);
    }

    /// <summary>Returns a transformer that scores all rows as rows of one task, and reads no Task column. If the task is unknown, they are treated as rows of an unknown task.</summary>
    internal MetaLearnerTransformer SelectTask(IHostEnvironment env, string task)
    {
        ImmutableDictionary<string, AdaptedTask> none = ImmutableDictionary<string, AdaptedTask>.Empty;
        return new(env.Register(LoaderSignature), Model, Columns.WithoutTask, _classes, _unknown, Task(task) is { } known ? none.Add(MetaML.Extensions.Data.TaskNames.Only, known) : none);
    }

    /// <summary>Returns a transformer with changed tasks. It shares the heads of all other tasks with this one, so that only the changed tasks are computed.</summary>
    internal MetaLearnerTransformer With(IHostEnvironment env, TaskSet tasks, KeyVocabulary? classes, TaskChange change, CancellationToken cancellationToken, IReadOnlyDictionary<string, double>? weights = null)
    {
        IReadOnlyList<AdaptedTask?> changed = change.Apply(Model, tasks, [.. tasks.Tasks.Select(task => Tasks.GetValueOrDefault(task.Name))], cancellationToken);
        var all = Tasks.ToBuilder();
        var replaced = new ReplacedTasks(Columns);
        for (int i = 0; i < changed.Count; i++)
        {
            string name = tasks.Tasks[i].Name;
            if (change.ReplacesRows && all.TryGetValue(name, out AdaptedTask? known))
            {
                if (tasks.Tasks[i].RowCount == 0)
                    continue; // rows without labels say nothing new
                replaced.Add(tasks.Tasks[i], known.RowCount);
            }

            if (changed[i] is not { } task)
                all.Remove(name);
            else
                all[name] = weights is not null && weights.TryGetValue(name, out double weight) ? task.WithWeight(weight) : task;
        }

        IHost host = env.Register(LoaderSignature);
        replaced.Warn(host);
        change.Report(host);
        return new(host, Model, Columns, classes, _unknown, all.ToImmutable());
    }

    /// <summary>Returns a transformer that also knows a task. A task of the same name is replaced.</summary>
    internal MetaLearnerTransformer WithTask(IHostEnvironment env, string name, AdaptedTask task) =>
        new(env.Register(LoaderSignature), Model, Columns, _classes, _unknown, Tasks.SetItem(name, task));

    /// <summary>Returns a transformer that knows one task, or none.</summary>
    /// <param name="env">The environment of the caller.</param>
    /// <param name="name">The task's name.</param>
    /// <param name="task">The task; null for none.</param>
    internal MetaLearnerTransformer WithOnly(IHostEnvironment env, string name, AdaptedTask? task)
    {
        ImmutableDictionary<string, AdaptedTask> none = ImmutableDictionary<string, AdaptedTask>.Empty;
        return new(env.Register(LoaderSignature), Model, Columns, _classes, _unknown, task is null ? none : none.Add(name, task));
    }

    /// <summary>A transformer with another model of the same encoder. It knows the tasks that keep statistics, with heads of the other model.</summary>
    internal MetaLearnerTransformer WithModel(IHostEnvironment env, MetaModel model) =>
        new(env.Register(LoaderSignature), model, Columns, _classes, _unknown, Tasks.Where(pair => pair.Value.HasStatistics).ToImmutableDictionary(pair => pair.Key, pair => model.TakeOver(pair.Value, pair.Key)));

    /// <summary>A transformer with the tasks of this moment and a <see cref="Map"/> of its own.</summary>
    internal MetaLearnerTransformer Copy(IHostEnvironment env) => new(env.Register(LoaderSignature), Model, Columns, _classes, _unknown, Tasks);

    /// <summary>A transformer with the same tasks that also gives intervals or sets.</summary>
    internal MetaLearnerTransformer With(IHostEnvironment env, ConformalQuantiles conformal) => new(env.Register(LoaderSignature), Model.Covering(conformal), Columns, _classes, _unknown, Tasks);

    private InvalidOperationException UnknownClass(string name) =>
        new($"Each label must be a class that the model was trained on: {NameList.Of(_classes!.Names)}; got '{name}' in column '{Columns.Label}'. All tasks of this model share one set of classes. Train with ClassSets.PerTask if tasks have different classes.");

    internal override MetaModel Encoder => Model;

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // string: label, feature, task, weight, task feature and exposure column ("" if there is none)
        // int: number of group columns, and their names
        // byte: treatment of rows of unknown tasks
        // the model: see MetaModel.Write
        // the classes, multiclass only: see KeyVocabulary.Write
        // int: number of tasks; for each task its name and its head, see AdaptedTask.Write
        Format.Write(ctx);
        Write(ctx.Writer, null);
    }

    /// <summary>Writes everything except the header.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="encoder">A model with the same encoder that is already written: the encoder's parameters are then not written again. Null for none.</param>
    internal void Write(BinaryWriter writer, MetaModel? encoder)
    {
        writer.Write(Columns.Label);
        writer.Write(Columns.Features);
        writer.Write(Columns.Task ?? "");
        writer.Write(Columns.Weight ?? "");
        writer.Write(Columns.TaskFeatures ?? "");
        writer.Write(Columns.Exposure ?? "");
        writer.Write(Columns.Groups.Count);
        foreach (string group in Columns.Groups)
            writer.Write(group);
        writer.Write((byte)_unknown);
        Model.Write(writer, encoder);
        _classes?.Write(writer);
        writer.Write(Tasks.Count);
        foreach (var (name, task) in Tasks.OrderBy(pair => pair.Key, StringComparer.Ordinal)) // the order of the file depends only on the names
        {
            writer.Write(name);
            task.Write(writer, Model);
        }
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static MetaLearnerTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        uint version = Format.Check(ctx);
        return Read(env, ctx.Reader, null, version);
    }

    /// <summary>Reads the output of <see cref="Write"/>.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    internal static MetaLearnerTransformer Read(IHostEnvironment env, BinaryReader reader, MetaModel? encoder, uint version)
    {
        string label = BinaryFormat.ReadName(reader), features = BinaryFormat.ReadName(reader), task = BinaryFormat.ReadName(reader), weight = BinaryFormat.ReadName(reader);
        string taskFeatures = version >= TransformerFormat.TaskFeatures ? BinaryFormat.ReadName(reader) : "";
        string exposure = version >= TransformerFormat.Exposures ? BinaryFormat.ReadName(reader) : "";
        var groups = new List<string>();
        for (int i = version >= TransformerFormat.Groups ? BinaryFormat.ReadCount(reader, BinaryFormat.MaximumOutputs, "group columns") : 0; i > 0; i--)
            groups.Add(BinaryFormat.ReadName(reader));
        var unknown = (UnknownTaskHandling)reader.ReadByte();
        MetaModel model = MetaModel.Read(reader, encoder);
        KeyVocabulary? classes = model.Kind == LabelKind.Multiclass ? KeyVocabulary.Read(reader) : null;
        int classCount = classes?.Count ?? model.ClassCount;
        if (!groups.SequenceEqual(task.Length > 0 ? model.GroupNames : []))
            throw new InvalidDataException("A saved meta-learner must have the group columns of its model. The file is damaged.");
        if (exposure.Length > 0 && model.Counts is null)
            throw new InvalidDataException("A saved meta-learner with an exposure column must have a model of counts. The file is damaged.");
        if (!Enum.IsDefined(unknown) || (model.HasCommonOutputs && classCount != model.ClassCount) || (taskFeatures.Length > 0 ? model.CovariateNames.Count == 0 : model.CovariateNames.Count > 0 && task.Length > 0))
            throw new InvalidDataException("The saved meta-learner must have a known treatment of unknown tasks, as many classes as its model, and a column of task features if its model has some and there is a Task column. The file is damaged.");

        var tasks = ImmutableDictionary.CreateBuilder<string, AdaptedTask>();
        for (int i = BinaryFormat.ReadCount(reader, int.MaxValue, "tasks"); i > 0; i--)
        {
            string name = BinaryFormat.ReadName(reader);
            if (!tasks.TryAdd(name, AdaptedTask.Read(reader, model, classCount)))
                throw new InvalidDataException($"A saved model's tasks must have different names; got '{name}' twice. The file is damaged.");
        }

        var columns = new ColumnNames(label, features, task.Length > 0 ? task : null, weight.Length > 0 ? weight : null) { TaskFeatures = taskFeatures.Length > 0 ? taskFeatures : null, Exposure = exposure.Length > 0 ? exposure : null, Groups = groups };
        return new MetaLearnerTransformer(env.Register(LoaderSignature), model, columns, classes, unknown, tasks.ToImmutable());
    }

    /// <summary>The names of the output columns.</summary>
    internal IReadOnlyList<string> ScoreNames => ScoreColumns.Names(Model.Kind, Model.GivesDeviation, Columns.Task is not null, Model.Conformal is not null);

    internal override DataViewSchema.DetachedColumn[] CreateColumns(DataViewSchema input) => ScoreColumns.Create(Model.Kind, _classes, Model.GivesDeviation, Columns.Task is not null, Model.Conformal is not null, input);

    // All getters share one scorer, so that each row is scored once.
    internal override Delegate[] CreateGetters(TaskRowReader rows, Func<int, bool> activeOutput)
    {
        var scorer = new TaskRowScorer(Model, rows, ClassCount, Map, _unknown);
        Delegate[] getters = [.. CreateColumns(rows.Schema).Select((column, i) => activeOutput(i) ? scorer.Getter(column.Name) : null!)];
        if (getters.Any(getter => getter is not null))
            rows.Add(scorer);
        return getters;
    }

    internal override IEnumerable<GraphTensor> CreateOutputs(TaskRowGraph rows)
    {
        var scores = new TaskScoreGraph(Model, rows, ClassCount, Tasks, _unknown);
        return CreateColumns(rows.Schema).Select(column => scores.Output(column.Name));
    }
}
