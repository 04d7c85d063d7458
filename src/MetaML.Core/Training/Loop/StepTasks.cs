using MetaML.Episodes;

namespace MetaML.Training.Loop;

/// <summary>The tasks of an outer step in the order of problems and episodes, for any division into parts.</summary>
internal sealed class StepTasks
{
    private readonly List<(int Part, int Index)> _positions = [];
    private readonly int[] _counts;

    /// <param name="parts">The episodes, [parts][problems][episodes].</param>
    /// <param name="problems">The problems. Their tasks are numbered one problem after the other.</param>
    public StepTasks(Episode[][][] parts, LearningProblem[] problems)
    {
        var numbers = new List<int>();
        _counts = new int[parts.Length];
        int first = 0;
        for (int p = 0; p < problems.Length; p++)
        {
            for (int s = 0; s < parts.Length; s++)
            {
                numbers.AddRange(parts[s][p].Select(episode => first + episode.TaskNumber));
                _positions.AddRange(parts[s][p].Select(_ => (s, _counts[s]++)));
            }

            first += problems[p].Tasks.Tasks.Count;
        }

        Numbers = [.. numbers];
    }

    /// <summary>The tasks' numbers.</summary>
    public int[] Numbers { get; }

    /// <summary>The parts' values in the tasks' order.</summary>
    public double[] Gather(float[][] values) => [.. _positions.Select(position => (double)values[position.Part][position.Index])];

    /// <summary>A matrix whose rows and columns are one part after the other, in the tasks' order.</summary>
    public double[,] Gather(double[,] products)
    {
        int[] starts = [.. _counts.Select((_, s) => _counts.Take(s).Sum())];
        int[] rows = [.. _positions.Select(position => starts[position.Part] + position.Index)];
        var ordered = new double[rows.Length, rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < rows.Length; j++)
                ordered[i, j] = products[rows[i], rows[j]];
        }

        return ordered;
    }

    /// <summary>Values in the tasks' order to those of each part.</summary>
    public float[][] Scatter(double[] values)
    {
        float[][] scattered = Array.ConvertAll(_counts, count => new float[count]);
        for (int i = 0; i < values.Length; i++)
            scattered[_positions[i].Part][_positions[i].Index] = (float)values[i];
        return scattered;
    }
}
