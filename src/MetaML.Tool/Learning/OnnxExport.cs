using MetaML.Tool.Columns;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MetaML.Tool.Learning;

/// <summary>Writes models as ONNX.</summary>
internal static class OnnxExport
{
    /// <summary>Writes a model, completely or not at all.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The model.</param>
    /// <param name="path">The path of the file.</param>
    /// <returns>The inputs of the graph.</returns>
    /// <exception cref="ToolException">A step cannot be written as ONNX.</exception>
    public static string[] Write(MLContext ml, ModelFile model, string path)
    {
        string[] texts = [.. model.Plan.Features.Where(column => column.Kind == ColumnKind.Text).Select(column => column.Name)];
        if (texts.Length > 0)
            throw new ToolException($"A model must have no columns of texts to become ONNX; '{model.Path}' has {NameOrder.List(texts)}, and ML.NET cannot write their words. Nothing is written. Train a model with --ignore \"{texts[0]}\".");

        // The label is no input of the graph, so that the step that makes its key is left out.
        ITransformer[] steps = [.. Steps(model.Transformer).Where(step => !(step is ValueToKeyMappingTransformer mapping && Makes(mapping, model.Plan.LabelColumn)))];
        TableView view = Inputs(model.Plan);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream file = File.Create(temporary))
                ml.Model.ConvertToOnnx(new TransformerChain<ITransformer>(steps), view, file);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        return [.. view.Schema.Select(column => column.Name)];
    }

    private static IEnumerable<ITransformer> Steps(ITransformer model) =>
        model is IEnumerable<ITransformer> chain && model.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(TransformerChain<>) ? chain.SelectMany(Steps) : [model];

    private static bool Makes(ValueToKeyMappingTransformer mapping, string column)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn(column, TextDataViewType.Instance);
        try
        {
            return mapping.GetOutputSchema(builder.ToSchema())[column].Type is KeyDataViewType;
        }
        catch (ArgumentException)
        {
            return false; // it reads other columns
        }
    }

    private static TableView Inputs(TablePlan plan) => new(
        [new ValueColumn<ReadOnlyMemory<char>>(plan.TaskColumn, TextDataViewType.Instance), .. plan.Features.SelectMany(column => CellReader.Of(column, plan.Missing).Columns)], 0);
}
