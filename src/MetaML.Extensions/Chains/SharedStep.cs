using System.Runtime.CompilerServices;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Chains;

/// <summary>A step that several chains share and that outlives each of them.</summary>
/// <remarks>
/// A chain disposes its steps, and a PredictionEngine its chain. A step that holds something to dispose of (an ONNX session,
/// say) is therefore copied once, and the copy is freed when no chain refers to it any more. It is saved as what it wraps.
/// </remarks>
internal sealed class SharedStep : ITransformer
{
    private static readonly ConditionalWeakTable<ITransformer, SharedStep> s_copies = [];

    private readonly ITransformer _copy;

    private SharedStep(ITransformer copy) => _copy = copy;

    bool ITransformer.IsRowToRowMapper => _copy.IsRowToRowMapper;

    /// <summary>The step itself where there is nothing to dispose of, else its shared copy.</summary>
    public static ITransformer Of(MLContext context, ITransformer step) =>
        step is IDisposable && TransformerChains.Steps(step) is null ? s_copies.GetValue(step, original => new SharedStep(Copy(context, original))) : step;

    /// <summary>The type of a step, as people know it.</summary>
    public static string NameOf(ITransformer step) => (step is SharedStep shared ? shared._copy : step).GetType().Name.Split('`')[0];

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => _copy.GetOutputSchema(inputSchema);

    public IDataView Transform(IDataView input) => _copy.Transform(input);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => _copy.GetRowToRowMapper(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx) => _copy.Save(ctx);

    private static ITransformer Copy(MLContext context, ITransformer step)
    {
        using var stream = new MemoryStream();
        context.Model.Save(step, null, stream);
        stream.Position = 0;
        var loaded = context.Model.Load(stream, out _);
        return TransformerChains.Steps(loaded) is [var only] ? only : loaded;
    }
}
