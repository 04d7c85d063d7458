using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Interop;

/// <summary>Creates ML.NET's metric types, whose constructors are internal.</summary>
internal static class MetricTypes
{
    /// <summary>Metrics of binary classification, from the four counts of the confusion matrix and the areas under the two curves.</summary>
    public static BinaryClassificationMetrics Binary(IHost host, double auc, double auprc, double f1, (long TruePositive, long FalseNegative, long FalsePositive, long TrueNegative) counts)
    {
        var (tp, fn, fp, tn) = counts;
        var matrix = new ConfusionMatrix(
            host, [Share(tp, fp), Share(tn, fn)], [Share(tp, fn), Share(tn, fp)], [[tp, fn], [fp, tn]], ["positive".AsMemory(), "negative".AsMemory()], isSampled: false, isBinary: true);
        return new BinaryClassificationMetrics(
            auc, (double)(tp + tn) / (tp + fn + fp + tn), Share(tp, fp), Share(tp, fn), Share(tn, fn), Share(tn, fp), f1, auprc, matrix);
    }

    /// <summary>Metrics of multiclass classification, from the counts [label][predicted] of the classes that occur.</summary>
    public static MulticlassClassificationMetrics Multiclass(
        IHost host, double micro, double macro, double logLoss, double logLossReduction, double[] logLossByClass, double[][] counts, IReadOnlyList<string> names)
    {
        double[] precision = [.. counts.Select((_, k) => Share(counts[k][k], counts.Sum(row => row[k]) - counts[k][k]))];
        double[] recall = [.. counts.Select((row, k) => Share(row[k], row.Sum() - row[k]))];
        var matrix = new ConfusionMatrix(
            host, precision, recall, counts, [.. names.Select(name => name.AsMemory())], isSampled: false, isBinary: false);
        return new MulticlassClassificationMetrics(micro, macro, logLoss, logLossReduction, 0, null, logLossByClass, matrix);
    }

    /// <summary>Metrics of regression, from the two errors. The loss function is the squared error.</summary>
    public static RegressionMetrics Regression(double meanAbsolute, double rootMeanSquared, double rSquared) =>
        new(meanAbsolute, rootMeanSquared * rootMeanSquared, rootMeanSquared, rootMeanSquared * rootMeanSquared, rSquared);

    private static double Share(double part, double rest) => part + rest > 0 ? part / (part + rest) : 0;
}
