using MetaML;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using MetaML.Extensions.Transformers.Export;
using MetaML.Files;
using MetaML.Graphs;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(typeof(PooledScoreTransformer), null, typeof(SignatureLoadModel), "Pooled score", PooledScoreTransformer.LoaderSignature)]

namespace MetaML;

/// <summary>Adds the score of a model that was trained on all tasks together. The rows of a training task are scored by a model that was trained without this task.</summary>
/// <remarks>Rows of other tasks, and rows without a task, are scored by a model that was trained on all tasks. The transformer is immutable. It is as safe for several threads as the models that it contains.</remarks>
public sealed class PooledScoreTransformer : RowToRowTransformerBase
{
    internal const string LoaderSignature = "PooledScore";
    internal static readonly TransformerFormat Format = new(typeof(PooledScoreTransformer), "METAPOOL", LoaderSignature);

    /// <summary>The least and the largest number of models in a file: one for each fold, and one for all tasks.</summary>
    internal const int FewestModels = 2, MostModels = 1 << 10;

    private readonly ITransformer[] _models; // one for each fold; the last was trained on all tasks
    private readonly Dictionary<string, int> _folds; // the fold of each training task

    internal PooledScoreTransformer(IHostEnvironment env, ITransformer[] models, Dictionary<string, int> folds, string taskColumnName, string scoreColumnName, string outputColumnName)
        : base(env.Register(LoaderSignature))
    {
        _models = models;
        _folds = folds;
        TaskColumnName = taskColumnName;
        ScoreColumnName = scoreColumnName;
        OutputColumnName = outputColumnName;
    }

    /// <summary>The Task column: text or key.</summary>
    public string TaskColumnName { get; }

    /// <summary>The output column of the trained models that is kept.</summary>
    public string ScoreColumnName { get; }

    /// <summary>The output column. It has the type of the score column of the models.</summary>
    public string OutputColumnName { get; }

    /// <summary>The number of models that were each trained without some of the tasks.</summary>
    public int FoldCount => _models.Length - 1;

    /// <summary>The model that was trained on all tasks.</summary>
    public ITransformer PooledModel => _models[^1];

    /// <summary>The steps that give the score of one task, without a Task column.</summary>
    internal ITransformer SelectTask(IHostEnvironment env, string task) =>
        new TransformerChain<ITransformer>(_models[_folds.GetValueOrDefault(task, FoldCount)], new ColumnCopyingTransformer(env, (OutputColumnName, ScoreColumnName)));

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // string: task column, score column, output column
        // int: number of training tasks; for each task: string: name, int: fold
        // int: number of models; and a folder for each model
        Format.Write(ctx);
        ctx.Writer.Write(TaskColumnName);
        ctx.Writer.Write(ScoreColumnName);
        ctx.Writer.Write(OutputColumnName);
        ctx.Writer.Write(_folds.Count);
        foreach (var (task, fold) in _folds)
        {
            ctx.Writer.Write(task);
            ctx.Writer.Write(fold);
        }

        ctx.Writer.Write(_models.Length);
        for (int i = 0; i < _models.Length; i++)
            ctx.SaveModel(_models[i], Folder(i));
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static PooledScoreTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Format.Check(ctx);
        string task = BinaryFormat.ReadName(ctx.Reader), score = BinaryFormat.ReadName(ctx.Reader), output = BinaryFormat.ReadName(ctx.Reader);
        var folds = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = ctx.Reader.ReadInt32(); i > 0; i--)
            folds[ctx.Reader.ReadString()] = ctx.Reader.ReadInt32();
        int count = ctx.Reader.ReadInt32();
        if (count is < FewestModels or > MostModels || folds.Values.Any(fold => fold < 0 || fold >= count - 1))
            throw new InvalidDataException($"A pooled score must have {FewestModels} to {MostModels} models, one for the fold of each task and one for all tasks; got {count}. The file is damaged.");
        var models = new ITransformer[count];
        for (int i = 0; i < count; i++)
            ctx.LoadModel<ITransformer, SignatureLoadModel>(env, out models[i], Folder(i));
        return new PooledScoreTransformer(env, models, folds, task, score, output);
    }

    /// <summary>The folder of a model, inside the folder of the step.</summary>
    internal static string Folder(int model) => $"Model_{model:000}";

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema)
    {
        ColumnNames.CheckTask(schema, TaskColumnName);
        return new Mapper(this, schema);
    }

    private sealed class Mapper : MapperBase, ISaveAsOnnx
    {
        private readonly PooledScoreTransformer _parent;
        private readonly IRowToRowMapper[] _mappers;
        private readonly DataViewSchema.Column[] _scores;
        private readonly int _task;

        public Mapper(PooledScoreTransformer parent, DataViewSchema schema)
            : base(parent.Host.Register(nameof(Mapper)), schema, parent)
        {
            _parent = parent;
            _mappers = Array.ConvertAll(parent._models, model => model.GetRowToRowMapper(schema));
            _scores = Array.ConvertAll(_mappers, mapper => mapper.OutputSchema[parent.ScoreColumnName]);
            _task = schema[parent.TaskColumnName].Index;
        }

        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() => [new(_parent.OutputColumnName, _scores[^1].Type)];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer)
        {
            DataViewRow[] rows = [.. _mappers.Zip(_scores, (mapper, score) => mapper.GetRow(input, [score]))];
            disposer = () => Array.ForEach(rows, row => row.Dispose());
            return ((Func<DataViewRow, DataViewRow[], Delegate>)Getter<int>).Method.GetGenericMethodDefinition().MakeGenericMethod(_scores[^1].Type.RawType).CreateDelegate<Func<DataViewRow, DataViewRow[], Delegate>>(this)(input, rows);
        }

        private Delegate Getter<T>(DataViewRow input, DataViewRow[] rows)
        {
            Func<string?> taskOf = TaskNames.Getter(input, _parent.TaskColumnName);
            ValueGetter<T>[] getters = [.. rows.Zip(_scores, (row, score) => row.GetGetter<T>(score))];
            return (ValueGetter<T>)((ref T value) => getters[taskOf() is { } task ? _parent._folds.GetValueOrDefault(task, getters.Length - 1) : getters.Length - 1](ref value));
        }

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            if (!activeOutput(0))
                return _ => false;
            HashSet<int> needed = [_task, .. _mappers.Zip(_scores, (mapper, score) => mapper.GetDependencies([score])).SelectMany(columns => columns).Select(column => column.Index)];
            return needed.Contains;
        }

        protected override void SaveModel(ModelSaveContext ctx) => _parent.SaveModel(ctx);

        // What cannot be exported throws an exception with the reason.
        bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => true;

        void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx)
        {
            var graph = new OnnxGraph(ctx);
            GraphTensor[] scores = Array.ConvertAll(_parent._models, model => graph.Apply(Host, model, InputSchema, _parent.ScoreColumnName));
            GraphTensor fold = TaskRowGraph.IndexOfTask(graph, InputSchema[_task], _parent._folds.Select(task => KeyValuePair.Create(task.Key, (long)task.Value)), _parent.FoldCount).Reshape(-1, 1);
            GraphTensor chosen = scores[^1];
            for (int i = 0; i < _parent.FoldCount; i++)
                chosen = fold.Apply("Equal", graph.List(i)).Apply("Where", scores[i], chosen);
            graph.AddColumn(chosen, _parent.OutputColumnName, _scores[^1].Type);
        }
    }
}
