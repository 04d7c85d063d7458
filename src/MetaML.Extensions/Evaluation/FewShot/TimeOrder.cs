namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>The rows of one task in the order of time. Each draw cuts them into support and query; no support row is later than a query row.</summary>
/// <remarks>
/// Each draw cuts the rows at another point of time. The support is the last rows before the cut, and the query is the first
/// rows after it. The first draw cuts as early as the largest support allows; the other draws cut later, at equal distances.
/// </remarks>
internal sealed class TimeOrder
{
    private readonly FewShotOptions _options;
    private readonly int[] _rows; // sorted by time; rows of the same time are in the order of the data
    private readonly int[] _classOfRow; // the class number of each row of _rows
    private readonly int _classes;
    private readonly int _firstCut;

    /// <param name="strata">The rows of each class, sorted by time; one stratum with all rows for regression.</param>
    /// <param name="times">The time of each row.</param>
    /// <param name="options">Support sizes and draws.</param>
    public TimeOrder(int[][] strata, long[] times, FewShotOptions options)
    {
        _options = options;
        _classes = strata.Length;
        var ordered = strata.SelectMany((stratum, number) => stratum.Select(row => (Row: row, Class: number))).OrderBy(pair => times[pair.Row]).ThenBy(pair => pair.Row).ToArray();
        _rows = Array.ConvertAll(ordered, pair => pair.Row);
        _classOfRow = Array.ConvertAll(ordered, pair => pair.Class);
        _firstCut = FirstCut(options.SupportSizes.Max());
    }

    /// <summary>Whether the largest support leaves a query row.</summary>
    public bool IsLargeEnough => _firstCut < _rows.Length;

    /// <summary>The support of each size, ascending, and one query for all sizes.</summary>
    public (int[][] Supports, int[] Query) Draw(int draw)
    {
        int cut = _firstCut + (int)((long)draw * (_rows.Length - _firstCut) / _options.Draws);
        int[][] supports = [.. _options.SupportSizes.Order().Select(size => Support(cut, size))];
        return (supports, [.. _rows.Skip(cut).Take(_options.QueryRows ?? _rows.Length)]);
    }

    // The last rows before the cut: of all classes together, or of each class.
    private int[] Support(int cut, int size)
    {
        if (!_options.IsPerClass)
            return _rows[(cut - size)..cut];
        var counts = new int[_classes];
        var support = new List<int>();
        for (int i = cut - 1; i >= 0; i--)
        {
            if (counts[_classOfRow[i]]++ < size)
                support.Add(_rows[i]);
        }

        return [.. support];
    }

    // The number of rows at which the largest support is complete; the number of all rows if it never is.
    private int FirstCut(int size)
    {
        if (!_options.IsPerClass)
            return Math.Min(size, _rows.Length);
        var counts = new int[_classes];
        int completeClasses = 0;
        for (int i = 0; i < _rows.Length; i++)
        {
            completeClasses += ++counts[_classOfRow[i]] == size ? 1 : 0;
            if (completeClasses == _classes)
                return i + 1;
        }

        return _rows.Length;
    }
}
