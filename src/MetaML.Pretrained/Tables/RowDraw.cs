namespace MetaML.Pretrained.Tables;

/// <summary>Draws the rows of each view of a large table.</summary>
internal static class RowDraw
{
    /// <summary>The table itself if it is not too large; otherwise random rows of it, at least one of each class.</summary>
    /// <param name="table">The table.</param>
    /// <param name="maximumRows">The largest number of rows.</param>
    /// <param name="random">The only source of randomness.</param>
    public static LabeledTable Next(LabeledTable table, int maximumRows, Random random)
    {
        if (table.Rows <= maximumRows)
            return table;
        int[] order = [.. Enumerable.Range(0, table.Rows)];
        random.Shuffle(order);
        if (table.Classes > 0)
        {
            // The first row of each class comes first.
            var seen = new bool[table.Classes];
            bool[] isFirst = [.. order.Select(row => !seen[(int)table.Labels[row]] && (seen[(int)table.Labels[row]] = true))];
            order = [.. order.Where((_, i) => isFirst[i]), .. order.Where((_, i) => !isFirst[i])];
        }

        return table.Select(order[..maximumRows]);
    }
}
