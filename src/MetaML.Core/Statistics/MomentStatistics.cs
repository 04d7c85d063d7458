using MetaML.Files;
using MetaML.Numerics;

namespace MetaML.Statistics;

/// <summary>The moments of a task's rows. A row is added to them, or subtracted. The last few rows are kept as rows until the moments are read, so that an added row costs no copy of the moments.</summary>
internal sealed class MomentStatistics : TaskStatistics
{
    /// <summary>The byte that precedes saved moments.</summary>
    public const byte Tag = 1;

    // The share of a sum that rounding may leave of rows that were added and taken away.
    private const double Rounding = 1e-9;

    // A sum of squares below this share of its former value is rounding error.
    private const double Nothing = 1e-13;

    // The largest share by which rounding may make a product of moments exceed its bound.
    private const double Excess = 0.1;

    // The largest number of rows that are not in the moments yet.
    private const int MostPending = 16;

    private readonly StatisticsForm _form;
    private volatile Parts _parts;

    /// <summary>Statistics with these moments.</summary>
    /// <param name="form">The form.</param>
    /// <param name="moments">The moments. They must not change any more.</param>
    /// <param name="isDecayed">Whether weights have been multiplied by a forgetting factor.</param>
    public MomentStatistics(StatisticsForm form, TaskMoments moments, bool isDecayed)
        : this(form, new Parts(moments, []), isDecayed)
    {
    }

    private MomentStatistics(StatisticsForm form, Parts parts, bool isDecayed)
    {
        _form = form;
        _parts = parts;
        IsDecayed = isDecayed;
    }

    /// <summary>The moments.</summary>
    public TaskMoments Moments
    {
        get
        {
            Parts parts = _parts;
            if (parts.Pending.Length == 0)
                return parts.Moments;
            TaskMoments moments = parts.Moments.Clone();
            foreach (StoredRow row in parts.Pending)
                moments.Add(row.Values, row.Label, row.Weight);
            _parts = new Parts(moments, []); // another thread would compute the same
            return moments;
        }
    }

    /// <inheritdoc/>
    public override int RowCount => _parts is var parts ? parts.Moments.Rows.Sum() + parts.Pending.Length : 0;

    /// <inheritdoc/>
    public override bool IsDecayed { get; }

    /// <summary>The moments of rows, and of rows that are added to them.</summary>
    public static MomentStatistics Of(StatisticsForm form, IReadOnlyList<StoredRow> rows, IReadOnlyList<StoredRow> added, int targets, double forgettingFactor)
    {
        var moments = new TaskMoments(form.Kind, form.Dimension + 1, targets, form.HasProducts);
        foreach (StoredRow row in rows)
            moments.Add(row.Values, row.Label, row.Weight * row.Decay);
        return new MomentStatistics(form, moments, rows.Any(row => row.Decay != 1)).AddTo(moments, added, forgettingFactor);
    }

    /// <inheritdoc/>
    public override TaskStatistics Add(IReadOnlyList<StoredRow> rows, int targets, double forgettingFactor = 1) =>
        forgettingFactor == 1 && _parts is var parts && parts.Pending.Length + rows.Count <= MostPending
            ? new MomentStatistics(_form, parts with { Pending = [.. parts.Pending, .. rows] }, IsDecayed)
            : AddTo(Moments.Clone(), rows, forgettingFactor);

    /// <inheritdoc/>
    public override TaskStatistics Forget(IReadOnlyList<StoredRow> rows, string task)
    {
        if (IsDecayed)
            throw new InvalidOperationException($"Forget must be used on tasks without a forgetting factor; got rows of the task '{task}', whose earlier rows count less than when they were added. The model has not changed. Remove the task, and learn it again from the remaining rows.");
        TaskMoments moments = Moments.Clone();
        foreach (StoredRow row in rows)
            moments.Add(row.Values, row.Label, -row.Weight, -1);
        for (int k = 0; k < moments.Rows.Length; k++)
        {
            if (moments.Rows[k] < 0)
                throw NeverAdded(task, $"it has {Moments.Rows[k]} rows{(_form.Kind == LabelKind.Regression ? "" : " of a class")}, and more were given");
            if (moments.Rows[k] == 0 && Moments.Rows[k] > 0 && _form.Kind != LabelKind.Regression)
                Clear(moments.Sums[k], Moments.Sums[k], task);
        }

        if (moments.Rows.Sum() == 0)
        {
            Clear(moments.Products, Moments.Products, task);
            return Empty(_form);
        }

        RemoveRounding(moments);
        CheckMoments(moments, task);
        return new MomentStatistics(_form, moments, isDecayed: false);
    }

    /// <inheritdoc/>
    public override TaskStatistics Discount(double factor, IReadOnlyList<StoredRow> except)
    {
        TaskMoments moments = Moments.Clone();
        moments.Scale(factor);
        foreach (StoredRow row in except)
            moments.Add(row.Values, row.Label, row.Weight * (1 - factor), count: 0);
        return new MomentStatistics(_form, moments, isDecayed: true);
    }

    /// <inheritdoc/>
    public override TaskStatistics WithClasses(IReadOnlyList<int> sources) => new MomentStatistics(_form, Moments.WithClasses(sources), IsDecayed);

