using MetaML.Pretrained.Tables;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.PriorFitting.Evaluation;

/// <summary>Tables as ML.NET's trainers read them, and predictions as numbers.</summary>
internal static class TableData
{
    /// <summary>A view with the columns Features, Answer (Boolean), Class (key) and Number (Single).</summary>
    public static IDataView Of(MLContext ml, LabeledTable table)
    {
        var schema = SchemaDefinition.Create(typeof(TableRow));
        schema[nameof(TableRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, table.Width);
        schema[nameof(TableRow.Class)].ColumnType = new KeyDataViewType(typeof(uint), Math.Max(table.Classes, 1));
        return ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, table.Rows).Select(row => new TableRow
            {
                Features = table.Row(row).ToArray(),
                Number = table.Labels[row],
                Answer = table.Labels[row] == 1,
                Class = table.Classes == 0 ? 0 : (uint)table.Labels[row], // ML.NET adds 1 to keys that it reads from objects
            }).ToArray(),
            schema);
    }

    /// <summary>The prediction of each row: the probability of the answer true, the probabilities of the classes, or the number.</summary>
    public static float[][] Predictions(IDataView scored, LabelKind kind, bool isProbabilityAsNumber) => kind switch
    {
        LabelKind.Multiclass => [.. scored.GetColumn<VBuffer<float>>("Score").Select(score => score.DenseValues().ToArray())],
        LabelKind.Binary when !isProbabilityAsNumber => [.. scored.GetColumn<float>("Probability").Select(value => new[] { value })],
        _ => [.. scored.GetColumn<float>("Score").Select(value => new[] { value })],
    };

    private sealed class TableRow
    {
        public float[] Features { get; set; } = [];

        public bool Answer { get; set; }

        public uint Class { get; set; }

        public float Number { get; set; }
    }
}
