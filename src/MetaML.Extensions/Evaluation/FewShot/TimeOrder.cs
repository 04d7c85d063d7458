namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>The rows of one task in the order of time, cut into support and query so that no support row is after a query row.</summary>
/// <remarks>
/// Each draw cuts the rows at another point of time. The support is the last rows before the cut, and the query is the first
/// rows after it. The first draw cuts as early as the largest support allows; the other draws cut later, at equal distances.
/// </remarks>
internal sealed class TimeOrder
{
    private readonly FewShotOptions _options;
    private readonly int[] _rows; // by time; rows of the same time in the order of the data
    private readonly int[] _classOfRow; // the number of each row's class, by the position in _rows
    private readonly int _classes;
    private readonly int _firstCut;

    /// <param name="strata">The rows of each class, by time; all rows if labels are values.</param>
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

    /// <summary>Support of each size, ascending, and the query that all sizes share.</summary>
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

    // The number of rows up to which the largest support is complete; that of all rows if it never is.
    private int FirstCut(int size)
    {
        if (!_options.IsPerClass)
            return Math.Min(size, _rows.Length);
        var counts = new int[_classes];
        int complete = 0;
        for (int i = 0; i < _rows.Length; i++)
        {
            complete += ++counts[_classOfRow[i]] == size ? 1 : 0;
            if (complete == _classes)
                return i + 1;
        }

        return _rows.Length;
    }
}
