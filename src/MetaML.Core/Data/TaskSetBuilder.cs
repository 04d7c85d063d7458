namespace MetaML.Data;

/// <summary>Collects labelled rows into a <see cref="TaskSet"/>.</summary>
/// <param name="kind">The kind of label.</param>
/// <param name="features">The store of feature rows. The caller appends rows to it and refers to them by number.</param>
public sealed class TaskSetBuilder(LabelKind kind, FeatureStore features)
{
    // Rows in the order in which they were added: a list for each task would take several times the memory of small tasks.
    private readonly NameNumbers _tasks = new();
    private readonly List<int> _taskOf = [];
    private readonly List<int> _rows = [];
    private readonly List<float> _labels = [];
    private List<float>? _weights, _exposures; // null while all are 1
    private readonly List<float[]?> _covariates = []; // by the number of the task
    private readonly List<string[]?> _groups = []; // by the number of the task
    private readonly Dictionary<(int Level, string Group), string> _outer = []; // the outer group of each group
    private int _last = -1;

    /// <summary>The names of the covariates of a task, in the order of their values; empty (default) if tasks have none.</summary>
    public IReadOnlyList<string> CovariateNames { get; init; } = [];

    /// <summary>The names of the levels of groups that tasks are in, the outermost first; empty (default) if tasks are in none.</summary>
    public IReadOnlyList<string> GroupNames { get; init; } = [];

    /// <summary>Sets the groups that a task is in. The first call creates the task.</summary>
    /// <param name="task">The task's name.</param>
    /// <param name="groups">The name of its group of each of <see cref="GroupNames"/>. Later calls must give the same names.</param>
    /// <exception cref="ArgumentException">The names differ from an earlier call, a group is in two groups, or there is another number of names.</exception>
    public void SetGroups(string task, params IReadOnlyList<string> groups)
    {
        if (groups.Count != GroupNames.Count)
            throw new ArgumentException($"Groups of task '{task}' must be {GroupNames.Count} names, one for each level; got {groups.Count}.", nameof(groups));
        int number = _tasks.Of(task);
        while (_groups.Count <= number)
            _groups.Add(null);
        string[]? known = _groups[number];
        for (int level = groups.Count - 1; level >= 0; level--)
        {
            if (known is not null && known[level] != groups[level])
                throw new ArgumentException($"A task must be in one group of '{GroupNames[level]}'; got '{known[level]}' and '{groups[level]}' for task '{task}'. Groups that cross tasks have no common prior. Give the rows of different groups different tasks, for example by a Task column that joins both names.", nameof(groups));
            if (level > 0 && !_outer.TryAdd((level, groups[level]), groups[level - 1]) && _outer[(level, groups[level])] is var outer && outer != groups[level - 1])
                throw new ArgumentException($"A group must be in one group of '{GroupNames[level - 1]}'; got '{outer}' and '{groups[level - 1]}' for group '{groups[level]}' of '{GroupNames[level]}'. Groups that cross have no common prior. Give groups of different outer groups different names.", nameof(groups));
        }

        _groups[number] ??= [.. groups];
    }

    /// <summary>Sets what is known of a task besides its rows. The first call creates the task, so that a task may have covariates and no rows.</summary>
    /// <param name="task">The task's name.</param>
    /// <param name="values">[covariates], finite, in the order of <see cref="CovariateNames"/>. Later calls must give the same values.</param>
    /// <exception cref="ArgumentException">A value is not finite or differs from an earlier call, or there is another number of values.</exception>
    public void SetCovariates(string task, ReadOnlySpan<float> values)
    {
        if (values.Length != CovariateNames.Count)
            throw new ArgumentException($"Covariates of task '{task}' must be {CovariateNames.Count} values, one for each name; got {values.Length}.", nameof(values));
        int number = _tasks.Of(task);
        while (_covariates.Count <= number)
            _covariates.Add(null);
        float[]? known = _covariates[number];
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new ArgumentException($"Covariates must be finite; got {values[i]} for '{CovariateNames[i]}' of task '{task}'. The prior of the task would not be finite. Replace missing values, or leave the task out.", nameof(values));
            if (known is not null && known[i] != values[i])
                throw new ArgumentException($"A covariate must be the same in all rows of a task; got {known[i]} and {values[i]} for '{CovariateNames[i]}' of task '{task}'. It would not be known of a task without rows. Use it as a feature, or give its mean over the task.", nameof(values));
        }

