using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;
using MetaML.PriorFitting.Prior;

namespace MetaML.PriorFitting.Training;

/// <summary>Tables with equal numbers of rows, as inputs and targets of the network. Tables with classes come first.</summary>
internal sealed class TableBatch
{
    /// <param name="shape">The network's sizes.</param>
    /// <param name="tables">The tables; all have as many rows in support and query.</param>
    public TableBatch(NetworkShape shape, IReadOnlyList<MadeTable> tables)
    {
        Tables = [.. tables.OrderBy(table => table.Classes == 0)];
        Support = Tables[0].Support;
        Rows = Tables[0].Labels.Length;
        int query = Rows - Support;
        Tokens = new float[Tables.Count * Rows * shape.Inputs];
        SupportLabels = new float[Tables.Count * Support * NetworkShape.LabelInputs];
        Targets = new long[Tables.Count * query];
        for (int t = 0; t < Tables.Count; t++)
        {
            MadeTable table = Tables[t];
            var rows = new RowEncoder(shape, table.Features.AsSpan(0, Support * table.Width), table.Width, [.. Enumerable.Range(0, table.Width)], table.Classes);
            for (int row = 0; row < Rows; row++)
                rows.Encode(table.Features.AsSpan(row * table.Width, table.Width), Tokens.AsSpan((t * Rows + row) * shape.Inputs, shape.Inputs));
            var labels = new LabelScale(table.Labels.AsSpan(0, Support), table.Classes);
            for (int row = 0; row < Support; row++)
                labels.Encode(table.Labels[row], SupportLabels.AsSpan((t * Support + row) * NetworkShape.LabelInputs, NetworkShape.LabelInputs));
            for (int row = 0; row < query; row++)
                Targets[t * query + row] = labels.Target(table.Labels[Support + row]);
        }
    }

    /// <summary>The tables, those with classes first.</summary>
    public IReadOnlyList<MadeTable> Tables { get; }

    /// <summary>The number of tables with classes.</summary>
    public int Classifications => Tables.Count(table => table.Classes > 0);

    /// <summary>The number of rows of each support.</summary>
    public int Support { get; }

    /// <summary>The number of rows of each table.</summary>
    public int Rows { get; }

    /// <summary>[tables, rows, inputs].</summary>
    public float[] Tokens { get; }

    /// <summary>[tables, support, label inputs].</summary>
    public float[] SupportLabels { get; }

    /// <summary>The class or bin of each row of the query: [tables, query].</summary>
    public long[] Targets { get; }
}
