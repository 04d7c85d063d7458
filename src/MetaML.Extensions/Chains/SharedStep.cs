using System.Runtime.CompilerServices;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Chains;

/// <summary>A step that several chains share. Disposing one of them does not dispose the step.</summary>
/// <remarks>
/// A chain disposes its steps, and a PredictionEngine disposes its chain. A disposable step, such as one with an ONNX session,
/// is therefore copied once. The copy is freed when no chain refers to it. The saved file contains the original step.
/// </remarks>
internal sealed class SharedStep : ITransformer
{
    private static readonly ConditionalWeakTable<ITransformer, SharedStep> s_copies = [];

    private readonly ITransformer _copy;

    private SharedStep(ITransformer copy) => _copy = copy;

    bool ITransformer.IsRowToRowMapper => _copy.IsRowToRowMapper;

    /// <summary>The step itself if it is not disposable, otherwise its shared copy.</summary>
    public static ITransformer Of(MLContext context, ITransformer step) =>
        step is IDisposable && TransformerChains.Steps(step) is null ? s_copies.GetValue(step, original => new SharedStep(Copy(context, original))) : step;

    /// <summary>The name of the type of a step.</summary>
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
