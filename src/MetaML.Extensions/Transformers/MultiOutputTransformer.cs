using System.Collections.Immutable;
using MetaML;
using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Heads;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(MultiOutputTransformer), null, typeof(SignatureLoadModel), "Multi-output", MultiOutputTransformer.LoaderSignature)]

namespace MetaML;

/// <summary>Predicts several outputs of the same rows: a meta-learner for each, on the one encoder that they share.</summary>
/// <remarks>
/// Output columns are those of ML.NET's own trainers, named after the output: "Price.Score", for classes also
/// "Colour.PredictedLabel", for yes/no also "Sold.Probability". A row is read and embedded once for all of them. Immutable, and
/// safe for many threads; it scores and, with most adapters, adapts without the native torch library.
/// </remarks>
public sealed class MultiOutputTransformer : TaskRowTransformer, ITaskLearner
{
    internal const string LoaderSignature = "MultiOutputTransformer";
    internal static readonly TransformerFormat Format = new(typeof(MultiOutputTransformer), "METAOUTS", LoaderSignature, TransformerFormat.TasksWithRows);

    private readonly ImmutableArray<MetaLearnerTransformer> _outputs;

    internal MultiOutputTransformer(IHostEnvironment env, ColumnNames columns, IEnumerable<MetaLearnerTransformer> outputs)
        : base(env.Register(LoaderSignature), columns) => _outputs = [.. outputs];

    /// <summary>The outputs, by the names of their label columns.</summary>
    public IEnumerable<string> OutputNames => _outputs.Select(output => output.LabelColumnName);

    /// <summary>The tasks that the model knows for at least one output; none where there is no Task column.</summary>
    public IEnumerable<string> TaskNames => Columns.Task is null ? [] : _outputs.SelectMany(output => output.TaskNames).Distinct();

    /// <summary>Whether the model knows a task for at least one output; "Price.IsKnownTask" says so for one.</summary>
    /// <param name="task">The task's name.</param>
    public bool KnowsTask(string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Columns.Task is not null && _outputs.Any(output => output.KnowsTask(task));
    }

    /// <summary>What the model holds: encoder, and for each output adapter, tasks with their rows and λ, how training ended, what was chosen and why.</summary>
    /// <returns>For programs by its properties, for people by its text.</returns>
    public ModelDescription Describe() => ModelDescription.Of(Encoder, _outputs.Select(output => output.DescribeOutput()));

    /// <summary>The name of an output's score column.</summary>
    internal static string NameOf(string output, string column) => $"{output}.{column}";

    private protected override MetaModel Encoder => _outputs[0].Model;

    MetaModel ITaskLearner.Model => Encoder;

    // New classes, too, of those outputs that take none: better refused by name than taken for missing labels.
    IEnumerable<string> ITaskLearner.GrowingColumns =>
        [.. Columns.Task is { } task ? [task] : Array.Empty<string>(), .. _outputs.Where(output => output.Model.Kind == LabelKind.Multiclass).Select(output => output.LabelColumnName)];

    /// <summary>One output as a meta-learner of its own, with the usual names of columns: Score, PredictedLabel, Probability.</summary>
    /// <exception cref="ArgumentException">There is no such output.</exception>
    internal MetaLearnerTransformer Select(string output)
    {
        MetaLearnerTransformer selected = _outputs.FirstOrDefault(learner => learner.LabelColumnName == output)
            ?? throw new ArgumentException($"The output must be one of {string.Join(", ", OutputNames.Select(name => $"'{name}'"))}; got '{output}'.", nameof(output));
        selected.Columns.CheckNotHidden(selected.ScoreNames);
        return selected;
    }

    /// <summary>Outputs whose column the support lacks, or has no labels in, stay as they are.</summary>
    /// <exception cref="ArgumentException">Columns or classes do not fit the model.</exception>
    /// <exception cref="InvalidOperationException">There are no labels, or a feature, task or label cannot be used.</exception>
    ITransformer ITaskLearner.Adapt(IHostEnvironment env, IDataView support, AdaptationOptions? options, CancellationToken cancellationToken)
    {
        Columns.CheckRows(support.Schema, Encoder.FeatureCount);
        MetaLearnerTransformer[] given = [.. _outputs.Where(output => support.Schema.GetColumnOrNull(output.LabelColumnName) is not null)];
        foreach (MetaLearnerTransformer output in given)
            ColumnNames.KindOf(support.Schema, new OutputColumn(output.LabelColumnName, output.Model.Kind));
        var labels = Array.ConvertAll(given, output => output.LabelIn(support.Schema));

        IHost host = env.Register(LoaderSignature);
        using IChannel channel = host.Start("Adaptation");
        var reader = new TaskSetReader(host, channel, Columns) { CancellationToken = cancellationToken, Encoder = Encoder.EncoderOptions };
        TaskSet[] tasks = reader.Read(support, Array.ConvertAll(labels, label => label.Label));
        if (tasks.All(set => set.Tasks.Count == 0))
            throw new InvalidOperationException($"Support must have labels of at least one output, {string.Join(", ", OutputNames.Select(name => $"'{name}'"))}; got none. There is nothing to adapt to. Check the filter, and that labels are not missing.");

        var adapted = new Dictionary<string, MetaLearnerTransformer>();
        for (int i = 0; i < given.Length; i++)
        {
            if (tasks[i].Tasks.Count > 0)
                adapted[given[i].LabelColumnName] = given[i].With(env, tasks[i], labels[i].Classes, options, cancellationToken);
        }

        return new MultiOutputTransformer(env, Columns, _outputs.Select(output => adapted.GetValueOrDefault(output.LabelColumnName, output)));
    }

