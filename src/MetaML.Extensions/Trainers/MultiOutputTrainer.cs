using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Trainers;
using MetaML.Models;
using MetaML.Training;
using MetaML.Training.Checkpoints;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>Learns to predict several columns from the same features, with one encoder for all columns and a head for each.</summary>
/// <remarks>
/// <para>Trainer characteristics. Outputs: Single (regression), Boolean (binary) and key (multiclass), in any combination.
/// Missing labels (NaN, missing key) are ignored. If binary labels are missing in some rows, use a Single column with the values
/// 0, 1 and NaN, and declare <see cref="LabelKind.Binary"/>. Features: vector of Single of known size, with finite values. A
/// normaliser is not needed. Training a network needs the native torch library. Training a linear model with a learned prior
/// does not need it, nor does scoring.</para>
/// <para>Without a Task column the outputs are the tasks. Outputs of the same kind share one adapter. Each regression output is
/// standardised with its own mean and standard deviation.</para>
/// <para>With a Task column each output is learned across the tasks that have labels for it, as in
/// <see cref="MetaLearnerTrainer"/>. All outputs share the encoder.</para>
/// <para>Create it with <c>mlContext.MetaLearning().MultiOutput</c>. The same seed, data and machine give a bit-identical model,
/// unless MaximumTrainingTime ends the training.</para>
/// </remarks>
public sealed class MultiOutputTrainer : IEstimator<MultiOutputTransformer>
{
    private readonly IHost _host;
    private readonly MultiOutputOptions _options;

    internal MultiOutputTrainer(IHostEnvironment env, MultiOutputOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(LabelKind.Binary); // every adapter supports this kind; the kinds of the outputs are not known before the data
        _host = env.Register(nameof(MultiOutputTrainer));
        _options = options with { };
    }

    /// <summary>Learns all outputs from the data.</summary>
    /// <param name="input">Data with the output and feature columns, and the Task and weight columns if the options name them.</param>
    /// <exception cref="ArgumentException">An option does not fit the kind of an output.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The rows cannot be used for training. The message gives the reason.</exception>
    /// <exception cref="DllNotFoundException">A network is trained, and the native torch library is absent.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled, and KeepBestWhenCancelled is not set.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written or read.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged.</exception>
    public MultiOutputTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ColumnNames columns = _options.ColumnsFor("");
        columns.CheckRows(input.Schema);
        LabelColumn[] labels = [.. _options.Outputs.Select(output => Label(input.Schema, output))];
        CheckNotHidden(labels.Select(label => (label.Name, label.Kind)));

        using IChannel channel = _host.Start("Multi-output training");
        MetaTrainingOptions options = _options.Bind(_host, channel, input.Schema);
        if (columns.Task is null)
            options = options with { ScaleLabelsByTask = false }; // the tasks are the outputs, which have scales of their own
        var reader = new TaskSetReader(_host, channel, columns) { CancellationToken = options.CancellationToken, Encoder = options.Encoder };
        TaskSet[] outputs = reader.Read(input, labels);
        string[] empty = [.. labels.Where((_, i) => outputs[i].Tasks.Count == 0).Select(label => $"'{label.Name}'")];
        if (empty.Length > 0)
            throw new InvalidOperationException($"Each output must have labels; got none in {string.Join(", ", empty)}. An output cannot be learned without labels. Check filters and the column, or remove the output.");
        channel.Info($"{labels.Length} outputs, {outputs[0].Features.RowCount} rows of {outputs[0].Features.FeatureCount} features{(outputs[0].Features.IsSparse ? ", stored sparse" : "")}; labels: {string.Join(", ", labels.Select((label, i) => $"{label.Name} {outputs[i].Tasks.Sum(task => task.RowCount)}"))}.");

        IReadOnlyList<OutputProblem> problems = columns.Task is null ? OutputProblem.OfOutputs(outputs, [.. labels.Select(label => label.Name)]) : OutputProblem.OfTasks(outputs);
        IReadOnlyList<MetaModel> models = MetaTrainer.Learn([.. problems.Select(problem => problem.Tasks)], options, text => channel.Info(text), text => channel.Warning(text));
        var learners = new MetaLearnerTransformer[labels.Length];
        foreach (var (problem, shared) in problems.Zip(models))
        {
            UnknownTaskHandling unknown = columns.Task is null ? UnknownTaskHandling.Missing : _options.UnknownTasksOf(shared, channel); // without a Task column there are no unknown tasks
            foreach (var (i, scaling) in problem.Labels)
            {
                MetaModel model = (scaling == LabelScaling.None ? shared : shared.WithLabels(scaling.Then(shared.Labels))).Keeping(_options.Statistics);
                KeyVocabulary? classes = labels[i].Kind == LabelKind.Multiclass ? KeyVocabulary.Of(input.Schema[labels[i].Name]) : null;
                IReadOnlyDictionary<string, double> weights = columns.Task is not null ? shared.TaskWeights
                    : shared.TaskWeights.TryGetValue(labels[i].Name, out double weight) ? new Dictionary<string, double> { [TaskNames.Only] = weight } : [];
                learners[i] = MetaLearnerTransformer.Create(_host, model, columns with { Label = labels[i].Name }, classes, unknown, outputs[i], weights, _options.CompletionToken);
            }
        }

        TrainingCheckpoint.Delete(_options.CheckpointPath);
        return new MultiOutputTransformer(_host, columns, learners);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _options.ColumnsFor("").CheckRows(inputSchema);
        CheckNotHidden(_options.Outputs.Select(output => (output.Name, ColumnNames.KindOf(inputSchema, output).Kind)));
        var columns = inputSchema.ToDictionary(column => column.Name);
        foreach (OutputColumn output in _options.Outputs)
        {
            var (kind, label) = ColumnNames.KindOf(inputSchema, output);
            _options.Validate(kind);
            foreach (SchemaShape.Column column in ScoreColumns.Shapes(kind, label, _options.GivesDeviation(kind), _options.TaskColumnName is not null))
            {
                string name = MultiOutputTransformer.NameOf(output.Name, column.Name);
                columns[name] = new SchemaShape.Column(name, column.Kind, column.ItemType, column.IsKey, column.Annotations);
            }
        }

        return new SchemaShape(columns.Values);
    }

    private void CheckNotHidden(IEnumerable<(string Name, LabelKind Kind)> outputs)
    {
        string[] names = [.. outputs.SelectMany(output => _options.OutputNames(output.Kind).Select(column => MultiOutputTransformer.NameOf(output.Name, column)))];
        _options.ColumnsFor("").CheckNotHidden(names);
        foreach (OutputColumn output in _options.Outputs)
            ColumnNames.CheckNotHidden("output", output.Name, names);
    }

    private LabelColumn Label(DataViewSchema schema, OutputColumn output)
    {
        LabelKind kind = ColumnNames.KindOf(schema, output);
        _options.Validate(kind);
        return new LabelColumn(output.Name, kind, kind == LabelKind.Multiclass ? KeyVocabulary.CountOf(schema[output.Name].Type) : 0, _options.ClassSets) { IsCount = _options.Adapter?.PredictsCounts(kind) == true };
    }
}
