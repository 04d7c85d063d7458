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

/// <summary>Learns to predict several columns from the same features: one encoder for all of them, and a head for each.</summary>
/// <remarks>
/// <para>Trainer characteristics. Outputs: any mix of Single (regression), Boolean (binary) and key (multiclass). A missing label
/// (NaN, missing key) is left out of learning, never filled in; for yes/no labels of which some are missing use Single of 0, 1
/// and NaN, and declare <see cref="LabelKind.Binary"/>. Features: known-size vector of Single, finite; no normaliser is needed.
/// Training a network needs the native torch library; a linear model with a learned prior, and scoring, do not.</para>
/// <para>Without a Task column outputs are the tasks: those of one kind share what is learned about heads, and values are
/// standardised output by output. With a Task column each output is learned across the tasks that it has labels in, as
/// <see cref="MetaLearnerTrainer"/> would, but on the shared encoder.</para>
/// <para>Made by <c>mlContext.MetaLearning().MultiOutput</c>. Same seed, same data, same machine: same bits, unless MaximumTrainingTime ends the training.</para>
/// </remarks>
public sealed class MultiOutputTrainer : IEstimator<MultiOutputTransformer>
{
    private readonly IHost _host;
    private readonly MultiOutputOptions _options;

    internal MultiOutputTrainer(IHostEnvironment env, MultiOutputOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(LabelKind.Binary); // which every adapter serves; the outputs' own kinds are known with the data
        _host = env.Register(nameof(MultiOutputTrainer));
        _options = options with { };
    }

    /// <summary>Learns all outputs of the data.</summary>
    /// <param name="input">Outputs, features, and the Task and weight columns if they were named.</param>
    /// <exception cref="ArgumentException">An option does not fit an output's kind.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The rows cannot be learned from; the message says why.</exception>
    /// <exception cref="DllNotFoundException">A network was asked for, and the native torch library is absent.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled, and the best so far is not to be kept.</exception>
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
        var reader = new TaskSetReader(_host, channel, columns) { CancellationToken = options.CancellationToken, Encoder = options.Encoder };
        TaskSet[] outputs = reader.Read(input, labels);
        string[] empty = [.. labels.Where((_, i) => outputs[i].Tasks.Count == 0).Select(label => $"'{label.Name}'")];
        if (empty.Length > 0)
            throw new InvalidOperationException($"Each output must have labels; got none in {string.Join(", ", empty)}. There is nothing to learn it from. Check the filter and the column, or leave the output out.");
        channel.Info($"{labels.Length} outputs, {outputs[0].Features.RowCount} rows of {outputs[0].Features.FeatureCount} features{(outputs[0].Features.IsSparse ? ", kept sparse" : "")}; labels: {string.Join(", ", labels.Select((label, i) => $"{label.Name} {outputs[i].Tasks.Sum(task => task.RowCount)}"))}.");

        IReadOnlyList<OutputProblem> problems = columns.Task is null ? OutputProblem.OfOutputs(outputs, [.. labels.Select(label => label.Name)]) : OutputProblem.OfTasks(outputs);
        IReadOnlyList<MetaModel> models = MetaTrainer.Learn([.. problems.Select(problem => problem.Tasks)], options, text => channel.Info(text), text => channel.Warning(text));
        var learners = new MetaLearnerTransformer[labels.Length];
        foreach (var (problem, shared) in problems.Zip(models))
        {
            UnknownTaskHandling unknown = columns.Task is null ? UnknownTaskHandling.Missing : _options.UnknownTasksOf(shared, channel); // without tasks none is unknown
            foreach (var (i, scaling) in problem.Labels)
            {
                MetaModel model = shared.WithLabels(scaling.Then(shared.Labels));
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
            foreach (SchemaShape.Column column in ScoreColumns.Promise(kind, label, _options.GivesDeviation(kind), _options.TaskColumnName is not null))
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
        return new LabelColumn(output.Name, kind, kind == LabelKind.Multiclass ? KeyVocabulary.CountOf(schema[output.Name].Type) : 0, _options.ClassSets);
    }
}
