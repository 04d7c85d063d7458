namespace MetaML.Extensions.Reporting.Figures;

/// <summary>Keeps labels that stand beside the ends of lines from covering each other.</summary>
internal static class DirectLabels
{
    /// <summary>Moves places apart, as little as may be, in their order.</summary>
    /// <param name="places">Where the labels would stand.</param>
    /// <param name="distance">The least distance between two of them.</param>
    /// <param name="least">The least place.</param>
    /// <param name="greatest">The greatest place; where it is too near, the last labels stand beyond it.</param>
    /// <returns>A place for each.</returns>
    public static double[] Spread(IReadOnlyList<double> places, double distance, double least, double greatest)
    {
        int[] order = [.. Enumerable.Range(0, places.Count).OrderBy(i => places[i])];
        double[] spread = [.. places];
        for (int i = 0; i < order.Length; i++)
            spread[order[i]] = Math.Max(places[order[i]], i == 0 ? least : spread[order[i - 1]] + distance);
        for (int i = order.Length - 1; i >= 0; i--)
            spread[order[i]] = Math.Min(spread[order[i]], i == order.Length - 1 ? greatest : spread[order[i + 1]] - distance);
        for (int i = 0; i < order.Length; i++)
            spread[order[i]] = Math.Max(spread[order[i]], i == 0 ? least : spread[order[i - 1]] + distance);
        return spread;
    }
}
