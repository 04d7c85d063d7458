using MetaML;
using MetaML.Extensions.Chains;
using MetaML.Extensions.Ensembles;
using MetaML.Extensions.Transformers;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(EnsembleTransformer), null, typeof(SignatureLoadModel), "Ensemble of models", EnsembleTransformer.LoaderSignature)]

namespace MetaML;

/// <summary>Scores each row with several models, and gives the weighted mean of their predictions.</summary>
/// <remarks>
/// <para>Output columns are those of a meta-learner of the same kind of label. For values, Score is the mean of the scores. For classes,
/// probabilities are averaged: Score of a binary label is the log-odds of the mean probability, and a multiclass Score contains the mean probabilities.
/// The classes of the models are matched by name. ScoreStandardDeviation is that of the mixture, if all models give it.
/// IsKnownTask says whether all models with tasks know the row's task.</para>
/// <para>Tasks can have weights of their own, for example a single model that is best for the task (a routed model). A model with weight 0 is not asked.</para>
/// <para>Adapt, Update, Forget and RemoveTask change each model that contains a meta-learner. Other models, such as a pooled one, stay as they are.
/// The transformer is immutable. It is as safe for several threads as the models that it contains.</para>
/// </remarks>
public sealed class EnsembleTransformer : RowToRowTransformerBase, ITaskLearner
{
    internal const string LoaderSignature = "MetaEnsemble";
    internal static readonly TransformerFormat Format = new(typeof(EnsembleTransformer), "METAENSM", LoaderSignature);

    private readonly ITransformer[] _models;
    private readonly ModelWeights _weights;

    /// <exception cref="ArgumentException">There is no model, or a model does not score row by row.</exception>
    internal EnsembleTransformer(IHostEnvironment env, IReadOnlyList<ITransformer> models, ModelWeights weights)
        : base(env.Register(LoaderSignature))
    {
        _models = [.. models];
        _weights = weights;
        if (_models.FirstOrDefault(model => !model.IsRowToRowMapper) is { } other)
            throw new ArgumentException($"Each model of an ensemble must score row by row; got {SharedStep.NameOf(other)}. The predictions for a row could not be combined. Leave out steps that filter or add rows.", nameof(models));
    }

    /// <summary>The models.</summary>
    public IReadOnlyList<ITransformer> Models => _models;

    /// <summary>The weight of each model, with sum 1, for the rows of tasks without weights of their own.</summary>
    public IReadOnlyList<double> Weights => _weights.Common;

    /// <summary>The weights of tasks that have their own, by the task's name, each with sum 1.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> TaskWeights => _weights.OfTasks;

    /// <summary>The tasks that at least one model knows.</summary>
    public IEnumerable<string> TaskNames => Learners.SelectMany(learner => learner.TaskNames).Distinct();

    /// <summary>Whether all models with tasks know a task.</summary>
    /// <param name="task">The task's name.</param>
    public bool KnowsTask(string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return HasLearners && Learners.All(learner => learner.KnowsTask(task));
    }

    /// <summary>Whether a model can learn from rows of a task.</summary>
    internal bool HasLearners => Learners.Any();

    // The last meta-learner of each model that has one.
    private IEnumerable<ITaskLearner> Learners => _models.Where(ChainAdapter.HasLearner).Select(ChainAdapter.FindLearner);

    string? ITaskLearner.TaskColumnName => _weights.TaskColumn ?? Learners.Select(learner => learner.TaskColumnName).FirstOrDefault(column => column is not null);

    IEnumerable<string> ITaskLearner.GrowingColumns => Learners.SelectMany(learner => learner.GrowingColumns).Distinct();

    IReadOnlyList<MetaLearnerTransformer> ITaskLearner.Outputs => [.. Learners.SelectMany(learner => learner.Outputs)];

    ITransformer ITaskLearner.WithOutputs(MLContext context, IReadOnlyList<MetaLearnerTransformer> outputs)
    {
        int next = 0;
        return With(context, model => new ChainAdapter(context, model, CancellationToken.None).ReplaceLearner(learner =>
        {
            int first = next;
            next += learner.Outputs.Count;
            return learner.WithOutputs(context, [.. outputs.Skip(first).Take(learner.Outputs.Count)]);
        }));
    }

