namespace MetaML.Data;

/// <summary>A set of rows that share one labelling.</summary>
public sealed class LearningTask
{
    internal LearningTask(string name, int[] rows, float[] labels, float[]? weights, int[] classes, int number = 0)
    {
        Number = number;
        Name = name;
        Rows = rows;
        Labels = labels;
        Weights = weights;
        Classes = classes;
    }

    // The same task with other rows, labels, weights or number.
    private LearningTask(LearningTask task, int[] rows, float[] labels, float[]? weights, int number)
        : this(task.Name, rows, labels, weights, task.Classes, number)
    {
        Covariates = task.Covariates;
        Groups = task.Groups;
        Prior = task.Prior;
        Exposures = task.Exposures;
        Scaling = task.Scaling;
    }

    /// <summary>The name of the task.</summary>
    public string Name { get; }

    /// <summary>The index of the task in its <see cref="TaskSet"/>. A subset of a task's rows has the number of the task.</summary>
    internal int Number { get; }

    /// <summary>Number of labelled rows.</summary>
    public int RowCount => Rows.Length;

    /// <summary>Row numbers in the <see cref="TaskSet.Features"/>, one per labelled row.</summary>
    internal int[] Rows { get; }

    /// <summary>Labels, one per labelled row: 0 or 1, the class's number in the task set, or the value.</summary>
    internal float[] Labels { get; }

    /// <summary>Example weights, one per labelled row; null if all are 1.</summary>
    internal float[]? Weights { get; }

    /// <summary>The classes of the task, ascending; empty for regression.</summary>
    internal int[] Classes { get; }

    /// <summary>The covariates of the task, one for each of <see cref="TaskSet.CovariateNames"/>; empty if there are none.</summary>
    internal float[] Covariates { get; init; } = [];

    /// <summary>The names of the groups of the task, one for each of <see cref="TaskSet.GroupNames"/>; empty if there are none.</summary>
    internal string[] Groups { get; init; } = [];

    /// <summary>The prior of the task if it is not that of its groups; null otherwise.</summary>
    internal TaskPrior? Prior { get; init; }

    /// <summary>The scaling of <see cref="Labels"/>; null if they are in the user's units, or scaled as those of all tasks.</summary>
    internal LabelScaling? Scaling { get; init; }

    /// <summary>The exposure of each labelled row if labels are counts; null if all are 1.</summary>
    internal float[]? Exposures { get; init; }

    /// <summary>The mean over the labelled rows, weighted by the example weights; 0 if all weights are 0.</summary>
    /// <param name="value">Gives the value of a labelled row from its index.</param>
    internal double WeightedMean(Func<int, double> value)
    {
        double sum = 0, total = 0;
        for (int i = 0; i < RowCount; i++)
        {
            double weight = Weights?[i] ?? 1;
            sum += weight * value(i);
            total += weight;
        }

        return total > 0 ? sum / total : 0;
    }

    /// <summary>The same task with some of its labelled rows. Its classes do not change.</summary>
    internal LearningTask Take(IReadOnlyCollection<int> indices) => new(
        this,
        [.. indices.Select(i => Rows[i])],
        [.. indices.Select(i => Labels[i])],
        Weights is null ? null : [.. indices.Select(i => Weights[i])],
        Number) { Exposures = Exposures is null ? null : [.. indices.Select(i => Exposures[i])] };

    /// <summary>The same task with other labels of its rows.</summary>
    internal LearningTask WithLabels(float[] labels) => new(this, Rows, labels, Weights, Number);

    /// <summary>The same task with labels that a scaling of its own gave.</summary>
    internal LearningTask Scaled(LabelScaling scaling) => new(this, Rows, Array.ConvertAll(Labels, scaling.Apply), Weights, Number) { Scaling = scaling };

    /// <summary>The same task with other covariates.</summary>
    internal LearningTask WithCovariates(float[] covariates) => new(this, Rows, Labels, Weights, Number) { Covariates = covariates };

    /// <summary>The same task with the prior that other tasks of its groups give.</summary>
    internal LearningTask WithPrior(TaskPrior? prior) => new(this, Rows, Labels, Weights, Number) { Prior = prior };

    /// <summary>The same task with this number.</summary>
    internal LearningTask Numbered(int number) => number == Number ? this : new(this, Rows, Labels, Weights, number);
}
