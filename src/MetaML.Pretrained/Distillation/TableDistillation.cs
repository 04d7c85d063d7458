using MetaML.Pretrained.Tables;

namespace MetaML.Pretrained.Distillation;

/// <summary>Fits a small network to the predictions of the large one (Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network, 2015, arXiv 1503.02531).</summary>
/// <remarks>
/// The large network labels rows that are mixed from the rows of the table (<see cref="RowMixing"/>), and the rows themselves. Logarithms of probabilities, or mean and
/// logarithm of the deviation of a number, are then learned by ridge regression on random hidden units (Rahimi and Recht, Weighted Sums of
/// Random Kitchen Sinks, 2008). The penalty is the one with the least error on a quarter of the mixed rows.
/// </remarks>
internal static class TableDistillation
{
    /// <summary>The largest number of features: the work has their square.</summary>
    public const int MaximumFeatures = 300;

    private const int MixedRows = 512, MaximumRows = 256;
    private const float LeastProbability = 1e-4f;
    private const double InterceptScale = 100; // so that the penalty hardly acts on the intercept

    private static readonly double[] s_penalties = [0.01, 0.1, 1, 10];

    /// <summary>Fits the small network.</summary>
    /// <param name="teacher">The large network, which has read the table.</param>
    public static DistilledTable Fit(FittedTable teacher)
    {
        LabeledTable table = teacher.Table;
        var random = new Random(1);
        int width = table.Width, outputs = ((ITablePredictor)teacher).Outputs;
        var scale = new LabelScale(table.Labels, table.Classes);
        float mean = (float)scale.Mean, deviation = scale.Deviation > 0 ? (float)scale.Deviation : 1;
        float[] rows = [.. RowMixing.Draw(table, MixedRows, random), .. RowDraw.Next(table, MaximumRows, random).Features];
        int count = rows.Length / width;
        var targets = new float[count * outputs];
        ViewBuffers? buffers = null;
        teacher.Predict(rows, count, ref buffers, targets);
        for (int i = 0; i < targets.Length; i++)
        {
            targets[i] = table.Classes > 0 ? MathF.Log(MathF.Max(targets[i], LeastProbability))
                : i % 2 == 0 ? (targets[i] - mean) / deviation
                : MathF.Log(MathF.Max(targets[i] / deviation, LeastProbability));
        }

        FeatureStatistics[] statistics = FeatureStatistics.OfColumns(table.Features, width);
        float[] means = Array.ConvertAll(statistics, feature => feature.Mean), inverses = Array.ConvertAll(statistics, feature => feature.Inverse);
        DistilledTable With(float[] weights, float[] bias) => new(table.Classes, means, inverses, weights, bias, mean, deviation);
        DistilledTable empty = With([], []);
        var inputs = new double[count * (empty.Inputs + 1)];
        var own = new float[empty.Inputs];
        for (int row = 0; row < count; row++)
        {
            Span<double> target = inputs.AsSpan(row * (empty.Inputs + 1), empty.Inputs + 1);
            empty.Encode(rows.AsSpan(row * width, width), own);
            for (int i = 0; i < own.Length; i++)
                target[i] = own[i];
            target[^1] = InterceptScale;
        }

        double[] labels = Array.ConvertAll(targets, value => (double)value);
        double[] best = new RidgeFit(inputs, labels, outputs, empty.Inputs + 1).Best(s_penalties, MixedRows / 4);
        return With([.. best[..^outputs].Select(value => (float)value)], [.. best[^outputs..].Select(value => (float)(value * InterceptScale))]);
    }
}
