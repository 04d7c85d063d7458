namespace MetaML.Data;

/// <summary>Collects labelled rows into a <see cref="TaskSet"/>.</summary>
/// <param name="kind">The kind of label.</param>
/// <param name="features">The store of feature rows. The caller appends rows to it and refers to them by number.</param>
public sealed class TaskSetBuilder(LabelKind kind, FeatureStore features)
{
    private readonly Dictionary<string, Rows> _tasks = [];
    private readonly List<Rows> _inOrder = [];
    private Rows? _last;
    private bool _weighted;

    /// <summary>Adds a labelled row to a task. The first row creates the task.</summary>
    /// <param name="task">The task's name.</param>
    /// <param name="row">A row number of the feature store.</param>
    /// <param name="label">0 or 1, a class number from 0, or a finite value.</param>
    /// <param name="weight">The example weight; finite and not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The row, label or weight is outside its range.</exception>
    public void Add(string task, int row, float label, float weight = 1)
    {
        if ((uint)row >= (uint)features.RowCount)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The row must be one of the {features.RowCount} stored rows.");
        if (!LabelRule.IsValid(kind, label))
            throw new ArgumentOutOfRangeException(nameof(label), label, $"A {kind} label must be {LabelRule.Expected(kind)}; the task is '{task}'.");
        if (!float.IsFinite(weight) || weight < 0)
            throw new ArgumentOutOfRangeException(nameof(weight), weight, $"An example weight must be finite and not negative; the task is '{task}'.");

        if (task != _last?.Name) // rows of a task often follow each other
            _last = Find(task);
        _last.Numbers.Add(row);
        _last.Labels.Add(label);
        _last.Weights.Add(weight);
        _weighted |= weight != 1;
    }

    /// <summary>Builds the task set from all added rows.</summary>
    /// <param name="classCount">Number of classes of all tasks together; ignored unless labels are multiclass.</param>
    /// <param name="classSets">Whether tasks share one set of classes; ignored unless labels are multiclass.</param>
    /// <exception cref="ArgumentOutOfRangeException">A multiclass label is not below <paramref name="classCount"/>.</exception>
    public TaskSet Build(int classCount = 0, ClassSets classSets = ClassSets.Auto)
    {
        int[][] present = [.. _inOrder.Select(ClassesOf)];
        int invalid = Array.FindIndex(present, classes => classes.Length > 0 && classes[^1] >= classCount);
        if (invalid >= 0)
            throw new ArgumentOutOfRangeException(nameof(classCount), classCount, $"Class numbers must be below {classCount}, the number of classes; got {present[invalid][^1]} in task '{_inOrder[invalid].Name}'.");

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

        var tasks = new LearningTask[_inOrder.Count];
        for (int i = 0; i < tasks.Length; i++)
        {
            Rows rows = _inOrder[i];
            tasks[i] = new LearningTask(
                rows.Name,
                [.. rows.Numbers],
                [.. rows.Labels],
                _weighted ? [.. rows.Weights] : null,
                common ? all : present[i]);
        }

        return new TaskSet(kind, features, tasks, all.Length, common);
    }

    /// <summary>The rule of <see cref="ClassSets.Auto"/>: tasks share one set of classes if their mean number of classes is at least half of all classes.</summary>
    internal static bool AreCommon(double meanClasses, int classCount) => meanClasses >= 0.5 * classCount;

    private Rows Find(string task)
    {
        if (_tasks.TryGetValue(task, out Rows? rows))
            return rows;
        _tasks.Add(task, rows = new Rows(task));
        _inOrder.Add(rows);
        return rows;
    }

    private int[] ClassesOf(Rows rows) => kind == LabelKind.Multiclass
        ? [.. rows.Labels.Distinct().Select(label => (int)label).Order()]
        : [];

    private sealed class Rows(string name)
    {
        public readonly string Name = name;
        public readonly List<int> Numbers = [];
        public readonly List<float> Labels = [];
        public readonly List<float> Weights = [];
    }
}
