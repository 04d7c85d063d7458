using System.Collections.Immutable;
using MetaML.Extensions;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Scoring;
using MetaML.Tasks;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(MetaLearnerTransformer), null, typeof(SignatureLoadModel), "Meta-learner", MetaLearnerTransformer.LoaderSignature)]

namespace MetaML.Extensions;

/// <summary>Scores rows by the head of the task that they belong to, on the encoder that all tasks share.</summary>
/// <remarks>
/// Output columns are those of ML.NET's own trainers: Score and PredictedLabel, for binary labels Probability. A multiclass
/// Score holds probabilities, zero for classes that the row's task does not have. Immutable, and safe for many threads; it
/// scores and, with most adapters, adapts without the native torch library.
/// </remarks>
public sealed class MetaLearnerTransformer : RowToRowTransformerBase, ISingleFeaturePredictionTransformer<MetaModel>, ISingleFeaturePredictionTransformer
{
    internal const string LoaderSignature = "MetaLearnerTransformer";

    private readonly ColumnNames _columns;
    private readonly KeyVocabulary? _classes;
    private readonly UnknownTaskHandling _unknown;
    private readonly ImmutableDictionary<string, AdaptedTask> _tasks;

    private MetaLearnerTransformer(
        IHost host, MetaModel model, ColumnNames columns, KeyVocabulary? classes, UnknownTaskHandling unknown, ImmutableDictionary<string, AdaptedTask> tasks)
        : base(host)
    {
        Model = model;
        _columns = columns;
        _classes = classes;
        _unknown = unknown;
        _tasks = tasks;
    }

    /// <summary>The meta-trained encoder and adapter.</summary>
    public MetaModel Model { get; }

    /// <summary>The tasks that the model knows: those that it was trained on and those that it was adapted to.</summary>
    public IEnumerable<string> TaskNames => _tasks.Keys;

    /// <summary>The label column, read when adapting.</summary>
    public string LabelColumnName => _columns.Label;

    /// <summary>The Task column; null where all rows belong to one task.</summary>
    public string? TaskColumnName => _columns.Task;

    /// <inheritdoc/>
    public string FeatureColumnName => _columns.Features;

    /// <summary>Vector of Single, as long as the features that the model was trained on.</summary>
    public DataViewType FeatureColumnType => new VectorDataViewType(NumberDataViewType.Single, Model.FeatureCount);

    /// <summary>Whether a new task may bring classes that no task has had so far.</summary>
    internal bool TakesNewClasses => Model.Kind == LabelKind.Multiclass && !Model.HasPrior;

    /// <summary>The transformer of a trained model that knows these tasks.</summary>
    internal static MetaLearnerTransformer Create(
        IHostEnvironment env, MetaModel model, ColumnNames columns, KeyVocabulary? classes, UnknownTaskHandling unknown, TaskSet tasks, CancellationToken cancellationToken)
    {
        var nothing = new MetaLearnerTransformer(env.Register(LoaderSignature), model, columns, classes, unknown, ImmutableDictionary<string, AdaptedTask>.Empty);
        return nothing.With(tasks, classes, cancellationToken);
    }

    /// <summary>A transformer that also knows the tasks of the support.</summary>
    /// <exception cref="ArgumentException">Columns or classes do not fit the model.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, task or label cannot be used.</exception>
    internal MetaLearnerTransformer Adapt(IDataView support, CancellationToken cancellationToken)
    {
        _columns.CheckLabeled(support.Schema, Model.Kind, Model.FeatureCount);
        KeyVocabulary? classes = _classes;
        Func<int, int>? classOfKey = null;
        if (classes is not null)
        {
            KeyVocabulary given = KeyVocabulary.Of(support.Schema[_columns.Label]);
            classes = TakesNewClasses ? classes.Append(given) : classes;
            int[] map = classes.MapFrom(given);
            classOfKey = key => map[key] >= 0 ? map[key] : throw UnknownClass(given.Names[key]);
        }

        using IChannel channel = Host.Start("Adaptation");
        var reader = new TaskSetReader(Host, channel, _columns, Model.Kind) { MissingIsError = true, ClassOfKey = classOfKey, CancellationToken = cancellationToken };
        TaskSet tasks = reader.Read(support, classes?.Count ?? 0, Model.HasPrior ? ClassSets.Common : ClassSets.PerTask);
        return tasks.Tasks.Count > 0
            ? With(tasks, classes, cancellationToken)
            : throw new InvalidOperationException("Support must have labelled rows; got none. There is nothing to adapt to. Check the filter, and that labels are not missing.");
    }

    /// <summary>A transformer that has forgotten one task.</summary>
    /// <exception cref="ArgumentException">The task is unknown.</exception>
    internal MetaLearnerTransformer RemoveTask(string task) => _tasks.ContainsKey(task)
        ? new(Host, Model, _columns, _classes, _unknown, _tasks.Remove(task))
        : throw new ArgumentException($"The task must be one of the {_tasks.Count} that the model knows; got '{task}'.", nameof(task));

