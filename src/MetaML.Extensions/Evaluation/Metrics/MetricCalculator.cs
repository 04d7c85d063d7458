namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>The metrics of one task's scored rows: ML.NET's figures, for thousands of tasks.</summary>
/// <remarks>
/// ML.NET's own Evaluate takes milliseconds a call; few-shot evaluation judges every task after every draw. Deviations, which
/// keep what is undefined out of means: AUC, AUPRC and recall of a task without both classes (without positive rows) are NaN,
/// where ML.NET throws or gives 0; F1 is 2TP / (2TP + FP + FN), which is 0 where ML.NET gives NaN because no positive row was found.
/// </remarks>
internal static class MetricCalculator
{
    private const double SmallestProbability = 1e-15f;

    /// <summary>All metrics of the kind, in the order of <see cref="TaskMetricExtensions.Metrics"/>.</summary>
    public static double[] Compute(LabelKind kind, TaskScores rows) => kind switch
    {
        LabelKind.Binary => Binary(rows),
        LabelKind.Multiclass => Multiclass(rows),
        _ => Regression(rows),
    };

    /// <summary>True positives, false negatives, false positives, true negatives; a score above 0 means yes.</summary>
    public static (long TruePositive, long FalseNegative, long FalsePositive, long TrueNegative) Confusion(TaskScores rows)
    {
        long tp = 0, fn = 0, fp = 0, tn = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            bool isPositive = rows.Labels[i] > 0, isPredicted = rows.Scores[i] > 0;
            tp += isPositive && isPredicted ? 1 : 0;
            fn += isPositive && !isPredicted ? 1 : 0;
            fp += !isPositive && isPredicted ? 1 : 0;
            tn += !isPositive && !isPredicted ? 1 : 0;
        }

        return (tp, fn, fp, tn);
    }

    /// <summary>−ln p of a row's class, with p at least 1e-15.</summary>
    public static double MulticlassLoss(float probability) => -Math.Log(Math.Clamp(probability, SmallestProbability, 1));

    private static double[] Binary(TaskScores rows)
    {
        var (tp, fn, fp, tn) = Confusion(rows);
        int[] order = [.. Enumerable.Range(0, rows.Count).OrderByDescending(i => rows.Scores[i])];
        return
        [
            Ratio(tp + tn, rows.Count),
            rows.Count == 0 ? double.NaN : tp + fp == 0 ? 0 : Ratio(tp, tp + fp),
            Ratio(tp, tp + fn),
            Ratio(2 * tp, 2 * tp + fp + fn),
            Auc(rows, order, tp + fn, fp + tn),
            tp + fn == 0 || fp + tn == 0 ? double.NaN : Auprc(rows, order, tp + fn),
            Mean(rows, (label, _, probability) => -Math.Log2(label > 0 ? probability : 1.0 - probability)),
        ];
    }

    // Pairs of a positive and a negative row in the right order; equal scores count half.
    private static double Auc(TaskScores rows, int[] order, double positives, double negatives)
    {
        double pairs = 0, above = 0; // above: positive rows with a higher score
        for (int start = 0, end; start < order.Length; start = end)
        {
            double tiedPositives = 0, tiedNegatives = 0;
            for (end = start; end < order.Length && rows.Scores[order[end]] == rows.Scores[order[start]]; end++)
            {
                tiedPositives += rows.Labels[order[end]] > 0 ? 1 : 0;
                tiedNegatives += rows.Labels[order[end]] > 0 ? 0 : 1;
            }

            pairs += tiedNegatives * (above + tiedPositives / 2);
            above += tiedPositives;
        }

        return Ratio(pairs, positives * negatives);
    }

    // The lower trapezoid estimator (Boyd et al., Area under the precision-recall curve, ECML 2013), as ML.NET has it.
    private static double Auprc(TaskScores rows, int[] order, double positives)
    {
        double area = 0, found = 0, precision = 1;
        for (int i = 0; i < order.Length; i++)
        {
            if (rows.Labels[order[i]] > 0)
            {
                found++;
                area += (precision + found / (i + 1)) / 2 / positives;
            }

            precision = found / (i + 1);
        }

        return area;
    }

    private static double[] Multiclass(TaskScores rows)
    {
        var classes = new Dictionary<float, (int Right, int All)>();
        int right = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            int hit = rows.Scores[i] == rows.Labels[i] ? 1 : 0;
            right += hit;
            var count = classes.GetValueOrDefault(rows.Labels[i]);
            classes[rows.Labels[i]] = (count.Right + hit, count.All + 1);
        }

        return
        [
            Ratio(right, rows.Count),
            classes.Count == 0 ? double.NaN : classes.Values.Average(count => (double)count.Right / count.All),
            Mean(rows, (_, _, probability) => MulticlassLoss(probability)),
        ];
    }

    private static double[] Regression(TaskScores rows)
    {
        double squares = Mean(rows, (label, score, _) => ((double)label - score) * ((double)label - score));
        double mean = Mean(rows, (label, _, _) => label);
        double variance = Mean(rows, (label, _, _) => (label - mean) * (label - mean));
        return
        [
            Math.Sqrt(squares),
            Mean(rows, (label, score, _) => Math.Abs((double)label - score)),
            variance > 0 ? 1 - squares / variance : double.NaN,
        ];
    }

    private static double Mean(TaskScores rows, Func<float, float, float, double> value)
    {
        double sum = 0;
        for (int i = 0; i < rows.Count; i++)
            sum += value(rows.Labels[i], rows.Scores[i], rows.Probabilities[i]);
        return Ratio(sum, rows.Count);
    }

    private static double Ratio(double part, double whole) => whole == 0 ? double.NaN : part / whole;
}
