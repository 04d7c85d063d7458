namespace MetaML.Pretrained.Tables;

/// <summary>Draws the features of each view of a table.</summary>
/// <remarks>
/// If there are more features than slots, each view has a part of them. Features are drawn without replacement with probabilities in
/// proportion to their relevance, the squared correlation with the label plus a small constant: keys log(u) / w, the largest first
/// (Efraimidis and Spirakis, 2006).
/// </remarks>
internal static class FeatureDraw
{
    /// <summary>The relevance of each feature; 0 for a feature that does not vary.</summary>
    public static double[] Relevances(LabeledTable table)
    {
        FeatureStatistics[] statistics = FeatureStatistics.OfColumns(table.Features, table.Width);
        var column = new double[table.Rows];
        return [.. statistics.Select((feature, j) =>
        {
            if (!feature.Varies)
                return 0;
            for (int row = 0; row < column.Length; row++)
            {
                float value = table.Features[row * table.Width + j];
                column[row] = float.IsNaN(value) ? 0 : feature.Rank(value);
            }

            double strength = table.Classes == 0 ? Correlation(column, table.Labels, label => label)
                : Enumerable.Range(0, table.Classes).Max(k => Correlation(column, table.Labels, label => label == k ? 1 : 0));
            return strength + 1.0 / table.Rows; // the expected squared correlation of an irrelevant feature
        })];
    }

    /// <summary>Draws the features of one view, in a random order.</summary>
    /// <param name="relevances">The result of <see cref="Relevances"/>.</param>
    /// <param name="slots">The largest number of features.</param>
    /// <param name="random">The only source of randomness.</param>
    public static int[] Next(double[] relevances, int slots, Random random)
    {
        int[] features = [.. Enumerable.Range(0, relevances.Length).Where(j => relevances[j] > 0)
            .Select(j => (Feature: j, Key: Math.Log(1 - random.NextDouble()) / relevances[j])).OrderByDescending(pair => pair.Key).Take(slots).Select(pair => pair.Feature)];
        random.Shuffle(features);
        return features;
    }

    private static double Correlation(double[] column, float[] labels, Func<float, double> target)
    {
        double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
        for (int row = 0; row < column.Length; row++)
        {
            double value = target(labels[row]);
            (x, y, xx, yy, xy) = (x + column[row], y + value, xx + column[row] * column[row], yy + value * value, xy + column[row] * value);
        }

        double n = column.Length, variances = (xx - x * x / n) * (yy - y * y / n), covariance = xy - x * y / n;
        return variances > 1e-9 ? covariance * covariance / variances : 0;
    }
}