    // Known heads are shared with this transformer: adapting costs only what is new.
    private MetaLearnerTransformer With(TaskSet tasks, KeyVocabulary? classes, CancellationToken cancellationToken)
    {
        IReadOnlyList<AdaptedTask> adapted = Model.Adapt(tasks, cancellationToken);
        var all = _tasks.ToBuilder();
        for (int i = 0; i < adapted.Count; i++)
            all[tasks.Tasks[i].Name] = adapted[i];
        return new(Host, Model, _columns, classes, _unknown, all.ToImmutable());
    }

    private InvalidOperationException UnknownClass(string name) =>
        new($"Each label must be a class that the model was trained on: {string.Join(", ", _classes!.Names.Take(10))}{(_classes.Count > 10 ? ", …" : "")}; got '{name}' in column '{_columns.Label}'. All tasks of this model share one set of classes. Train with ClassSets.PerTask for tasks that bring their own.");

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "METALRNR",
        verWrittenCur: 0x00010001, // first
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(MetaLearnerTransformer).Assembly.FullName);

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // string: label, feature, task and weight column ("" where there is none)
        // byte: what is given for rows of unknown tasks
        // the model: see MetaModel.Write
        // the classes, multiclass only: see KeyVocabulary.Write
        // int: number of tasks; for each its name, and see AdaptedTask.Write
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        BinaryWriter writer = ctx.Writer;
        writer.Write(_columns.Label);
        writer.Write(_columns.Features);
        writer.Write(_columns.Task ?? "");
        writer.Write(_columns.Weight ?? "");
        writer.Write((byte)_unknown);
        Model.Write(writer);
        _classes?.Write(writer);
        writer.Write(_tasks.Count);
        foreach (var (name, task) in _tasks.OrderBy(pair => pair.Key, StringComparer.Ordinal)) // same tasks, same bytes
        {
            writer.Write(name);
            task.Write(writer);
        }
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static MetaLearnerTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        VersionInfo version = GetVersionInfo();
        if (ctx.Header.ModelSignature == version.ModelSignature && ctx.Header.ModelVerReadable > version.VerWrittenCur) // ML.NET's own message blames ML.NET
            throw new InvalidDataException($"The meta-learner's format version must be at most 0x{version.VerWrittenCur:x8}; got 0x{ctx.Header.ModelVerReadable:x8}. It was saved by a newer version of MetaML.Extensions. Update the package.");
        ctx.CheckAtModel(version);
        BinaryReader reader = ctx.Reader;
        string label = ModelFormat.ReadName(reader), features = ModelFormat.ReadName(reader), task = ModelFormat.ReadName(reader), weight = ModelFormat.ReadName(reader);
        var unknown = (UnknownTaskHandling)reader.ReadByte();
        MetaModel model = MetaModel.Read(reader);
        KeyVocabulary? classes = model.Kind == LabelKind.Multiclass ? KeyVocabulary.Read(reader) : null;
        int classCount = classes?.Count ?? model.ClassCount;
        if (!Enum.IsDefined(unknown) || (model.HasPrior && classCount != model.ClassCount))
            throw new InvalidDataException("The saved meta-learner contradicts itself. The file is damaged.");

        var tasks = ImmutableDictionary.CreateBuilder<string, AdaptedTask>();
        for (int i = ModelFormat.ReadCount(reader, int.MaxValue, "tasks"); i > 0; i--)
        {
            string name = ModelFormat.ReadName(reader);
            if (!tasks.TryAdd(name, AdaptedTask.Read(reader, model, classCount)))
                throw new InvalidDataException($"A saved model's tasks must have different names; got '{name}' twice. The file is damaged.");
        }

        var columns = new ColumnNames(label, features, task.Length > 0 ? task : null, weight.Length > 0 ? weight : null);
        return new MetaLearnerTransformer(env.Register(LoaderSignature), model, columns, classes, unknown, tasks.ToImmutable());
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema)
    {
        _columns.CheckScored(schema, Model.FeatureCount);
        return new Mapper(this, schema);
    }

    private sealed class Mapper(MetaLearnerTransformer parent, DataViewSchema inputSchema) : MapperBase(parent.Host.Register(nameof(Mapper)), inputSchema, parent)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() => ScoreColumns.Create(parent.Model.Kind, parent._classes, InputSchema);

        // All getters of a row share one scoring of it; no two cursors share anything that changes.
        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
        {
            disposer = null;
            if (!IsAnyActive(activeOutput))
                return new Delegate[OutputColumns.Value.Length]; // the input's columns may not be active either
            var scorer = new TaskRowScorer(parent.Model, input, parent._columns, parent._classes?.Count ?? 0, parent._tasks, parent._unknown);
            return [.. OutputColumns.Value.Select((column, i) => activeOutput(i) ? scorer.Getter(column.Name) : null!)];
        }

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer) =>
            CreateGetters(input, i => i == iinfo, out disposer)[iinfo];

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            if (!IsAnyActive(activeOutput))
                return _ => false;
            int features = InputSchema[parent._columns.Features].Index;
            int task = parent._columns.Task is { } name ? InputSchema[name].Index : -1;
            return column => column == features || column == task;
        }

        protected override void SaveModel(ModelSaveContext ctx) => parent.SaveModel(ctx);

        private bool IsAnyActive(Func<int, bool> activeOutput) => Enumerable.Range(0, OutputColumns.Value.Length).Any(activeOutput);
    }
}
