using MetaML.Heads;

namespace MetaML.Adapters.Logistic;

/// <summary>One head for the rows of all tasks, by logistic regression.</summary>
internal static class PooledHead
{
    private const double Penalty = 1;
    private const int MaximumSteps = 20;

    /// <summary>The head, with a small penalty.</summary>
    /// <param name="kind">Binary or multiclass.</param>
    /// <param name="pooled">The rows.</param>
    public static LinearHead Logistic(LabelKind kind, EmbeddedTask pooled)
    {
        var zero = new LinearHead(new float[pooled.OutputCount * pooled.Dimension], new float[pooled.OutputCount]);
        var fit = new PenalizedFit(kind, pooled, zero, Penalty, 1e-3 * Penalty);
        return fit.ToHead(fit.Minimize(MaximumSteps));
    }

    /// <summary>Sets the intercepts of a head with given weights.</summary>
    /// <param name="kind">Binary or multiclass.</param>
    /// <param name="pooled">The rows.</param>
    /// <param name="weights">[embedding, outputs].</param>
    /// <param name="bias">Receives [outputs].</param>
    public static void FitBias(LabelKind kind, EmbeddedTask pooled, float[] weights, float[] bias)
    {
        int outputs = bias.Length, width = pooled.Dimension + 1;
        var centre = new double[outputs * width]; // [outputs, embedding + 1]
        for (int i = 0; i < weights.Length; i++)
            centre[i % outputs * width + i / outputs] = weights[i];
        double[] scale = [.. new double[width - 1], 30]; // weights stay; intercepts are almost free
        var fit = new PenalizedFit(kind, pooled, centre, scale, null);
        fit.ToHead(fit.Minimize(MaximumSteps)).Bias.CopyTo(bias, 0);
    }
}