    /// <summary>A transformer that has learned one more output, by the adapter of its kind.</summary>
    /// <exception cref="ArgumentException">The output is known, or no output of its kind is, or outputs are not the tasks; or its column cannot be used.</exception>
    /// <exception cref="InvalidOperationException">There are no labels, or a feature or label cannot be used.</exception>
    internal MultiOutputTransformer Add(IHostEnvironment env, IDataView support, OutputColumn output, CancellationToken cancellationToken)
    {
        if (Columns.Task is { } task)
            throw new ArgumentException($"The model must be without a Task column, for a new output to be like the others; got '{task}'. Each of its outputs has an adapter of its own. Train with all outputs.");
        if (OutputNames.Contains(output.Name))
            throw new ArgumentException($"The output must be new; got '{output.Name}'. Use Adapt to learn it anew.", nameof(output));
        Columns.CheckRows(support.Schema, Encoder.FeatureCount);
        LabelKind kind = ColumnNames.KindOf(support.Schema, output);
        ColumnNames.CheckNotHidden("output", output.Name, [.. _outputs.SelectMany(known => known.ScoreNames.Select(column => NameOf(known.LabelColumnName, column)))]);
        MetaLearnerTransformer like = _outputs.FirstOrDefault(known => known.Model.Kind == kind && (kind != LabelKind.Multiclass || !known.Model.HasCommonOutputs))
            ?? throw new ArgumentException($"The model must have {(kind == LabelKind.Multiclass ? "two outputs" : "an output")} of kind {kind}, for '{output.Name}' to be like; got none. How to learn it is not known. Train with all outputs.", nameof(output));

        IHost host = env.Register(LoaderSignature);
        using IChannel channel = host.Start("Adaptation");
        KeyVocabulary? classes = kind == LabelKind.Multiclass ? KeyVocabulary.Of(support.Schema[output.Name]) : null;
        var reader = new TaskSetReader(host, channel, Columns) { CancellationToken = cancellationToken, Encoder = Encoder.EncoderOptions };
        TaskSet tasks = reader.Read(support, new LabelColumn(output.Name, kind, classes?.Count ?? 0, ClassSets.PerTask))[0];
        if (tasks.Tasks.Count == 0)
            throw new InvalidOperationException($"Support must have labels of '{output.Name}'; got none. There is nothing to learn it from. Check the filter, and that labels are not missing.");
        MetaModel model = like.Model.WithLabels(LabelScaling.Fit(tasks)); // in its own units
        return new MultiOutputTransformer(env, Columns, _outputs.Add(MetaLearnerTransformer.Create(env, model, Columns with { Label = output.Name }, classes, UnknownTaskHandling.Missing, tasks, new Dictionary<string, double>(), cancellationToken)));
    }

    ITransformer ITaskLearner.RemoveTask(IHostEnvironment env, string task)
    {
        if (!TaskNames.Contains(task))
            throw new ArgumentException($"The task must be one of the {TaskNames.Count()} that the model knows; got '{task}'.", nameof(task));
        return new MultiOutputTransformer(env, Columns, _outputs.Select(output => output.TaskNames.Contains(task) ? output.RemoveTask(env, task) : output));
    }

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // int: number of outputs; for each see MetaLearnerTransformer.Write, from the second on without the encoder's values
        Format.Write(ctx);
        ctx.Writer.Write(_outputs.Length);
        foreach (MetaLearnerTransformer output in _outputs)
            output.Write(ctx.Writer, output == _outputs[0] ? null : Encoder);
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static MultiOutputTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Format.Check(ctx);
        var outputs = new List<MetaLearnerTransformer>();
        for (int i = ctx.Reader.ReadInt32(); i > 0; i--)
            outputs.Add(MetaLearnerTransformer.Read(env, ctx.Reader, outputs.Count == 0 ? null : outputs[0].Model));
        if (outputs.Count == 0 || outputs.Any(output => output.Columns with { Label = "" } != outputs[0].Columns with { Label = "" }))
            throw new InvalidDataException("The saved outputs do not read the same columns, or there are none. The file is damaged.");
        return new MultiOutputTransformer(env, outputs[0].Columns, outputs);
    }

    // Each output's columns are a score set of their own, numbered after those before it.
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
}
