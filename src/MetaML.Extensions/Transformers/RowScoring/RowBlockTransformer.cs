using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Graphs;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>A transformer that scores rows in blocks, which is faster than one by one.</summary>
public abstract class RowBlockTransformer : RowToRowTransformerBase, ITransformer
{
    private protected RowBlockTransformer(IHost host)
        : base(host)
    {
    }

    /// <summary>The names of the input columns.</summary>
    internal abstract IEnumerable<string> InputColumns { get; }

    /// <summary>Adds the output columns to the rows. Rows are scored in blocks, as they are read.</summary>
    /// <param name="input">Data with the columns that the model reads.</param>
    public new IDataView Transform(IDataView input)
    {
        Host.CheckValue(input, nameof(input));
        IRowMapper mapper = MakeRowMapper(input.Schema);
        return new TaskRowView(Host, new RowToRowMapperTransform(Host, input, mapper, MakeRowMapper), mapper.GetOutputColumns(), this);
    }

    /// <summary>Creates a reader of rows, and a getter for each active output column, null for the others.</summary>
    /// <param name="row">The row, cursor or block.</param>
    /// <param name="activeOutput">Whether an output column is active. At least one is.</param>
    internal abstract (RowReader Rows, Delegate[] Getters) CreateReader(DataViewRow row, Func<int, bool> activeOutput);

    /// <summary>The output columns for an input schema.</summary>
    internal abstract DataViewSchema.DetachedColumn[] CreateColumns(DataViewSchema input);

    /// <summary>The tensor of each output column, in the order of the columns.</summary>
    /// <param name="graph">The graph of operators.</param>
    /// <param name="input">The columns of the input.</param>
    internal abstract IEnumerable<GraphTensor> CreateOutputs(OnnxGraph graph, DataViewSchema input);

    /// <summary>Checks the input columns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    internal abstract void CheckInput(DataViewSchema schema);

    /// <inheritdoc/>
    protected sealed override IRowMapper MakeRowMapper(DataViewSchema schema)
    {
        CheckInput(schema);
        return new Mapper(this, schema);
    }

    // Scores row by row, for rows that cannot be read ahead. Each reader belongs to one set of getters, so that threads share no mutable state.
    private sealed class Mapper(RowBlockTransformer parent, DataViewSchema inputSchema) : MapperBase(parent.Host.Register(nameof(Mapper)), inputSchema, parent), ISaveAsOnnx
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() => parent.CreateColumns(InputSchema);

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
        {
            disposer = null;
            return IsAnyActive(activeOutput) ? parent.CreateReader(input, activeOutput).Getters : new Delegate[OutputColumns.Value.Length]; // a reader needs active input columns, and without an active output there may be none
        }

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer) =>
            CreateGetters(input, i => i == iinfo, out disposer)[iinfo];

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            if (!IsAnyActive(activeOutput))
                return _ => false;
            HashSet<int> inputs = [.. parent.InputColumns.Select(name => InputSchema[name].Index)];
            return inputs.Contains;
        }

        protected override void SaveModel(ModelSaveContext ctx) => parent.SaveModel(ctx);

        // What cannot be exported throws an exception with the reason. If this method returned false, ConvertToOnnx would write a file without the scores.
        bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => true;

        void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx)
        {
            var graph = new OnnxGraph(ctx);
            foreach (var (column, tensor) in OutputColumns.Value.Zip(parent.CreateOutputs(graph, InputSchema).ToArray()))
                graph.AddColumn(tensor, column.Name, column.Type);
        }

        private bool IsAnyActive(Func<int, bool> activeOutput) => Enumerable.Range(0, OutputColumns.Value.Length).Any(activeOutput);
    }
}
