using MetaML.Data;
using MetaML.Files;
using MetaML.Heads;

namespace MetaML.Statistics;

/// <summary>Rows of a task: all of them, or a uniform sample of the form's capacity.</summary>
/// <remarks>
/// The sample is a reservoir (algorithm R; Vitter, Random sampling with a reservoir, 1985). Rows that are taken away are compensated by
/// later rows (random pairing; Gemulla, Lehner and Haas, Maintaining bounded-size sample synopses of evolving datasets, 2008). Draws
/// depend only on the number of rows that were ever added. If heads are functions of sums, more rows than the capacity become moments.
/// </remarks>
internal sealed class RowStatistics : TaskStatistics
{
    /// <summary>The byte that precedes saved rows.</summary>
    public const byte Tag = 0;

    private readonly StatisticsForm _form;
    private readonly StoredRow[] _rows;
    private readonly Counts _counts;

    /// <summary>No rows.</summary>
    public RowStatistics(StatisticsForm form)
        : this(form, [], default)
    {
    }

    private RowStatistics(StatisticsForm form, StoredRow[] rows, Counts counts)
    {
        _form = form;
        _rows = rows;
        _counts = counts;
    }

    /// <summary>The rows.</summary>
    public IReadOnlyList<StoredRow> Rows => _rows;

    /// <inheritdoc/>
    public override int RowCount => _counts.All;

    /// <inheritdoc/>
    public override bool IsDecayed => Array.Exists(_rows, row => row.Decay != 1);

    /// <inheritdoc/>
    public override TaskStatistics Add(IReadOnlyList<StoredRow> rows, int targets, double forgettingFactor = 1)
    {
        if (_form.IsSummable && _rows.Length + rows.Count > _form.Capacity)
            return MomentStatistics.Of(_form, _rows, rows, targets, forgettingFactor);
        double decay = Math.Pow(forgettingFactor, rows.Count);
        List<StoredRow> kept = [.. decay == 1 ? _rows : _rows.Select(row => row with { Decay = row.Decay * decay })];
        Counts counts = _counts;
        for (int i = 0; i < rows.Count; i++)
            Insert(kept, rows[i] with { Decay = Math.Pow(forgettingFactor, rows.Count - 1 - i) }, ref counts);
        return new RowStatistics(_form, [.. kept], counts);
    }

    /// <inheritdoc/>
    public override TaskStatistics Forget(IReadOnlyList<StoredRow> rows, string task)
    {
        List<StoredRow> kept = [.. _rows];
        Counts counts = _counts;
        foreach (StoredRow row in rows)
        {
            int index = kept.FindIndex(row.IsSameAs);
            if (index < 0 && counts.All == kept.Count)
                throw NeverAdded(task, "it has no such row");
            bool isSample = counts.All > kept.Count;
            counts.All--;
            if (index >= 0)
                kept.RemoveAt(index);
            if (!isSample || counts.All == kept.Count)
                counts = counts with { FreedInside = 0, FreedOutside = 0 };
            else if (index >= 0)
                counts.FreedInside++;
            else
                counts.FreedOutside++;
        }

        return new RowStatistics(_form, [.. kept], counts);
    }

    /// <inheritdoc/>
    public override TaskStatistics Discount(double factor, IReadOnlyList<StoredRow> except) =>
        new RowStatistics(_form, Array.ConvertAll(_rows, row => except.Any(row.IsSameAs) ? row : row with { Decay = row.Decay * factor }), _counts);

    /// <inheritdoc/>
    public override TaskStatistics WithClasses(IReadOnlyList<int> sources)
    {
        var indices = new Dictionary<int, int>();
        for (int k = 0; k < sources.Count; k++)
            indices[sources[k]] = k;
        return new RowStatistics(_form, Array.ConvertAll(_rows, row => row with { Label = indices[(int)row.Label] }), _counts);
    }

