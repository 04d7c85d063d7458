using System.Collections.Immutable;
using MetaML;
using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using MetaML.Extensions.Transformers.Export;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Graphs;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(MultiOutputTransformer), null, typeof(SignatureLoadModel), "Multi-output", MultiOutputTransformer.LoaderSignature)]

namespace MetaML;

/// <summary>Predicts several outputs of the same rows with one encoder. Each output has a meta-learner.</summary>
/// <remarks>
/// <para>Output columns are those of ML.NET's own trainers, with the name of the output in front: "Price.Score", for classes also
/// "Colour.PredictedLabel", for binary outputs also "Sold.Probability". Each row is read and embedded once for all outputs.</para>
/// <para>Immutable, and safe for several threads. Scoring needs no native library. Adapting needs it only if the adapter changes a convolutional encoder.</para>
/// </remarks>
public sealed class MultiOutputTransformer : TaskRowTransformer, ITaskLearner
{
    internal const string LoaderSignature = "MultiOutputTransformer";
    internal static readonly TransformerFormat Format = new(typeof(MultiOutputTransformer), "METAOUTS", LoaderSignature, TransformerFormat.Groups);

    private readonly ImmutableArray<MetaLearnerTransformer> _outputs;

    internal MultiOutputTransformer(IHostEnvironment env, ColumnNames columns, IEnumerable<MetaLearnerTransformer> outputs)
        : base(env.Register(LoaderSignature), columns) => _outputs = [.. outputs];

    /// <summary>The names of the outputs, which are the names of their label columns.</summary>
    public IEnumerable<string> OutputNames => _outputs.Select(output => output.LabelColumnName);

    /// <summary>The tasks that the model knows for at least one output; empty without a Task column.</summary>
    public IEnumerable<string> TaskNames => Columns.Task is null ? [] : _outputs.SelectMany(output => output.TaskNames).Distinct();

    /// <summary>Whether the model knows a task for at least one output. The column "Price.IsKnownTask" gives this fact for the output "Price".</summary>
    /// <param name="task">The task's name.</param>
    public bool KnowsTask(string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Columns.Task is not null && _outputs.Any(output => output.KnowsTask(task));
    }

    /// <summary>Describes the model: its encoder, and for each output the adapter, the tasks with their numbers of rows and weights λ, the end of the training, and the choices made from the data with their reasons.</summary>
    /// <returns>The description. Its ToString gives it as text.</returns>
    public ModelDescription Describe() => ModelDescription.Of(Encoder, _outputs.Select(output => output.DescribeOutput()));

    /// <summary>The full name of a column of an output, for example "Price.Score".</summary>
    internal static string NameOf(string output, string column) => $"{output}.{column}";

    internal override MetaModel Encoder => _outputs[0].Model;

    IReadOnlyList<MetaLearnerTransformer> ITaskLearner.Outputs => _outputs;

    ITransformer ITaskLearner.WithOutputs(MLContext env, IReadOnlyList<MetaLearnerTransformer> outputs) => new MultiOutputTransformer(env, Columns, outputs);

    // The label columns are included even if an output accepts no new classes. A new class is then rejected by its name, and is not read as a missing label.
    IEnumerable<string> ITaskLearner.GrowingColumns =>
        [.. Columns.Task is { } task ? [task] : Array.Empty<string>(), .. Columns.Groups, .. _outputs.Where(output => output.Model.Kind == LabelKind.Multiclass).Select(output => output.LabelColumnName)];

    /// <summary>The meta-learner of one output. Its columns have the usual names: Score, PredictedLabel, Probability.</summary>
    /// <exception cref="ArgumentException">There is no such output.</exception>
    internal MetaLearnerTransformer Select(string output)
    {
        MetaLearnerTransformer selected = _outputs.FirstOrDefault(learner => learner.LabelColumnName == output)
            ?? throw new ArgumentException($"The output must be one of {string.Join(", ", OutputNames.Select(name => $"'{name}'"))}; got '{output}'.", nameof(output));
        selected.Columns.CheckNotHidden(selected.ScoreNames);
        return selected;
    }

