namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>Computes the metrics of the scored rows of one task. The definitions are those of ML.NET.</summary>
/// <remarks>
/// ML.NET's Evaluate takes milliseconds for each call. This is too slow for few-shot evaluation, which evaluates every task after
/// every draw. There are two deviations. First, undefined metrics are NaN, so that means leave them out: AUC and AUPRC of a task
/// with one class, and recall of a task without positive rows. ML.NET throws or gives 0. Second, F1 is 2TP / (2TP + FP + FN). It is
/// 0 if no positive row is found, and ML.NET gives NaN.
/// </remarks>
internal static class MetricCalculator
{
    private const double SmallestProbability = 1e-15f;

    /// <summary>All metrics of a kind of labels, in the order of <see cref="TaskMetricExtensions.Metrics"/>.</summary>
    public static double[] Compute(LabelKind kind, TaskScores rows) => kind switch
    {
        LabelKind.Binary => Binary(rows),
        LabelKind.Multiclass => Multiclass(rows),
        _ => Regression(rows),
    };

    /// <summary>The numbers of true positives, false negatives, false positives and true negatives. A score above 0 predicts the positive class.</summary>
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

    /// <summary>−ln p for the probability p of a row's class. A probability below 1e-15 is raised to 1e-15.</summary>
    public static double MulticlassLoss(float probability) => -Math.Log(Math.Clamp(probability, SmallestProbability, 1));

    /// <summary>The loss of one row: for values its squared or absolute error, by the metric; for classes −ln p(label).</summary>
    public static double LossOfRow(LabelKind kind, TaskMetric metric, TaskScores rows, int i)
    {
        double label = rows.Labels[i], error = label - rows.Scores[i], probability = rows.Probabilities[i];
        return kind switch
        {
            LabelKind.Regression => metric == TaskMetric.MeanAbsoluteError ? Math.Abs(error) : error * error,
            LabelKind.Binary => MulticlassLoss((float)(label > 0 ? probability : 1 - probability)),
            _ => MulticlassLoss((float)probability),
        };
    }

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

    // The share of pairs of a positive and a negative row in which the positive row has the higher score. Equal scores count half.
    private static double Auc(TaskScores rows, int[] order, double positives, double negatives)
    {
        double pairs = 0, above = 0; // above: the number of positive rows with a higher score
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

    // The lower trapezoid estimator (Boyd et al., Area under the precision-recall curve, ECML 2013), as in ML.NET.
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