    /// <inheritdoc/>
    public override int[] RowsByTarget(int targets) => Moments.Rows;

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        // *** Binary format ***
        // byte: 1; bool: whether weights have decayed
        // int: rows of each class; double[]: the lower triangle of A by rows; double[]: the sum of each class; double: Σ s y²
        writer.Write(Tag);
        writer.Write(IsDecayed);
        foreach (int rows in Moments.Rows)
            writer.Write(rows);
        BinaryFormat.WriteNumbers<double>(writer, Moments.Products);
        foreach (double[] sum in Moments.Sums)
            BinaryFormat.WriteNumbers<double>(writer, sum);
        writer.Write(Moments.SquaredLabels);
    }

    /// <summary>Reads what <see cref="Write"/> wrote after the tag.</summary>
    public static MomentStatistics ReadMoments(BinaryReader reader, StatisticsForm form, int targets)
    {
        bool isDecayed = reader.ReadBoolean();
        int width = form.Dimension + 1;
        var rows = new List<int>();
        for (int k = 0; k < targets; k++)
            rows.Add(BinaryFormat.ReadCount(reader, int.MaxValue, "rows"));
        double[] products = form.HasProducts ? BinaryFormat.ReadNumbers<double>(reader, width * (width + 1L) / 2) : [];
        var sums = new List<double[]>();
        for (int k = 0; k < targets; k++)
            sums.Add(BinaryFormat.ReadNumbers<double>(reader, width));
        double squares = BinaryFormat.ReadNumbers<double>(reader, 1)[0];
        var moments = new TaskMoments(form.Kind, width, products, [.. sums], squares, [.. rows]);
        return IsPossible(moments) && rows.Sum(count => (long)count) <= int.MaxValue
            ? new MomentStatistics(form, moments, isDecayed)
            : throw new InvalidDataException("A task's statistics must be the sums over some rows: their variances are negative. The file is damaged.");
    }

    private MomentStatistics AddTo(TaskMoments moments, IReadOnlyList<StoredRow> rows, double forgettingFactor)
    {
        foreach (StoredRow row in rows)
        {
            if (forgettingFactor != 1)
                moments.Scale(forgettingFactor);
            moments.Add(row.Values, row.Label, row.Weight);
        }

        return new MomentStatistics(_form, moments, IsDecayed || forgettingFactor != 1);
    }

    // Sums of no rows are zero, up to rounding.
    private static void Clear(double[] sum, double[] before, string task)
    {
        double largest = before.Length > 0 ? before.Max(Math.Abs) : 0;
        if (sum.Any(value => Math.Abs(value) > Rounding * largest))
            throw NeverAdded(task, "all its rows must be given to forget all of them, and others were given");
        Array.Clear(sum);
    }

    // A value that no remaining row has leaves sums that are rounding error, and might be negative.
    private void RemoveRounding(TaskMoments moments)
    {
        for (int i = 0; i < moments.Width && moments.Products.Length > 0; i++)
        {
            if (Math.Abs(Diagonal(moments, i)) > Nothing * Diagonal(Moments, i))
                continue;
            for (int j = 0; j < moments.Width; j++)
                moments.Products[TaskMoments.PackedLength(Math.Max(i, j)) + Math.Min(i, j)] = 0;
            foreach (double[] sum in moments.Sums)
                sum[i] = 0;
        }
    }

    // The matrix of the moments of (z̃, y) of any rows is positive semidefinite.
    private void CheckMoments(TaskMoments moments, string task)
    {
        if (moments.Sums.Zip(Moments.Sums, (sum, before) => moments.Kind != LabelKind.Regression && sum[^1] < -Rounding * before[^1]).Any(isNegative => isNegative))
            throw NeverAdded(task, "without them a sum of weights would be negative");
        if (moments.Products.Length == 0)
            return;
        int width = moments.Width, size = width + (_form.Kind == LabelKind.Regression ? 1 : 0);
        var scales = new double[size];
        for (int i = 0; i < width; i++)
            scales[i] = Math.Sqrt(Diagonal(Moments, i));
        if (size > width)
            scales[width] = Math.Sqrt(Moments.SquaredLabels);
        var scaled = new double[size * size]; // with the units of the moments before, whose diagonal is then 1
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double value = i < width ? moments.Products[TaskMoments.PackedLength(i) + j] : j < width ? moments.Sums[0][j] : moments.SquaredLabels;
                double unit = scales[i] * scales[j];
                scaled[i * size + j] = (unit > 0 ? value / unit : 0) + (i == j ? Rounding : 0);
            }
        }

        try
        {
            Cholesky.Factor(scaled, size);
        }
        catch (ArithmeticException)
        {
            throw NeverAdded(task, "without them a variance would be negative");
        }
    }

    // Necessary conditions that cost no more than a look at each number.
    private static bool IsPossible(TaskMoments moments)
    {
        if (moments.SquaredLabels < 0 || (moments.Kind != LabelKind.Regression && moments.Sums.Any(sum => sum[^1] < -Rounding * moments.Weight)))
            return false;
        for (int i = 0; i < moments.Width && moments.Products.Length > 0; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double product = moments.Products[TaskMoments.PackedLength(i) + j], variances = Diagonal(moments, i) * Diagonal(moments, j);
                if (Diagonal(moments, i) < 0 || product * product > variances * (1 + Excess))
                    return false;
            }
        }

        return true;
    }

    private sealed record Parts(TaskMoments Moments, StoredRow[] Pending);

    private static double Diagonal(TaskMoments moments, int i) => moments.Products[TaskMoments.PackedLength(i) + i];
}