    ModelDescription ITaskLearner.Describe() => throw new ArgumentException($"The model must have one encoder; got an ensemble of {_models.Length} models. Describe each of its Models.");

    ITransformer ITaskLearner.Change(MLContext context, IDataView rows, TaskChange change, CancellationToken cancellationToken) =>
        HasLearners
            ? With(context, model => new ChainAdapter(context, model, cancellationToken).Change(rows, change))
            : throw new ArgumentException("A model of the ensemble must contain a meta-learner; none does. No model can learn from the rows. Add one that a pipeline with a MetaLearner trainer returned from Fit.");

    ITransformer ITaskLearner.SelectTask(MLContext context, string task)
    {
        IReadOnlyList<double> weights = _weights.Of(task);
        int[] used = [.. Enumerable.Range(0, _models.Length).Where(i => weights[i] > 0)];
        ITransformer[] models = [.. used.Select(i => ChainAdapter.HasLearner(_models[i]) ? new TaskSelection(context, task).Of(_models[i]) : _models[i])];
        return models.Length == 1 ? models[0] : new EnsembleTransformer(context, models, ModelWeights.Of(models.Length, [.. used.Select(i => weights[i])]));
    }

    ITransformer ITaskLearner.RemoveTask(MLContext context, string task)
    {
        if (!TaskNames.Contains(task))
            throw new ArgumentException($"The task must be one of the {TaskNames.Count()} that the model knows; got '{task}'.", nameof(task));
        return new EnsembleTransformer(
            context,
            [.. _models.Select(model => ChainAdapter.HasLearner(model) && ChainAdapter.FindLearner(model).TaskNames.Contains(task) ? new ChainAdapter(context, model, CancellationToken.None).RemoveTask(task) : model)],
            _weights.Without(task));
    }

    // The ensemble with other meta-learners in its models.
    private EnsembleTransformer With(MLContext context, Func<ITransformer, ITransformer> change) =>
        new(context, [.. _models.Select(model => ChainAdapter.HasLearner(model) ? change(model) : model)], _weights);

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // int: number of models; the weights: see ModelWeights.Write; and a folder for each model
        Format.Write(ctx);
        ctx.Writer.Write(_models.Length);
        _weights.Write(ctx.Writer);
        for (int i = 0; i < _models.Length; i++)
            ctx.SaveModel(_models[i], Folder(i));
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static EnsembleTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Format.Check(ctx);
        int count = ctx.Reader.ReadInt32();
        ModelWeights weights = ModelWeights.Read(ctx.Reader, count);
        var models = new ITransformer[count];
        for (int i = 0; i < count; i++)
            ctx.LoadModel<ITransformer, SignatureLoadModel>(env, out models[i], Folder(i));
        return new EnsembleTransformer(env, models, weights);
    }

    /// <summary>The folder of a model in a saved ensemble.</summary>
    internal static string Folder(int model) => $"Model_{model:000}";

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private sealed class Mapper : MapperBase, ISaveAsOnnx
    {
        private readonly EnsembleTransformer _parent;
        private readonly EnsembleColumns _columns;

        public Mapper(EnsembleTransformer parent, DataViewSchema schema)
            : base(parent.Host.Register(nameof(Mapper)), schema, parent)
        {
            _parent = parent;
            _columns = new EnsembleColumns(parent._models, parent._weights, schema);
        }

        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() => _columns.Create();

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
        {
            var row = new EnsembleRow(_columns, input, ActiveNames(activeOutput));
            disposer = row.Dispose;
            return [.. OutputColumns.Value.Select((column, i) => activeOutput(i) ? row.Getter(column.Name) : null!)];
        }

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer) =>
            CreateGetters(input, i => i == iinfo, out disposer)[iinfo];

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            HashSet<int> needed = [.. _columns.Inputs(ActiveNames(activeOutput))];
            return needed.Contains;
        }

        protected override void SaveModel(ModelSaveContext ctx) => _parent.SaveModel(ctx);

        bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => true; // if it were false, ConvertToOnnx would write a file without the scores

        void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx) =>
            throw new NotSupportedException("An ensemble cannot be exported to ONNX. Export each of its Models, and average their predictions.");

        private HashSet<string> ActiveNames(Func<int, bool> activeOutput) => [.. OutputColumns.Value.Where((_, i) => activeOutput(i)).Select(column => column.Name)];
    }
}
