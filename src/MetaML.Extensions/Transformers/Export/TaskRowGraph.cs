using MetaML.Encoders;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Graphs;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.Export;

/// <summary>The features, tasks and embeddings of rows in a graph of operators, for all outputs. It computes what <see cref="RowScoring.TaskRowReader"/> reads.</summary>
internal sealed class TaskRowGraph
{
    private readonly OnnxGraph _graph;
    private readonly ColumnNames _columns;
    private readonly IEncoder _encoder;
    private readonly IReadOnlyList<float[]> _shared;
    private readonly GraphTensor _scaled;
    private GraphTensor? _embedding;

    /// <param name="model">The model whose encoder embeds the rows.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="schema">The columns of the input.</param>
    /// <param name="columns">The names of the columns.</param>
    public TaskRowGraph(MetaModel model, OnnxGraph graph, DataViewSchema schema, ColumnNames columns)
    {
        _graph = graph;
        Schema = schema;
        _columns = columns;
        (_encoder, _shared) = (model.Encoder, model.EncoderArrays);
        GraphTensor features = graph.Column(columns.Features).Reshape(-1, model.FeatureCount);
        TaskFeatures = columns.TaskFeatures is { } name ? graph.Column(name).Reshape(-1, model.CovariateNames.Count) : null;
        Exposure = columns.Exposure is { } exposure ? graph.Column(exposure).Reshape(-1, 1) : null;
        GraphTensor all = TaskFeatures is { } known ? graph.Join(features, known) : features;
        IsFinite = (all - all).Sum().Apply("IsNaN").Apply("Not");
        _scaled = model.Scaling is { } scaling ? Scale(scaling.Drawings?.Apply(features) ?? features, scaling.Shift, scaling.Scale) : features;
    }

    /// <summary>The columns of the input.</summary>
    public DataViewSchema Schema { get; }

    /// <summary>Boolean [rows, 1]: whether all features of the row and of its task are finite.</summary>
    public GraphTensor IsFinite { get; }

    /// <summary>[rows, task features]; null if there are none.</summary>
    public GraphTensor? TaskFeatures { get; }

    /// <summary>[rows, 1]: the exposures of counts; null if there are none.</summary>
    public GraphTensor? Exposure { get; }

    /// <summary>Whether there is a Task column. Without it all rows are of one task.</summary>
    public bool HasTasks => _columns.Task is not null;

    /// <summary>x ↦ (x − shift) · scale.</summary>
    public static GraphTensor Scale(GraphTensor values, float[]? shift, float[] scale)
    {
        GraphTensor Constant(float[] numbers) => values.Graph.Constant(numbers, numbers.Length);
        return (shift is null ? values : values - Constant(shift)) * Constant(scale);
    }

    /// <summary>The values where a condition holds, else NaN.</summary>
    /// <param name="condition">Boolean [rows, 1].</param>
    /// <param name="values">[rows, slots].</param>
    public static GraphTensor ValueWhere(GraphTensor condition, GraphTensor values) => condition.Apply("Where", values, values.Graph.Constant(float.NaN));

    /// <summary>Int64 [rows]: the index of each row's task; without a Task column, that of the only task, for all rows.</summary>
    /// <param name="tasks">The names of the tasks.</param>
    /// <param name="unknown">The index of all other tasks.</param>
    public GraphTensor IndexOfTask(IReadOnlyList<string> tasks, long unknown) => _columns.Task is { } column
        ? IndexOfTask(_graph, Schema[column], tasks.Index().Select(task => KeyValuePair.Create(task.Item, (long)task.Index)), unknown)
        : _graph.List(tasks.Count > 0 ? 0 : unknown);

    /// <summary>Int64 [rows]: a number for each row's task.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="column">The Task column: text or key.</param>
    /// <param name="numbers">The numbers of the tasks.</param>
    /// <param name="unknown">The number of all other tasks.</param>
    public static GraphTensor IndexOfTask(OnnxGraph graph, DataViewSchema.Column column, IEnumerable<KeyValuePair<string, long>> numbers, long unknown)
    {
        var known = new Dictionary<string, long>(numbers, StringComparer.Ordinal);
        GraphTensor task = graph.Column(column.Name);
        if (column.Type is not TextDataViewType)
        {
            long[] ofKeys = [unknown, .. KeyVocabulary.Of(column).Names.Select(name => known.GetValueOrDefault(name, unknown))]; // key 0 is missing
            return graph.List(ofKeys).Gather(graph.Apply("Cast", [task], ("to", typeof(long))), 0).Reshape(-1);
        }

        known[""] = unknown; // an empty text is no task
        return graph.Apply("LabelEncoder", [task], ("keys_strings", known.Keys.ToArray()), ("values_int64s", known.Values.ToArray()), ("default_int64", unknown)).Reshape(-1);
    }

    /// <summary>[rows, embedding]: the rows embedded by the shared encoder.</summary>
    public GraphTensor Embed() => _embedding ??= _encoder.Embed([.. _shared.Select(values => GraphParameter.Shared(_graph, values))], _scaled);

    /// <summary>[rows, embedding]: the rows embedded with the encoder parameters of their tasks.</summary>
    /// <param name="parameters">For each index of <paramref name="index"/>, the parameters in the encoder's order; null if they are the shared ones.</param>
    /// <param name="index">Int64 [rows]: the index of each row's task.</param>
    /// <exception cref="NotSupportedException">One graph cannot choose these parameters by row.</exception>
    public GraphTensor Embed(IReadOnlyList<IReadOnlyList<float[]>?> parameters, GraphTensor index)
    {
        if (parameters.All(ofTask => ofTask is null))
            return Embed();
        return _encoder.Embed([.. _shared.Select((shared, p) =>
        {
            float[][] values = [.. parameters.Select(ofTask => ofTask?[p] ?? shared)];
            return values.All(one => one == values[0]) ? GraphParameter.Shared(_graph, values[0]) : GraphParameter.PerTask(values, index);
        })], _scaled);
    }
}
