using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Pretrained.Network;

namespace MetaML.Pretrained.Adapters;

/// <summary>A task that is adapted on some of its rows: the scores of its other rows by each part of the mixture.</summary>
/// <param name="Task">The number of the task.</param>
/// <param name="Rows">The number of rows that it is adapted on.</param>
/// <param name="Labels">The labels of the other rows.</param>
/// <param name="Linear">Their scores by the linear head, [rows, outputs].</param>
/// <param name="Network">For each use of the prior, their scores by the network, [rows, outputs].</param>
internal sealed record ShareTrial(int Task, int Rows, float[] Labels, float[] Linear, IReadOnlyDictionary<PriorUse, float[]> Network)
{
    private const int MaximumQueries = 32, Draws = 3, Folds = 5;

    // The belief that the linear head alone is better: the number of standard errors by which a mixture must be better.
    private const double Doubt = 0.5;

    // With fewer tasks, a standard error means little. The believed share counts as much as so many tasks.
    private const int EnoughTasks = 10;
    private const float TasksOfBelief = 4;

    private static readonly int[] s_sizes = [4, 8, 16, 32, 64, 128];
    private static readonly float[] s_limits = [0, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f, 1];
    private static readonly float[] s_halfRows = [0, 2, 4, 8, 16, 32, 64, 128];

    /// <summary>Trials with supports of several sizes that leave a fifth of the rows.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="parameters">Parameters of its linear part, learned without the task.</param>
    /// <param name="task">The task.</param>
    /// <param name="number">The number of the task.</param>
    public static IEnumerable<ShareTrial> Of(PriorFittedAdapter adapter, float[][] parameters, EmbeddedTask task, int number)
    {
        var random = new Random(number);
        LinearHead? prior = adapter.PriorUses.Count > 1 ? adapter.Linear.Adapt(parameters, task.Select([])) : null;
        foreach (int size in s_sizes.Where(size => 5 * size <= 4 * task.RowCount).SelectMany(size => Enumerable.Repeat(size, Draws)))
        {
            int[] order = RowSampler.Some(task.RowCount, task.RowCount, random);
            EmbeddedTask support = task.Select(order[..size]), query = task.Select(order[size..Math.Min(task.RowCount, size + MaximumQueries)]);
            var byLinear = new AdaptedTask(adapter.Linear.Adapt(parameters, support), [.. Enumerable.Range(0, adapter.Kind switch { LabelKind.Regression => 0, LabelKind.Binary => 2, _ => query.OutputCount })]);
            var linear = new float[query.RowCount * query.OutputCount];
            for (int row = 0; row < query.RowCount; row++)
                byLinear.Score(query.Row(row), linear.AsSpan(row * query.OutputCount, query.OutputCount));
            float[] ByNetwork(PriorUse use)
            {
                var scores = new float[linear.Length];
                new NetworkScores(ShippedNetwork.OfPackage.Network, adapter.Kind, support, prior, use, adapter.Views, 1, isDistilled: false).Predict(query.Embeddings.Span, scores, new float[query.RowCount]);
                return scores;
            }

            yield return new ShareTrial(number, size, query.Labels, linear, adapter.PriorUses.ToDictionary(use => use, ByNetwork));
        }
    }

    /// <summary>The share of the network by the losses of trials.</summary>
    /// <remarks>
    /// It is the share with the least mean loss over the tasks. With fewer than ten tasks, it is moved towards <see cref="NetworkShare.Believed"/>, half the way with
    /// four tasks. With more, it is the linear head alone, unless shares that are chosen on some tasks are better on the other tasks by half a standard error.
    /// </remarks>
    /// <param name="trials">The trials.</param>
    /// <param name="kind">The kind of label.</param>
    public static NetworkShare Best(IReadOnlyList<ShareTrial> trials, LabelKind kind)
    {
        var linear = new NetworkShare(0, 0, PriorUse.None);
        NetworkShare[] shares =
        [
            linear,
            .. from use in trials.SelectMany(trial => trial.Network.Keys).Distinct()
               from limit in s_limits
               from halfRows in s_halfRows
               select new NetworkShare(limit, halfRows, use),
        ];
        double[][] tasks = [.. trials.GroupBy(trial => trial.Task, (_, own) => LossesOf(shares, [.. own], kind))];
        if (tasks.Length < EnoughTasks)
            return shares[Least(tasks)].Towards(NetworkShare.Believed, TasksOfBelief / (TasksOfBelief + tasks.Length));
        MeanInterval gain = MeanInterval.Of(Enumerable.Range(0, Folds).SelectMany(fold =>
        {
            int chosen = Least([.. tasks.Where((_, task) => task % Folds != fold)]);
            return tasks.Where((_, task) => task % Folds == fold).Select(losses => losses[0] - losses[chosen]);
        }));
        return gain.Mean > Doubt * gain.StandardError ? shares[Least(tasks)] : linear;
    }

    private static double[] LossesOf(NetworkShare[] shares, ShareTrial[] trials, LabelKind kind) =>
        Array.ConvertAll(shares, share => trials.Average(trial => trial.Loss(share, kind)));

    // The number of the share with the least mean loss over the tasks; the first of equal ones.
    private static int Least(double[][] tasks) => tasks.Length == 0 ? 0 : Enumerable.Range(0, tasks[0].Length).MinBy(share => tasks.Sum(losses => losses[share]));

    private double Loss(NetworkShare share, LabelKind kind)
    {
        float network = share.Of(Rows);
        float[] scores = Network[share.PriorUse];
        var mixed = new float[Linear.Length / Labels.Length];
        double sum = 0;
        for (int row = 0; row < Labels.Length; row++)
        {
            for (int k = 0; k < mixed.Length; k++)
                mixed[k] = (1 - network) * Linear[row * mixed.Length + k] + network * scores[row * mixed.Length + k];
            sum += ScoreLoss.Of(kind, mixed, Labels[row]);
        }

        return sum / Labels.Length;
    }
}
