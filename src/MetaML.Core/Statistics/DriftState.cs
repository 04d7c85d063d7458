using MetaML.Files;

namespace MetaML.Statistics;

/// <summary>A sequential test of whether a task has changed: whether the rows since some row are like those of a new task, or unlike any prediction. Immutable.</summary>
/// <remarks>
/// <para>For each row, r is the ratio of two probability densities of its label, both before the row is added. The denominator is the density of the task's head. The numerator is
/// the mean of two: that of the prior with the rows since the estimated change; and that of the head with three times its deviation or, for classes, the uniform one. If the head's density is right, the product of the ratios from any row on is a nonnegative martingale that starts at 1: an e-process. The test
/// takes E ← max(E, 1) · min(r, e^<see cref="Largest"/>), the product since E was last at most 1, and that is the estimated change. E is at most the sum of the products from all rows on, whose mean
/// after n rows is at most n. The probability that E reaches c within n rows is therefore at most n/c (Ville's inequality). The threshold c = 1000/α gives
/// at most α false alarms for each thousand rows. The limit of r, and the level of the task's squared errors, by which both variances are multiplied, are
/// for noise that is not normal or differs between tasks; for such noise the rate is not guaranteed, but measured (<c>quality drift</c>).</para>
/// <para>Sources: Shin, Ramdas and Rinaldo, E-detectors: a nonparametric framework for sequential change detection, 2022, arXiv 2203.03532; Page, Continuous
/// inspection schemes, 1954.</para>
/// </remarks>
internal sealed class DriftState
{
    /// <summary>The limit of log r.</summary>
    private const double Largest = 3;

    // The limit of a squared standardised error as a multiple of the level.
    private const double LargestError = 16;

    // The number of rows that the model's own level of errors, 1, counts in that of the task.
    private const int PriorRows = 10;

    // The number of rows that give the level of a task before the test begins.
    private const int RowsBeforeTest = 20;

    // The largest number of rows since the estimated change.
    private const int MaximumRecentRows = 64;

    /// <summary>The state before the first row.</summary>
    public static readonly DriftState Start = new(0, 0, 0, []);

    private readonly double _logEvidence; // log max(E, 1)
    private readonly int _count; // rows of the level
    private readonly double _sum; // of their squared errors
    private readonly (StoredRow Row, double Error)[] _recent;

    private DriftState(double logEvidence, int count, double sum, (StoredRow Row, double Error)[] recent)
    {
        _logEvidence = logEvidence;
        _count = count;
        _sum = sum;
        _recent = recent;
    }

    /// <summary>The rows since the estimated change.</summary>
    public IReadOnlyList<StoredRow> Recent => Array.ConvertAll(_recent, pair => pair.Row);

    /// <summary>The mean of the task's squared standardised errors: 1 if the model's variances are right for the task.</summary>
    public double Level => (PriorRows + _sum) / (PriorRows + _count);

    /// <summary>The state after a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="logRatio">log r.</param>
    /// <param name="error">The squared standardised error of the head's prediction.</param>
    /// <param name="threshold">c.</param>
    /// <param name="isAlarm">Whether E reaches c.</param>
    public DriftState Next(StoredRow row, double logRatio, double error, double threshold, out bool isAlarm)
    {
        double evidence = (_count < RowsBeforeTest && _recent.Length == 0) || double.IsNaN(logRatio) ? _logEvidence : _logEvidence + Math.Min(logRatio, Largest);
        isAlarm = evidence >= Math.Log(threshold);
        (StoredRow Row, double Error)[] recent = [.. _recent, (row, double.IsNaN(error) ? Level : Math.Min(error, LargestError * Level))];
        if (evidence <= 0)
            return new DriftState(0, _count + recent.Length, _sum + recent.Sum(pair => pair.Error), []);
        if (recent.Length <= MaximumRecentRows)
            return new DriftState(evidence, _count, _sum, recent);
        return new DriftState(evidence, _count + 1, _sum + recent[0].Error, recent[1..]);
    }

    /// <summary>The state after an alarm: the errors since the change begin the new level.</summary>
    public DriftState Accept() => new(0, _recent.Length, _recent.Sum(pair => pair.Error), []);

    /// <summary>The state without some rows. Their errors stay in the level.</summary>
    public DriftState Without(IReadOnlyList<StoredRow> rows) => new(_logEvidence, _count, _sum, [.. _recent.Where(pair => !rows.Any(pair.Row.IsSameAs))]);

    /// <summary>The state if the task's classes have other indices.</summary>
    /// <param name="sources">For each new index the old index, or −1.</param>
    public DriftState WithClasses(IReadOnlyList<int> sources) => new(_logEvidence, _count, _sum, [.. _recent
        .Select(pair => (Row: pair.Row with { Label = sources.ToList().IndexOf((int)pair.Row.Label) }, pair.Error)).Where(pair => pair.Row.Label >= 0)]);

    /// <summary>Writes the state.</summary>
    /// <param name="writer">Receives double: log E, int: rows of the level, double: sum of their errors, int: number of recent rows; for each the row and double: its error.</param>
    public void Write(BinaryWriter writer)
    {
        BinaryFormat.WriteNumbers<double>(writer, [_logEvidence]);
        writer.Write(_count);
        BinaryFormat.WriteNumbers<double>(writer, [_sum]);
        writer.Write(_recent.Length);
        foreach (var (row, error) in _recent)
        {
            row.Write(writer);
            BinaryFormat.WriteNumbers<double>(writer, [error]);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static DriftState Read(BinaryReader reader, StatisticsForm form, int targets)
    {
        double evidence = ReadError(reader);
        int count = BinaryFormat.ReadCount(reader, int.MaxValue - PriorRows, "rows");
        double sum = ReadError(reader);
        var recent = new List<(StoredRow, double)>();
        for (int i = BinaryFormat.ReadCount(reader, MaximumRecentRows, "recent rows"); i > 0; i--)
            recent.Add((StoredRow.Read(reader, form, targets), ReadError(reader)));
        return new DriftState(evidence, count, sum, [.. recent]);
    }

    private static double ReadError(BinaryReader reader) => BinaryFormat.ReadNumbers<double>(reader, 1)[0] is var error and >= 0
        ? error
        : throw new InvalidDataException("The errors of a drift test must not be negative. The file is damaged.");
}
