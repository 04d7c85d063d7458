namespace MetaML;

/// <summary>How well predicted probabilities agree with observed frequencies, over the rows of all tasks: of the positive class for binary labels, of the predicted class for multiclass labels.</summary>
/// <remarks>Source: Guo et al., On calibration of modern neural networks, 2017, arXiv 1706.04599.</remarks>
public sealed record Reliability
{
    /// <summary>Ten bins of equal width, from probability 0 to 1.</summary>
    public required IReadOnlyList<ReliabilityBin> Bins { get; init; }

    /// <summary>Number of rows. In an evaluation with several draws or support sizes, a row counts once for each.</summary>
    public long RowCount => Bins.Sum(bin => bin.RowCount);

    /// <summary>The expected calibration error: the mean over rows of |mean probability − frequency| of their bin. With few rows it is above 0 by chance alone.</summary>
    public double ExpectedCalibrationError => Bins.Where(bin => bin.RowCount > 0).Sum(bin => bin.RowCount * Math.Abs(bin.MeanProbability - bin.Frequency)) / RowCount;
}
