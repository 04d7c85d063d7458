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

    /// <summary>The name by which the task is known.</summary>
    public string Name { get; }

    /// <summary>The task's position in its <see cref="TaskSet"/>; a part of a task has the number of the whole.</summary>
    internal int Number { get; }

    /// <summary>Number of labelled rows.</summary>
    public int RowCount => Rows.Length;

    /// <summary>Row numbers in the <see cref="TaskSet.Features"/>, one per labelled row.</summary>
    internal int[] Rows { get; }

    /// <summary>Labels, one per labelled row: 0 or 1, the class's number in the task set, or the value.</summary>
    internal float[] Labels { get; }

    /// <summary>Example weights, one per labelled row, or null where all are 1.</summary>
    internal float[]? Weights { get; }

    /// <summary>The classes that the task tells apart, ascending; empty for regression.</summary>
    internal int[] Classes { get; }

    /// <summary>The mean over the labelled rows, by their example weights; 0 where these are all 0.</summary>
    /// <param name="value">Of a position among the rows.</param>
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

    /// <summary>The same task restricted to some of its labelled rows; its classes stay.</summary>
    internal LearningTask Take(IReadOnlyCollection<int> positions) => new(
        Name,
        [.. positions.Select(i => Rows[i])],
        [.. positions.Select(i => Labels[i])],
        Weights is null ? null : [.. positions.Select(i => Weights[i])],
        Classes,
        Number);

    /// <summary>The same task with other labels of its rows.</summary>
    internal LearningTask WithLabels(float[] labels) => new(Name, Rows, labels, Weights, Classes, Number);

    /// <summary>The same task with this number.</summary>
    internal LearningTask Numbered(int number) => number == Number ? this : new(Name, Rows, Labels, Weights, Classes, number);
}
