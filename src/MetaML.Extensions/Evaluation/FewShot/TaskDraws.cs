using MetaML.Extensions.Data;
using MetaML.Options;

namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>Draws support and query from tasks. Equal seeds give equal draws.</summary>
internal sealed class TaskDraws
{
    private readonly FewShotOptions _options;
    private readonly int _seed;
    private readonly int[][][] _strata; // [task][class][]: row numbers
    private readonly TimeOrder[]? _orders; // [task]; null if support and query are drawn at random

    /// <exception cref="InvalidOperationException">Tasks have too few rows.</exception>
    public TaskDraws(LabeledRows rows, FewShotOptions options, int seed)
    {
        _options = options;
        _seed = seed;
        SupportSizes = [.. options.SupportSizes.Order()];
        _strata = [.. rows.RowsByTask().Select(task => rows.Kind == LabelKind.Regression
            ? [task]
            : task.GroupBy(row => rows.Labels[row]).OrderBy(group => group.Key).Select(group => group.ToArray()).ToArray())];
        if (rows.Times.Length > 0)
            _orders = [.. _strata.Select(strata => new TimeOrder(strata, rows.Times, options))];
        bool[] isLarge = [.. Enumerable.Range(0, _strata.Length).Select(IsLargeEnough)];
        Tasks = [.. Enumerable.Range(0, _strata.Length).Where(task => isLarge[task])];
        SkippedTasks = [.. Enumerable.Range(0, _strata.Length).Where(task => !isLarge[task]).Select(task => rows.TaskNames[task])];
        if (rows.TaskNames.Count == 0)
            throw new InvalidOperationException("Evaluation data must have rows; got none. Check the filter, and the file.");
        if (SkippedTasks.Count > 0 && (Tasks.Count == 0 || !options.SkipsSmallTasks))
            throw TooSmall(rows);
    }

    /// <summary>The support sizes, ascending.</summary>
    public IReadOnlyList<int> SupportSizes { get; }

    /// <summary>Numbers of the tasks that support and query are drawn from.</summary>
    public IReadOnlyList<int> Tasks { get; }

    /// <summary>Names of the tasks with too few rows.</summary>
    public IReadOnlyList<string> SkippedTasks { get; }

    /// <summary>Draws a support of each size, and one query for all sizes.</summary>
    /// <param name="task">The number of the task.</param>
    /// <param name="draw">The number of the draw.</param>
    /// <returns>Row numbers. Each support begins with the smaller supports.</returns>
    public (int[][] Supports, int[] Query) Draw(int task, int draw)
    {
        if (_orders is not null)
            return _orders[task].Draw(draw);

        // A draw depends only on the seed, the number of the draw and the number of the task.
        var random = new Random(unchecked((_seed * 1_000_003 + draw) * 1_000_003 + task));
        int[][] strata = Array.ConvertAll(_strata[task], rows => (int[])rows.Clone());
        foreach (int[] stratum in strata)
            random.Shuffle(stratum);
        int[] order = StratifiedOrder(strata, random);
        int[][] supports = [.. SupportSizes.Select(size => _options.IsPerClass ? [.. strata.SelectMany(stratum => stratum[..size])] : order[..size])];
        int[] query = [.. order.Except(supports[^1])];
        random.Shuffle(query);
        return (supports, query[..Math.Min(_options.QueryRows ?? query.Length, query.Length)]);
    }

    // One row of each class comes first. The other rows follow in an order whose beginnings keep the proportions of the classes.
    private static int[] StratifiedOrder(int[][] strata, Random random)
    {
        int[] first = [.. strata.Select(stratum => stratum[0])];
        random.Shuffle(first);
        var others = strata.SelectMany(stratum => stratum.Skip(1).Select((row, i) => (Row: row, Rank: (i + 1.5) / stratum.Length)));
        return [.. first, .. others.OrderBy(other => other.Rank).Select(other => other.Row)];
    }

    private bool IsLargeEnough(int task)
    {
        if (_orders is not null)
            return _orders[task].IsLargeEnough;
        int[][] strata = _strata[task];
        int largest = SupportSizes[^1], rows = strata.Sum(stratum => stratum.Length);
        return _options.IsPerClass
            ? strata.All(stratum => stratum.Length >= largest) && rows > largest * strata.Length
            : rows > largest;
    }

    private InvalidOperationException TooSmall(LabeledRows rows)
    {
        string names = NameList.OfTexts(Enumerable.Range(0, _strata.Length).Where(task => !IsLargeEnough(task)).Select(task => $"'{rows.TaskNames[task]}' ({_strata[task].Sum(stratum => stratum.Length)} rows)"));
        string needed = _options.IsPerClass ? $"{SupportSizes[^1]} support rows of each class" : $"{SupportSizes[^1]} support rows";
        return new InvalidOperationException(
            $"Each task must have {needed} and at least one query row{(_orders is null ? "" : " after them")}; got {SkippedTasks.Count} of {_strata.Length} tasks with fewer: {names}. " +
            $"Support and query cannot be drawn from these tasks. Lower FewShotOptions.SupportSizes{(Tasks.Count > 0 ? ", or set SkipsSmallTasks to leave those tasks out" : "")}.");
    }
}