        _covariates[number] ??= values.ToArray();
    }

    /// <summary>Adds a labelled row to a task. The first row creates the task.</summary>
    /// <param name="task">The task's name.</param>
    /// <param name="row">A row number of the feature store.</param>
    /// <param name="label">0 or 1, a class number from 0, or a finite value.</param>
    /// <param name="weight">The example weight; finite and not negative.</param>
    /// <param name="exposure">The exposure of a count, for example the time or the area that it was counted in; finite and positive.</param>
    /// <exception cref="ArgumentOutOfRangeException">The row, label, weight or exposure is outside its range.</exception>
    public void Add(string task, int row, float label, float weight = 1, float exposure = 1)
    {
        if ((uint)row >= (uint)features.RowCount)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The row must be one of the {features.RowCount} stored rows.");
        if (!LabelRule.IsValid(kind, label))
            throw new ArgumentOutOfRangeException(nameof(label), label, $"A {kind} label must be {LabelRule.Expected(kind)}; the task is '{task}'.");
        if (!float.IsFinite(weight) || weight < 0)
            throw new ArgumentOutOfRangeException(nameof(weight), weight, $"An example weight must be finite and not negative; the task is '{task}'.");

        if (!float.IsFinite(exposure) || exposure <= 0)
            throw new ArgumentOutOfRangeException(nameof(exposure), exposure, $"An exposure must be finite and positive; the task is '{task}'.");

        if (_last < 0 || task != _tasks.Names[_last]) // rows of a task often follow each other
            _last = _tasks.Of(task);
        if (weight != 1)
            _weights ??= [.. Enumerable.Repeat(1f, _rows.Count)];
        if (exposure != 1)
            _exposures ??= [.. Enumerable.Repeat(1f, _rows.Count)];
        _taskOf.Add(_last);
        _rows.Add(row);
        _labels.Add(label);
        _weights?.Add(weight);
        _exposures?.Add(exposure);
    }

    /// <summary>Builds the task set from all added rows.</summary>
    /// <param name="classCount">Number of classes of all tasks together; ignored unless labels are multiclass.</param>
    /// <param name="classSets">Whether tasks share one set of classes; ignored unless labels are multiclass.</param>
    /// <exception cref="ArgumentOutOfRangeException">A multiclass label is not below <paramref name="classCount"/>.</exception>
    /// <exception cref="InvalidOperationException">Covariates or groups have names, and a task has none.</exception>
    public TaskSet Build(int classCount = 0, ClassSets classSets = ClassSets.Auto)
    {
        int[] starts = Starts();
        int[] rows = InOrder(_rows, starts);
        float[] labels = InOrder(_labels, starts);
        float[]? weights = _weights is null ? null : InOrder(_weights, starts), exposures = _exposures is null ? null : InOrder(_exposures, starts);
        Range RowsOf(int task) => starts[task]..starts[task + 1];
        int[][] present = kind == LabelKind.Multiclass ? [.. Enumerable.Range(0, _tasks.Names.Count).Select(task => ClassesOf(labels.AsSpan(RowsOf(task))))] : [];
        int invalid = Array.FindIndex(present, classes => classes.Length > 0 && classes[^1] >= classCount);
        if (invalid >= 0)
            throw new ArgumentOutOfRangeException(nameof(classCount), classCount, $"Class numbers must be below {classCount}, the number of classes; got {present[invalid][^1]} in task '{_tasks.Names[invalid]}'.");

        bool common = kind != LabelKind.Multiclass || classSets switch
        {
            ClassSets.Common => true,
            ClassSets.PerTask => false,
            _ => present.Length > 0 && AreCommon(present.Average(classes => classes.Length), classCount),
        };
        int[] all = kind switch
        {
            LabelKind.Binary => [0, 1],
            LabelKind.Multiclass => [.. Enumerable.Range(0, classCount)],
            _ => [],
        };

        var tasks = new LearningTask[_tasks.Names.Count];
        for (int task = 0; task < tasks.Length; task++)
            tasks[task] = new LearningTask(_tasks.Names[task], rows[RowsOf(task)], labels[RowsOf(task)], weights?[RowsOf(task)], common ? all : present[task], task) { Covariates = CovariatesOf(task), Groups = GroupsOf(task), Exposures = exposures?[RowsOf(task)] };

        return new TaskSet(kind, features, tasks, all.Length, common) { CovariateNames = CovariateNames, GroupNames = GroupNames };
    }

    private float[] CovariatesOf(int task)
    {
        if (CovariateNames.Count == 0)
            return [];
        return task < _covariates.Count && _covariates[task] is { } values ? values
            : throw new InvalidOperationException($"Each task must have covariates; got none for task '{_tasks.Names[task]}'. Call SetCovariates for it.");
    }

    private string[] GroupsOf(int task)
    {
        if (GroupNames.Count == 0)
            return [];
        return task < _groups.Count && _groups[task] is { } groups ? groups
            : throw new InvalidOperationException($"Each task must be in groups; got none for task '{_tasks.Names[task]}'. Call SetGroups for it.");
    }

    /// <summary>The rule of <see cref="ClassSets.Auto"/>: tasks share one set of classes if their mean number of classes is at least half of all classes.</summary>
    internal static bool AreCommon(double meanClasses, int classCount) => meanClasses >= 0.5 * classCount;

    // The first row of each task in an order by task, and the number of all rows.
    private int[] Starts()
    {
        var starts = new int[_tasks.Names.Count + 1];
        foreach (int task in _taskOf)
            starts[task + 1]++;
        for (int task = 0; task < _tasks.Names.Count; task++)
            starts[task + 1] += starts[task];
        return starts;
    }

    // By task; rows of a task stay in their order.
    private T[] InOrder<T>(List<T> values, int[] starts)
    {
        var ordered = new T[values.Count];
        int[] next = [.. starts];
        for (int i = 0; i < ordered.Length; i++)
            ordered[next[_taskOf[i]]++] = values[i];
        return ordered;
    }

    private static int[] ClassesOf(ReadOnlySpan<float> labels)
    {
        var classes = new SortedSet<int>();
        foreach (float label in labels)
            classes.Add((int)label);
        return [.. classes];
    }
}
