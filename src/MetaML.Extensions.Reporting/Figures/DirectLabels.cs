namespace MetaML.Extensions.Reporting.Figures;

/// <summary>Prevents the overlap of labels at the ends of lines.</summary>
internal static class DirectLabels
{
    /// <summary>Moves positions apart by small distances. Their order stays the same.</summary>
    /// <param name="positions">The positions of the labels.</param>
    /// <param name="distance">The least distance between two positions.</param>
    /// <param name="minimum">The least position.</param>
    /// <param name="maximum">The greatest position. If there is too little room for all labels, the last ones are beyond it.</param>
    /// <returns>The new position of each label.</returns>
    public static double[] Separate(IReadOnlyList<double> positions, double distance, double minimum, double maximum)
    {
        int[] order = [.. Enumerable.Range(0, positions.Count).OrderBy(i => positions[i])];
        double[] separated = [.. positions];
        for (int i = 0; i < order.Length; i++)
            separated[order[i]] = Math.Max(positions[order[i]], i == 0 ? minimum : separated[order[i - 1]] + distance);
        for (int i = order.Length - 1; i >= 0; i--)
            separated[order[i]] = Math.Min(separated[order[i]], i == order.Length - 1 ? maximum : separated[order[i + 1]] - distance);
        for (int i = 0; i < order.Length; i++)
            separated[order[i]] = Math.Max(separated[order[i]], i == 0 ? minimum : separated[order[i - 1]] + distance);
        return separated;
    }
}
