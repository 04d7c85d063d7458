using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers.Export;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Graphs;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>A transformer whose output columns depend on a row's features and task only.</summary>
public abstract class TaskRowTransformer : RowBlockTransformer
{
    private protected TaskRowTransformer(IHost host, ColumnNames columns)
        : base(host) => Columns = columns;

    /// <summary>The feature column.</summary>
    public string FeatureColumnName => Columns.Features;

    /// <summary>The Task column; null if there is none.</summary>
    public string? TaskColumnName => Columns.Task;

    /// <summary>The column of task features; null if there is none.</summary>
    public string? TaskFeatureColumnName => Columns.TaskFeatures;

    /// <summary>The columns of groups that tasks are in, the outermost first; empty if there are none.</summary>
    public IReadOnlyList<string> TaskGroupColumnNames => Columns.Groups;

    /// <summary>The column of exposures of counts; null if there is none.</summary>
    public string? ExposureColumnName => Columns.Exposure;

    internal ColumnNames Columns { get; }

    /// <summary>The model that embeds the rows.</summary>
    internal abstract MetaModel Encoder { get; }

    internal sealed override IEnumerable<string> InputColumns => Columns.Scored;

    /// <summary>A getter for each active output column, null for the others. The method adds the output that computes the columns to the reader.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="activeOutput">Whether an output column is active. At least one is.</param>
    internal abstract Delegate[] CreateGetters(TaskRowReader rows, Func<int, bool> activeOutput);

    /// <summary>The tensor of each output column, in the order of the columns, in a graph of operators.</summary>
    /// <param name="rows">The rows.</param>
    internal abstract IEnumerable<GraphTensor> CreateOutputs(TaskRowGraph rows);

    internal sealed override (RowReader Rows, Delegate[] Getters) CreateReader(DataViewRow row, Func<int, bool> activeOutput)
    {
        var rows = new TaskRowReader(Encoder, row, Columns);
        return (rows, CreateGetters(rows, activeOutput));
    }

    internal sealed override IEnumerable<GraphTensor> CreateOutputs(OnnxGraph graph, DataViewSchema input) => CreateOutputs(new TaskRowGraph(Encoder, graph, input, Columns));

    internal sealed override void CheckInput(DataViewSchema schema) => Columns.CheckScored(schema, Encoder.FeatureCount, Encoder.CovariateNames.Count);
}
