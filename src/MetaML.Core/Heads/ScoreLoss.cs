namespace MetaML.Heads;

/// <summary>The loss of one row's scores, without libtorch: squared error, or cross-entropy of logits.</summary>
/// <remarks><see cref="LabelLoss"/> is the same loss for the rows of many tasks, in libtorch; ScoreLossTests compares the two.</remarks>
internal static class ScoreLoss
{
    /// <summary>The loss.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="scores">[outputs].</param>
    /// <param name="label">0 or 1, the output's number, or the value.</param>
    public static double Of(LabelKind kind, ReadOnlySpan<float> scores, float label)
    {
        switch (kind)
        {
            case LabelKind.Regression:
                double error = (double)scores[0] - label;
                return error * error;
            case LabelKind.Binary:
                double margin = label > 0 ? scores[0] : -scores[0]; // log(1 + e^−m), without overflow
                return Math.Max(-margin, 0) + Math.Log(1 + Math.Exp(-Math.Abs(margin)));
            default:
                double largest = double.NegativeInfinity, sum = 0;
                foreach (float score in scores)
                    largest = Math.Max(largest, score);
                foreach (float score in scores)
                    sum += Math.Exp(score - largest);
                return largest + Math.Log(sum) - scores[(int)label];
        }
    }
}
