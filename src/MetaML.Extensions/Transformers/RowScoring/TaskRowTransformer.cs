using MetaML.Extensions.Data;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>A step whose output columns are all made of a row's features and task.</summary>
public abstract class TaskRowTransformer : RowToRowTransformerBase, ITransformer
{
    private protected TaskRowTransformer(IHost host, ColumnNames columns)
        : base(host) => Columns = columns;

    /// <summary>The feature column.</summary>
    public string FeatureColumnName => Columns.Features;

    /// <summary>The Task column; null where rows are not told apart by task.</summary>
    public string? TaskColumnName => Columns.Task;

    internal ColumnNames Columns { get; }

    /// <summary>The model that embeds the rows.</summary>
    private protected abstract MetaModel Encoder { get; }

    /// <summary>The rows with their output columns, scored as they are read, a block of them at a time.</summary>
    /// <param name="input">Has the columns that are read.</param>
    public new IDataView Transform(IDataView input)
    {
        Host.CheckValue(input, nameof(input));
        IRowMapper mapper = MakeRowMapper(input.Schema);
        return new TaskRowView(Host, new RowToRowMapperTransform(Host, input, mapper, MakeRowMapper), mapper.GetOutputColumns(), this);
    }

    /// <summary>Reads rows as the outputs need them.</summary>
    /// <param name="row">The row, cursor or block.</param>
    internal TaskRowReader CreateReader(DataViewRow row) => new(Encoder, row, Columns);

    /// <summary>A getter for each active output column, null for the others; what computes them is added to the reader.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="activeOutput">At least one is.</param>
    internal abstract Delegate[] CreateGetters(TaskRowReader rows, Func<int, bool> activeOutput);

    /// <summary>The output columns, as they are added to a schema.</summary>
    internal abstract DataViewSchema.DetachedColumn[] CreateColumns(DataViewSchema input);

    /// <inheritdoc/>
    protected sealed override IRowMapper MakeRowMapper(DataViewSchema schema)
    {
        Columns.CheckScored(schema, Encoder.FeatureCount);
        return new Mapper(this, schema);
    }

    // For rows that cannot be read ahead; no two getters' readers share anything that changes.
    private sealed class Mapper(TaskRowTransformer parent, DataViewSchema inputSchema) : MapperBase(parent.Host.Register(nameof(Mapper)), inputSchema, parent)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() => parent.CreateColumns(InputSchema);

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
        {
            disposer = null;
            return IsAnyActive(activeOutput) ? parent.CreateGetters(parent.CreateReader(input), activeOutput) : new Delegate[OutputColumns.Value.Length]; // the input's columns may not be active either
        }

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer) =>
            CreateGetters(input, i => i == iinfo, out disposer)[iinfo];

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            if (!IsAnyActive(activeOutput))
                return _ => false;
            int features = InputSchema[parent.Columns.Features].Index;
            int task = parent.Columns.Task is { } name ? InputSchema[name].Index : -1;
            return column => column == features || column == task;
        }

        protected override void SaveModel(ModelSaveContext ctx) => parent.SaveModel(ctx);

        private bool IsAnyActive(Func<int, bool> activeOutput) => Enumerable.Range(0, OutputColumns.Value.Length).Any(activeOutput);
    }
}
