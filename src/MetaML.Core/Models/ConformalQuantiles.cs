using MetaML.Options;

namespace MetaML.Models;

/// <summary>Quantiles of the nonconformity of labels over new tasks, for each size of the support. An interval or a set holds all labels up to the quantile.</summary>
/// <param name="Coverage">The share of rows of new tasks whose label is held.</param>
/// <param name="Sizes">Ascending sizes of the support: rows, or rows of each class if tasks have their own classes.</param>
/// <param name="Quantiles">The quantile at each size.</param>
internal sealed record ConformalQuantiles(double Coverage, int[] Sizes, double[] Quantiles)
{
    /// <summary>The nonconformity of a value: its distance from the score, in standard deviations if the head gives one.</summary>
    /// <param name="label">The value.</param>
    /// <param name="score">The score.</param>
    /// <param name="deviation">The standard deviation of the label about the score; NaN for none.</param>
    public static double OfValue(double label, double score, double deviation) => Math.Abs(label - score) / (double.IsNaN(deviation) ? 1 : deviation);

    /// <summary>The nonconformity of a class: the probability of the other classes.</summary>
    /// <param name="probability">The probability of the class.</param>
    public static double OfClass(double probability) => 1 - probability;

    /// <summary>The size of a task's support.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="classes">Number of classes of the task if tasks have their own; else 1.</param>
    public static double SizeOf(int rows, int classes) => rows / (double)Math.Max(1, classes);

    /// <summary>The quantile for a size: linear in log(1 + size) between <see cref="Sizes"/>, and constant outside.</summary>
    public double At(double size)
    {
        int next = Array.FindIndex(Sizes, known => known >= size);
        if (next < 0)
            return Quantiles[^1];
        if (next == 0 || Sizes[next] == size)
            return Quantiles[next];
        double share = Math.Log((1 + size) / (1 + Sizes[next - 1])) / Math.Log((1.0 + Sizes[next]) / (1 + Sizes[next - 1]));
        return (1 - share) * Quantiles[next - 1] + share * Quantiles[next];
    }

    /// <summary>The quantile for a task.</summary>
    /// <param name="model">The model.</param>
    /// <param name="task">The task; a task of a saved model of an earlier version, whose number of rows is unknown, counts as large.</param>
    public double Of(MetaModel model, AdaptedTask task) => At(SizeOf(task.RowCount ?? int.MaxValue, model.HasCommonOutputs ? 1 : task.Classes.Count));

    /// <summary>Checks quantiles that were read from a file.</summary>
    /// <exception cref="ArgumentException">They are outside their range.</exception>
    public void Validate()
    {
        OptionCheck.NotNull(this, nameof(Sizes), Sizes);
        OptionCheck.NotNull(this, nameof(Quantiles), Quantiles);
        if (!(Coverage is > 0 and < 1))
            throw OptionCheck.Error(this, nameof(Coverage), "above 0 and below 1", Coverage);
        if (Sizes.Length == 0 || Sizes[0] < 0 || Sizes.Zip(Sizes.Skip(1)).Any(pair => pair.First >= pair.Second))
            throw OptionCheck.Error(this, nameof(Sizes), "ascending and not negative", string.Join(", ", Sizes));
        if (Quantiles.Length != Sizes.Length || !Quantiles.All(quantile => double.IsFinite(quantile) && quantile >= 0))
            throw OptionCheck.Error(this, nameof(Quantiles), "as many as sizes, finite and not negative", string.Join(", ", Quantiles));
    }
}