    /// <summary>Changes the tasks of the outputs that have labels in the support. The other outputs do not change.</summary>
    /// <exception cref="ArgumentException">A column or class does not fit the model.</exception>
    /// <exception cref="InvalidOperationException">There are no labels, or a feature, task or label is invalid.</exception>
    ITransformer ITaskLearner.Change(MLContext env, IDataView support, TaskChange change, CancellationToken cancellationToken)
    {
        Columns.CheckRows(support.Schema, Encoder.FeatureCount, Encoder.CovariateNames.Count);
        MetaLearnerTransformer[] labelled = [.. _outputs.Where(output => support.Schema.GetColumnOrNull(output.LabelColumnName) is not null)];
        foreach (MetaLearnerTransformer output in labelled)
            ColumnNames.KindOf(support.Schema, new OutputColumn(output.LabelColumnName, output.Model.Kind));
        var labels = Array.ConvertAll(labelled, output => output.LabelIn(support.Schema));

        IHost host = ((IHostEnvironment)env).Register(LoaderSignature);
        using IChannel channel = host.Start("Adaptation");
        var reader = new TaskSetReader(host, channel, Columns) { CancellationToken = cancellationToken, Encoder = Encoder.EncoderOptions, KeepsTasksWithoutLabels = change.ReplacesRows };
        TaskSet[] tasks = reader.Read(support, Array.ConvertAll(labels, label => label.Label));
        if (tasks.All(set => set.Tasks.Count == 0))
            throw new InvalidOperationException($"Support must have labels of at least one output, {string.Join(", ", OutputNames.Select(name => $"'{name}'"))}; got none. The model cannot be adapted without them. Check filters, and that the labels are not missing.");

        var adapted = new Dictionary<string, MetaLearnerTransformer>();
        for (int i = 0; i < labelled.Length; i++)
        {
            if (tasks[i].Tasks.Count > 0)
                adapted[labelled[i].LabelColumnName] = labelled[i].With(env, tasks[i], labels[i].Classes, change, cancellationToken);
        }

        return new MultiOutputTransformer(env, Columns, _outputs.Select(output => adapted.GetValueOrDefault(output.LabelColumnName, output)));
    }

    /// <summary>Returns a transformer with one more output. The output is learned with the adapter of a known output of the same kind.</summary>
    /// <exception cref="ArgumentException">The output is known; or no known output has its kind; or the model has a Task column; or the column of the output is invalid.</exception>
    /// <exception cref="InvalidOperationException">There are no labels, or a feature or label is invalid.</exception>
    internal MultiOutputTransformer Add(IHostEnvironment env, IDataView support, OutputColumn output, CancellationToken cancellationToken)
    {
        if (Columns.Task is { } task)
            throw new ArgumentException($"The model must have no Task column when an output is added; got '{task}'. With a Task column each output has its own adapter, and a new output has none. Train again with all outputs.");
        if (OutputNames.Contains(output.Name))
            throw new ArgumentException($"The output must be new; got '{output.Name}'. Use Adapt to learn a known output again.", nameof(output));
        Columns.CheckRows(support.Schema, Encoder.FeatureCount);
        LabelKind kind = ColumnNames.KindOf(support.Schema, output);
        ColumnNames.CheckNotHidden("output", output.Name, [.. _outputs.SelectMany(known => known.ScoreNames.Select(column => NameOf(known.LabelColumnName, column)))]);
        MetaLearnerTransformer sameKind = _outputs.FirstOrDefault(known => known.Model.Kind == kind && (kind != LabelKind.Multiclass || !known.Model.HasCommonOutputs))
            ?? throw new ArgumentException($"The model must have {(kind == LabelKind.Multiclass ? "two outputs" : "an output")} of kind {kind}, so that '{output.Name}' can use the same adapter; got none. Train again with all outputs.", nameof(output));

        IHost host = env.Register(LoaderSignature);
        using IChannel channel = host.Start("Adaptation");
        KeyVocabulary? classes = kind == LabelKind.Multiclass ? KeyVocabulary.Of(support.Schema[output.Name]) : null;
        var reader = new TaskSetReader(host, channel, Columns) { CancellationToken = cancellationToken, Encoder = Encoder.EncoderOptions };
        TaskSet tasks = reader.Read(support, new LabelColumn(output.Name, kind, classes?.Count ?? 0, ClassSets.PerTask))[0];
        if (tasks.Tasks.Count == 0)
            throw new InvalidOperationException($"Support must have labels of '{output.Name}'; got none. The output cannot be learned without them. Check filters, and that the labels are not missing.");
        MetaModel model = sameKind.Model.WithLabels(LabelScaling.Fit(tasks)); // the new output has other units
        return new MultiOutputTransformer(env, Columns, _outputs.Add(MetaLearnerTransformer.Create(env, model, Columns with { Label = output.Name }, classes, UnknownTaskHandling.Missing, tasks, new Dictionary<string, double>(), cancellationToken)));
    }

