namespace MetaML.PriorFitting.Evaluation;

/// <summary>Metrics of predictions.</summary>
internal static class TableMetrics
{
    private const double SmallestProbability = 1e-4;
    private const int CalibrationBins = 10;

    /// <summary>The mean log-loss of classes, or the mean squared error of numbers.</summary>
    public static double Loss(LabelKind kind, float[][] predictions, float[] labels) => predictions.Zip(labels, (prediction, label) => kind switch
    {
        LabelKind.Regression => Math.Pow(prediction[0] - label, 2),
        LabelKind.Binary => -Math.Log(Clamp(label == 1 ? prediction[0] : 1 - prediction[0])),
        _ => -Math.Log(Clamp(prediction[(int)label])),
    }).Average();

    /// <summary>The area under the ROC curve: the probability that a positive row has a larger prediction than a negative one; ties count by one half.</summary>
    public static double AreaUnderRocCurve(float[][] predictions, float[] labels)
    {
        float[] sorted = [.. predictions.Select(prediction => prediction[0])];
        bool[] answers = [.. labels.Select(label => label == 1)];
        Array.Sort(sorted, answers);
        double below = 0, sum = 0;
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            int positives = 0;
            for (end = start; end < sorted.Length && sorted[end] == sorted[start]; end++)
                positives += answers[end] ? 1 : 0;
            int negatives = end - start - positives;
            sum += positives * (below + 0.5 * negatives);
            below += negatives;
        }

        return sum / (below * (labels.Length - below));
    }

    /// <summary>The expected calibration error: the mean distance of probability and frequency over ten intervals of the probability of class 1.</summary>
    public static double CalibrationError(IReadOnlyList<(float Probability, bool Answer)> predictions) =>
        predictions.GroupBy(pair => Math.Min((int)(CalibrationBins * pair.Probability), CalibrationBins - 1))
            .Sum(bin => Math.Abs(bin.Sum(pair => pair.Probability - (pair.Answer ? 1 : 0)))) / predictions.Count;

    /// <summary>The root mean squared error in units of the labels' standard deviation.</summary>
    public static double RelativeError(float[][] predictions, float[] labels)
    {
        double mean = labels.Average(), variance = labels.Average(label => Math.Pow(label - mean, 2));
        return Math.Sqrt(Loss(LabelKind.Regression, predictions, labels) / variance);
    }

    private static double Clamp(double probability) => Math.Clamp(probability, SmallestProbability, 1 - SmallestProbability);
}