    /// <inheritdoc/>
    public override int[] RowsByTarget(int targets)
    {
        var counts = new int[targets];
        foreach (StoredRow row in _rows)
            counts[_form.Kind == LabelKind.Regression ? 0 : (int)row.Label]++;
        return counts;
    }

    /// <summary>The rows as an embedded task.</summary>
    /// <param name="outputs">Number of outputs of the task.</param>
    /// <param name="covariates">The standardised covariates of the task; empty if there are none.</param>
    /// <param name="prior">What the groups of the task say of it; null for nothing.</param>
    public EmbeddedTask ToEmbedded(int outputs, IReadOnlyList<float> covariates, TaskPrior? prior)
    {
        var embeddings = new float[_rows.Length * _form.Dimension];
        for (int row = 0; row < _rows.Length; row++)
            _rows[row].Features(_form.Dimension).CopyTo(embeddings.AsSpan(row * _form.Dimension, _form.Dimension));
        return new EmbeddedTask(embeddings, _form.Dimension, Array.ConvertAll(_rows, row => row.Label), Weights, outputs) { Covariates = covariates, Prior = prior };
    }

    /// <summary>The weight of each row.</summary>
    public float[] Weights => Array.ConvertAll(_rows, row => (float)(row.Weight * row.Decay));

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        // *** Binary format ***
        // byte: 0
        // int: rows ever added, rows not taken away, rows taken from the sample and from outside it without compensation, rows kept
        // for each row see StoredRow.Write
        writer.Write(Tag);
        writer.Write(_counts.Added);
        writer.Write(_counts.All);
        writer.Write(_counts.FreedInside);
        writer.Write(_counts.FreedOutside);
        writer.Write(_rows.Length);
        foreach (StoredRow row in _rows)
            row.Write(writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote after the tag.</summary>
    public static RowStatistics ReadRows(BinaryReader reader, StatisticsForm form, int targets)
    {
        Counts counts = new()
        {
            Added = BinaryFormat.ReadCount(reader, int.MaxValue, "rows"),
            All = BinaryFormat.ReadCount(reader, int.MaxValue, "rows"),
            FreedInside = BinaryFormat.ReadCount(reader, int.MaxValue, "rows"),
            FreedOutside = BinaryFormat.ReadCount(reader, int.MaxValue, "rows"),
        };
        int kept = BinaryFormat.ReadCount(reader, form.Capacity, "kept rows");
        if (counts.All > counts.Added || kept > counts.All || (form.IsSummable && kept != counts.All) || (kept == counts.All && counts.FreedInside + (long)counts.FreedOutside > 0))
            throw Damaged($"numbers of rows that fit each other; got {counts.Added}, {counts.All}, {kept}");
        var rows = new List<StoredRow>();
        for (int i = 0; i < kept; i++)
            rows.Add(StoredRow.Read(reader, form, targets));
        return new RowStatistics(form, [.. rows], counts);
    }

    private void Insert(List<StoredRow> kept, StoredRow row, ref Counts counts)
    {
        counts.All++;
        var random = new Random(counts.Added++); // the draws of a row depend on its number alone
        int freed = counts.FreedInside + counts.FreedOutside;
        if (freed > 0)
        {
            bool isTaken = random.Next(freed) < counts.FreedInside;
            if (isTaken)
                kept.Add(row);
            counts = isTaken ? counts with { FreedInside = counts.FreedInside - 1 } : counts with { FreedOutside = counts.FreedOutside - 1 };
        }
        else if (kept.Count < _form.Capacity)
        {
            kept.Add(row);
        }
        else if (random.Next(counts.All) is var index && index < kept.Count)
        {
            kept[index] = row;
        }
    }

    private static InvalidDataException Damaged(string constraint) => new($"A task's statistics must have {constraint}. The file is damaged.");

    // All: rows added and not taken away. Freed: rows taken from the sample, or from the rows outside it, which no later row has replaced yet.
    private record struct Counts
    {
        public int Added { get; set; }

        public int All { get; set; }

        public int FreedInside { get; set; }

        public int FreedOutside { get; set; }
    }
}
