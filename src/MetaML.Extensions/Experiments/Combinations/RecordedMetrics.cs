using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Evaluation.Metrics;

namespace MetaML.Extensions.Experiments.Combinations;

/// <summary>The metrics of weighted means of recorded predictions.</summary>
/// <param name="kind">The kind of the labels.</param>
/// <param name="own">The metric of the user; null if there is none.</param>
/// <param name="records">The predictions of each strategy, for the same cells.</param>
internal sealed class RecordedMetrics(LabelKind kind, Func<IReadOnlyList<ScoredRow>, double>? own, IReadOnlyList<PredictionRecord> records)
{
    /// <summary>The names of the tasks.</summary>
    public IReadOnlyList<string> Tasks { get; } = [.. records[0].Cells.Select(cell => cell.Task).Distinct()];

    /// <summary>The metrics of each task, as the evaluation of a model with these weights would give them: means over draws, then over support sizes.</summary>
    /// <param name="weightsOf">The weights of the strategies for a task, with sum 1; null if the task is left out.</param>
    /// <param name="isIncluded">Whether a row takes part, by its number in the data; null for all rows.</param>
    public TaskEvaluation Evaluate(Func<string, IReadOnlyList<double>?> weightsOf, Func<int, bool>? isIncluded = null)
    {
        string[] tasks = [.. Tasks.Where(task => weightsOf(task) is not null)];
        int[] sizes = [.. records[0].Cells.Select(cell => cell.SupportSize).Distinct()];
        var means = sizes.ToDictionary(size => size, _ => tasks.ToDictionary(task => task, _ => (Metrics: new MetricMeans(kind, own is not null, own), Rows: new HashSet<int>())));
        for (int i = 0; i < records[0].Cells.Count; i++)
        {
            PredictionRecord.Cell cell = records[0].Cells[i];
            if (weightsOf(cell.Task) is not { } weights)
                continue;
            TaskScores mean = Mean(i, weights, isIncluded);
            if (mean.Count == 0)
                continue;
            var (metrics, rows) = means[cell.SupportSize][cell.Task];
            metrics.Add(mean);
            rows.UnionWith(mean.Rows);
        }

        return MetricMeans.Over([.. sizes.Select(size => new TaskEvaluation(kind, [.. tasks.Select(task => means[size][task].Metrics.ToMetrics(task, means[size][task].Rows.Count))]))]);
    }

    // The weighted mean of the predictions of one cell.
    private TaskScores Mean(int cell, IReadOnlyList<double> weights, Func<int, bool>? isIncluded)
    {
        int[] used = [.. Enumerable.Range(0, records.Count).Where(k => weights[k] > 0)];
        TaskScores[] parts = [.. used.Select(k => records[k].Cells[cell].Rows)];
        if (parts.Length == 1 && isIncluded is null)
            return parts[0];
        var mean = new TaskScores();
        for (int i = 0; i < parts[0].Count; i++)
        {
            if (isIncluded is not null && !isIncluded(parts[0].Rows[i]))
                continue;
            double Of(Func<TaskScores, float> value)
            {
                double sum = 0;
                for (int k = 0; k < parts.Length; k++)
                    sum += weights[used[k]] * value(parts[k]);
                return sum;
            }

            float label = parts[0].Labels[i];
            int row = parts[0].Rows[i];
            switch (kind)
            {
                case LabelKind.Regression:
                    mean.Add(row, label, (float)Of(part => part.Scores[i]), float.NaN);
                    break;
                case LabelKind.Binary:
                    double probability = Of(part => part.Probabilities[i]);
                    mean.Add(row, label, (float)(probability - 0.5), (float)probability); // in the order of the log-odds, and with their sign
                    break;
                default:
                    float[] distribution = new float[parts.Max(part => part.Distributions[i].Length)]; // a model can lack the last classes
                    for (int c = 0; c < distribution.Length; c++)
                        distribution[c] = (float)Of(part => part.Distributions[i].ElementAtOrDefault(c));
                    mean.AddDistribution(row, label, distribution);
                    break;
            }
        }

        return mean;
    }
}
