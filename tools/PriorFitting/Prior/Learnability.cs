using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;

namespace MetaML.PriorFitting.Prior;

/// <summary>How much of a table's labels its features explain, by two simple learners.</summary>
internal static class Learnability
{
    private const int MaximumRows = 96;
    private const int Neighbours = 5;

    /// <summary>The better of 1 − (error of the five nearest rows) and 1 − (error of the best single feature), in units of the labels' variance.</summary>
    public static double Gain(MadeTable table)
    {
        int rows = Math.Min(table.Labels.Length, MaximumRows), width = table.Width;
        ReadOnlySpan<float> features = table.Features.AsSpan(0, rows * width);
        var statistics = FeatureStatistics.OfColumns(features, width);
        var columns = new float[width][];
        for (int feature = 0; feature < width; feature++)
        {
            columns[feature] = new float[rows];
            for (int row = 0; row < rows; row++)
            {
                float value = features[row * width + feature];
                columns[feature][row] = float.IsNaN(value) || !statistics[feature].Varies ? 0 : statistics[feature].Number(value);
            }
        }

        float[][] targets = Targets(table, rows);
        return Math.Max(BestFeature(columns, targets), NearestRows(columns, targets));
    }

    // Standardised labels: one column, or an indicator for each class.
    private static float[][] Targets(MadeTable table, int rows)
    {
        float[] labels = table.Labels[..rows];
        return table.Classes == 0 ? [labels.Standardise().Map(FeatureStatistics.Squash).Standardise()]
            : [.. Enumerable.Range(0, table.Classes).Select(k => ((float[])[.. labels]).Map(label => label == k ? 1 : 0).Standardise())];
    }

    private static double BestFeature(float[][] columns, float[][] targets)
    {
        int rows = targets[0].Length;
        double best = 0;
        foreach (float[] column in columns)
        {
            column.Standardise();
            foreach (float[] target in targets)
            {
                double correlation = 0;
                for (int row = 0; row < rows; row++)
                    correlation += column[row] * target[row];
                best = Math.Max(best, Math.Pow(correlation / rows, 2));
            }
        }

        double chance = 2 * Math.Log(2.0 * columns.Length * targets.Length) / rows; // about the largest of as many squared correlations of noise
        return best - chance;
    }

    private static double NearestRows(float[][] columns, float[][] targets)
    {
        int rows = targets[0].Length;
        if (rows <= Neighbours)
            return 0;
        var distances = new float[rows];
        var order = new int[rows];
        double error = 0, total = 0;
        for (int row = 0; row < rows; row++)
        {
            for (int other = 0; other < rows; other++)
            {
                float distance = other == row ? float.PositiveInfinity : 0;
                foreach (float[] column in columns)
                {
                    float difference = column[row] - column[other];
                    distance += difference * difference;
                }

                (distances[other], order[other]) = (distance, other);
            }

            Array.Sort(distances, order);
            foreach (float[] target in targets)
            {
                float mean = 0;
                for (int i = 0; i < Neighbours; i++)
                    mean += target[order[i]] / Neighbours;
                error += Math.Pow(target[row] - mean, 2);
                total += Math.Pow(target[row], 2);
            }
        }

        return total == 0 ? 0 : 1 - error / total;
    }
}