    ITransformer ITaskLearner.SelectTask(MLContext env, string task)
    {
        Columns.CheckSelectable(task, TaskNames);
        return new MultiOutputTransformer(env, Columns.WithoutTask, _outputs.Select(output => output.SelectTask(env, task)));
    }

    ITransformer ITaskLearner.RemoveTask(MLContext env, string task)
    {
        if (!TaskNames.Contains(task))
            throw new ArgumentException($"The task must be one of the {TaskNames.Count()} that the model knows; got '{task}'.", nameof(task));
        return new MultiOutputTransformer(env, Columns, _outputs.Select(output => output.TaskNames.Contains(task) ? output.RemoveTask(env, task) : output));
    }

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // int: number of outputs; for each output see MetaLearnerTransformer.Write; only the first contains the encoder's parameters
        Format.Write(ctx);
        ctx.Writer.Write(_outputs.Length);
        foreach (MetaLearnerTransformer output in _outputs)
            output.Write(ctx.Writer, output == _outputs[0] ? null : Encoder);
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static MultiOutputTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        uint version = Format.Check(ctx);
        var outputs = new List<MetaLearnerTransformer>();
        for (int i = ctx.Reader.ReadInt32(); i > 0; i--)
            outputs.Add(MetaLearnerTransformer.Read(env, ctx.Reader, outputs.Count == 0 ? null : outputs[0].Model, version));
        if (outputs.Count == 0 || outputs.Any(output => output.Columns with { Label = "", Groups = [] } != outputs[0].Columns with { Label = "", Groups = [] } || !output.Columns.Groups.SequenceEqual(outputs[0].Columns.Groups)))
            throw new InvalidDataException("A saved multi-output model must have outputs, and all must read the same columns. The file is damaged.");
        return new MultiOutputTransformer(env, outputs[0].Columns, outputs);
    }

    // The columns of each output are one score set. Its number follows that of the output before.
    internal override DataViewSchema.DetachedColumn[] CreateColumns(DataViewSchema input)
    {
        var schema = new DataViewSchema.Builder();
        schema.AddColumns(input);
        var all = new List<DataViewSchema.DetachedColumn>();
        foreach (MetaLearnerTransformer output in _outputs)
        {
            foreach (DataViewSchema.DetachedColumn column in output.CreateColumns(schema.ToSchema()))
            {
                all.Add(new(NameOf(output.LabelColumnName, column.Name), column.Type, column.Annotations));
                schema.AddColumn(all[^1].Name, column.Type, column.Annotations);
            }
        }

        return [.. all];
    }

    internal override Delegate[] CreateGetters(TaskRowReader rows, Func<int, bool> activeOutput)
    {
        var getters = new List<Delegate>();
        foreach (MetaLearnerTransformer output in _outputs)
        {
            int first = getters.Count;
            getters.AddRange(output.CreateGetters(rows, i => activeOutput(first + i)));
        }

        return [.. getters];
    }

    internal override IEnumerable<GraphTensor> CreateOutputs(TaskRowGraph rows) => _outputs.SelectMany(output => output.CreateOutputs(rows));
}
