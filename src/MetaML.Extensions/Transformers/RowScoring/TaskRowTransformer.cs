using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers.Export;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Graphs;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>A transformer whose output columns depend on a row's features and task only.</summary>
public abstract class TaskRowTransformer : RowToRowTransformerBase, ITransformer
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
    private protected abstract MetaModel Encoder { get; }

    /// <summary>Adds the output columns to the rows. Rows are scored in blocks, as they are read.</summary>
    /// <param name="input">Data with the feature column and, if the model has them, the Task column and the columns of task features, groups and exposures.</param>
    public new IDataView Transform(IDataView input)
    {
        Host.CheckValue(input, nameof(input));
        IRowMapper mapper = MakeRowMapper(input.Schema);
        return new TaskRowView(Host, new RowToRowMapperTransform(Host, input, mapper, MakeRowMapper), mapper.GetOutputColumns(), this);
    }

    /// <summary>Creates the reader of the columns that the outputs need.</summary>
    /// <param name="row">The row, cursor or block.</param>
    internal TaskRowReader CreateReader(DataViewRow row) => new(Encoder, row, Columns);

    /// <summary>A getter for each active output column, null for the others. The method adds the output that computes the columns to the reader.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="activeOutput">Whether an output column is active. At least one is.</param>
    internal abstract Delegate[] CreateGetters(TaskRowReader rows, Func<int, bool> activeOutput);

    /// <summary>The tensor of each output column, in the order of the columns, in a graph of operators.</summary>
    /// <param name="rows">The rows.</param>
    internal abstract IEnumerable<GraphTensor> CreateOutputs(TaskRowGraph rows);

    /// <summary>The output columns for an input schema.</summary>
    internal abstract DataViewSchema.DetachedColumn[] CreateColumns(DataViewSchema input);

    /// <inheritdoc/>
    protected sealed override IRowMapper MakeRowMapper(DataViewSchema schema)
    {
        Columns.CheckScored(schema, Encoder.FeatureCount, Encoder.CovariateNames.Count);
        return new Mapper(this, schema);
    }

    // Scores row by row, for rows that cannot be read ahead. Each reader belongs to one set of getters, so that threads share no mutable state.
    private sealed class Mapper(TaskRowTransformer parent, DataViewSchema inputSchema) : MapperBase(parent.Host.Register(nameof(Mapper)), inputSchema, parent), ISaveAsOnnx
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() => parent.CreateColumns(InputSchema);

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
        {
            disposer = null;
            return IsAnyActive(activeOutput) ? parent.CreateGetters(parent.CreateReader(input), activeOutput) : new Delegate[OutputColumns.Value.Length]; // a reader needs active input columns, and without an active output there may be none
        }

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer) =>
            CreateGetters(input, i => i == iinfo, out disposer)[iinfo];

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            if (!IsAnyActive(activeOutput))
                return _ => false;
            int features = InputSchema[parent.Columns.Features].Index;
            int task = parent.Columns.Task is { } name ? InputSchema[name].Index : -1;
            int taskFeatures = parent.Columns.TaskFeatures is { } column ? InputSchema[column].Index : -1;
            int exposure = parent.Columns.Exposure is { } exposures ? InputSchema[exposures].Index : -1;
            HashSet<int> groups = [.. parent.Columns.Groups.Select(group => InputSchema[group].Index)];
            return index => index == features || index == task || index == taskFeatures || index == exposure || groups.Contains(index);
        }

        protected override void SaveModel(ModelSaveContext ctx) => parent.SaveModel(ctx);

        // What cannot be exported throws an exception with the reason. If this method returned false, ConvertToOnnx would write a file without the scores.
        bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => true;

        void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx)
        {
            var graph = new OnnxGraph(ctx);
            var rows = new TaskRowGraph(parent.Encoder, graph, InputSchema, parent.Columns);
            foreach (var (column, tensor) in OutputColumns.Value.Zip(parent.CreateOutputs(rows).ToArray()))
                graph.AddColumn(tensor, column.Name, column.Type);
        }

        private bool IsAnyActive(Func<int, bool> activeOutput) => Enumerable.Range(0, OutputColumns.Value.Length).Any(activeOutput);
    }
}
