namespace MetaML.PriorFitting.Prior;

/// <summary>The distribution of made-up tables.</summary>
/// <param name="slots">The largest number of features.</param>
internal sealed class TablePrior(int slots)
{
    private const int MaximumAttempts = 20;
    private const double MinimumGain = 0.03;
    private const double UnlearnableShare = 0.1; // of the tables that nothing can learn, so that the network also knows these

    /// <summary>Draws a table.</summary>
    /// <param name="random">The only source of randomness.</param>
    /// <param name="classes">The number of classes; 0 for numeric labels.</param>
    /// <param name="support">The number of rows of the support.</param>
    /// <param name="query">The number of rows of the query.</param>
    public MadeTable Draw(Random random, int classes, int support, int query)
    {
        MadeTable table = Attempt(random, classes, support, query);
        for (int attempt = 1; attempt < MaximumAttempts && !IsUseful(random, table); attempt++)
            table = Attempt(random, classes, support, query);
        return table;
    }

    private MadeTable Attempt(Random random, int classes, int support, int query)
    {
        int rows = support + query, width = random.Next(1, slots + 1);
        bool hasScorePerClass = classes > 0 && random.Happens(classes == 2 ? 0.2 : 0.6);
        var (columns, scores) = Mechanism.Draw(random, rows, width, hasScorePerClass ? classes : 1);
        float[] labels = classes == 0 ? Labels.Numbers(random, scores[0]) : Labels.Classes(random, scores, classes);
        Wear.Apply(random, columns);
        var features = new float[rows * width];
        for (int row = 0; row < rows; row++)
        {
            for (int feature = 0; feature < width; feature++)
                features[row * width + feature] = columns[feature][row];
        }

        return new MadeTable(features, width, labels, classes, support);
    }

    private static bool IsUseful(Random random, MadeTable table)
    {
        ReadOnlySpan<float> support = table.Labels.AsSpan(0, table.Support);
        float first = support[0];
        return support.ContainsAnyExcept(first) && (Learnability.Gain(table) > MinimumGain || random.Happens(UnlearnableShare));
    }
}
