using MetaML.Extensions.Data;
using MetaML.Extensions.Transformers.RowScoring;
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

    /// <summary>The rows with their output columns, scored as they are read, a block of them at a time.</summary>
    /// <param name="input">Has the columns that are read.</param>
    public new IDataView Transform(IDataView input)
    {
        Host.CheckValue(input, nameof(input));
        return new TaskRowView(Host, MakeDataTransform(input), (ITaskRowMapper)MakeRowMapper(input.Schema));
    }

    /// <summary>No two cursors share anything that changes.</summary>
    private protected abstract class TaskRowMapper(TaskRowTransformer parent, DataViewSchema inputSchema) : MapperBase(parent.Host.Register(nameof(TaskRowMapper)), inputSchema, parent), ITaskRowMapper
    {
        public abstract TaskRowReader CreateReader(DataViewRow row, bool isBlock);

        public abstract (Delegate[] Getters, TaskRowScorer[] Scorers) CreateGetters(TaskRowReader rows, Func<int, bool> activeOutput);

        public sealed override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
        {
            disposer = null;
            return IsAnyActive(activeOutput) ? CreateGetters(CreateReader(input, isBlock: false), activeOutput).Getters : new Delegate[OutputColumns.Value.Length]; // the input's columns may not be active either
        }

        protected sealed override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer) =>
            CreateGetters(input, i => i == iinfo, out disposer)[iinfo];

        protected sealed override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            if (!IsAnyActive(activeOutput))
                return _ => false;
            int features = InputSchema[parent.Columns.Features].Index;
            int task = parent.Columns.Task is { } name ? InputSchema[name].Index : -1;
            return column => column == features || column == task;
        }

        protected sealed override void SaveModel(ModelSaveContext ctx) => parent.SaveModel(ctx);

        private bool IsAnyActive(Func<int, bool> activeOutput) => Enumerable.Range(0, OutputColumns.Value.Length).Any(activeOutput);
    }
}
