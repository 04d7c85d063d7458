using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>A feature whose values can be permuted: a column, or a slot of a vector of Single.</summary>
/// <param name="Column">The column.</param>
/// <param name="Slot">The number of the slot; null for a column that is a scalar.</param>
/// <param name="Name">The name of the feature.</param>
internal sealed record PermutedFeature(DataViewSchema.Column Column, int? Slot, string Name)
{
    /// <summary>The features that the score of a model is made of: scalars without keys, and the slots of vectors of Single. Columns of other types are left out.</summary>
    /// <param name="model">The model.</param>
    /// <param name="schema">The columns of its input.</param>
    /// <param name="leftOut">The columns that are no features, such as the task.</param>
    public static IReadOnlyList<PermutedFeature> Of(ITransformer model, DataViewSchema schema, IReadOnlySet<string> leftOut)
    {
        if (!model.IsRowToRowMapper)
            return [];
        IRowToRowMapper mapper = model.GetRowToRowMapper(schema);
        return [.. mapper.GetDependencies([mapper.OutputSchema[DefaultColumnNames.Score]]).Where(column => !leftOut.Contains(column.Name) && column.Index == schema[column.Name].Index).SelectMany(Of)];
    }

    /// <summary>The rows with permuted values.</summary>
    /// <param name="context">The context.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="source">For each row, the number of the row that its value comes from.</param>
    public IDataView Permute(MLContext context, IDataView rows, int[] source) => Slot is { } slot
        ? RowViews.WithVectors(context, rows, Column.Name, Permuted([.. rows.GetColumn<VBuffer<float>>(Column).Select(vector => vector.DenseValues().ToArray())], source, slot))
        : RowViews.WithPermuted(context, rows, Column, source);

    private static float[][] Permuted(float[][] vectors, int[] source, int slot)
    {
        float[] values = [.. source.Select(row => vectors[row][slot])];
        for (int row = 0; row < vectors.Length; row++)
            vectors[row][slot] = values[row];
        return vectors;
    }

    private static IEnumerable<PermutedFeature> Of(DataViewSchema.Column column) => column.Type switch
    {
        VectorDataViewType { ItemType: NumberDataViewType item, Size: > 0 } when item == NumberDataViewType.Single => VectorSlots.Names(column, $"{column.Name}.").Select((name, slot) => new PermutedFeature(column, slot, name)),
        PrimitiveDataViewType and not KeyDataViewType => [new PermutedFeature(column, null, column.Name)],
        _ => [],
    };
}
