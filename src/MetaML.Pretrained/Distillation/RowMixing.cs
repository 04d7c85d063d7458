using MetaML.Pretrained.Tables;

namespace MetaML.Pretrained.Distillation;

/// <summary>Makes rows that resemble the rows of a table.</summary>
/// <remarks>
/// Each row is mixed from two rows. A feature with few values has that of either row. A feature with many values is a + u(b − a), with u from −¼ to 1¼: in half of the rows the
/// same u for all features, which keeps their dependence, in the others different ones. Interpolation is that of mixup (Zhang et al., 2018, arXiv 1710.09412).
/// </remarks>
internal static class RowMixing
{
    private const int FewValues = 8; // at most, or at most half of the rows

    /// <summary>Draws rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="random">The only source of randomness.</param>
    /// <returns>[rows, width].</returns>
    public static float[] Draw(LabeledTable table, int count, Random random)
    {
        bool[] isMixed = [.. Enumerable.Range(0, table.Width).Select(feature =>
            Enumerable.Range(0, table.Rows).Select(row => table.Row(row)[feature]).Distinct().Count() > Math.Min(FewValues, table.Rows / 2))];
        var rows = new float[count * table.Width];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> a = table.Row(random.Next(table.Rows)), b = table.Row(random.Next(table.Rows));
            double common = Step();
            for (int feature = 0; feature < table.Width; feature++)
            {
                float step = (float)(i % 2 == 0 ? common : Step());
                bool canMix = isMixed[feature] && float.IsFinite(a[feature]) && float.IsFinite(b[feature]);
                rows[i * table.Width + feature] = canMix ? a[feature] + step * (b[feature] - a[feature]) : step < 0.5 ? a[feature] : b[feature];
            }
        }

        return rows;

        double Step() => 1.5 * random.NextDouble() - 0.25;
    }
}
