using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters.ClosedForm;

/// <summary>A meta-learned number that is added to the scores of binary heads. It serves adapters whose score is 0 halfway between the classes, even if one class is rare.</summary>
internal static class ScoreOffset
{
    private const double Largest = 30, Tolerance = 1e-4;

    /// <summary>The name of the parameter.</summary>
    public const string Name = "score_offset";

    /// <summary>The parameter, the last one of an adapter; none unless labels are binary.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="isTrained">Whether the outer optimiser changes it.</param>
    public static IEnumerable<ParameterSpec> Specs(LabelKind kind, bool isTrained) =>
        kind == LabelKind.Binary ? [ParameterSpec.Constant(Name, 0, 1) with { LearningRateFactor = 10, IsTrained = isTrained, FormatVersion = 2 }] : [];

    /// <summary>The offset with which the mean probability of the rows equals their rate of label 1, found by bisection.</summary>
    /// <param name="head">A head without offset.</param>
    /// <param name="pooled">The rows.</param>
    public static float Of(LinearHead head, EmbeddedTask pooled)
    {
        float[] scores = [.. Enumerable.Range(0, pooled.RowCount).Select(row => head.Score(pooled.Row(row), 0))];
        double Excess(double offset) => scores.Select((score, row) => pooled.Weights[row] * (1 / (1 + Math.Exp(-score - offset)) - pooled.Labels[row])).Sum();
        double low = -Largest, high = Largest;
        while (high - low > Tolerance)
        {
            double middle = (low + high) / 2;
            if (Excess(middle) > 0)
                high = middle;
            else
                low = middle;
        }

        return (float)((low + high) / 2);
    }

    /// <summary>The rate of label 1, limited to the range from 1e-4 to 1 − 1e-4.</summary>
    public static double Rate(EmbeddedTask pooled)
    {
        double positive = 0, total = 0;
        for (int row = 0; row < pooled.RowCount; row++)
        {
            positive += pooled.Weights[row] * pooled.Labels[row];
            total += pooled.Weights[row];
        }

        return Math.Clamp(positive / Math.Max(total, 1e-12), 1e-4, 1 - 1e-4);
    }
}
