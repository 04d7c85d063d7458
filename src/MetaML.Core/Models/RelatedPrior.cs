using System.Numerics.Tensors;
using MetaML.Adapters.ClosedForm;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;

namespace MetaML;

/// <summary>A prior for new tasks that is made of the training tasks' heads, each counting as much as it is likely to have made the new task's support.</summary>
/// <remarks>
/// <para>In place of one normal prior N(V₀, Σ) stands the mixture of N(Vᵢ, ρ²Σ) about the training tasks' heads Vᵢ. Given support with
/// targets y and rows Z̃, πᵢ ∝ exp(−rᵢᵀ(ρ²Z̃ΣZ̃ᵀ/σ² + I)⁻¹rᵢ / 2T), rᵢ = y − Z̃Vᵢ; at T = σ² this is the posterior probability of task i, and
/// since the gain is the same for all, the mixture's posterior mean is adaptation towards V₀' = Σᵢ πᵢ Vᵢ.</para>
/// <para>T and ρ are chosen on the training tasks, each in turn taken as new with few of its rows (its own head left out of the mixture). Where
/// no choice is better than the plain prior by more than a standard error, the plain prior is kept: see <see cref="IsUsed"/>. Nothing is
/// gained where tasks spread evenly about their mean; much where they form groups.</para>
/// <para>For the adapters with a solution in closed form (ridge, Bayesian with a Gaussian likelihood). Cost of adapting a task: one adaptation for each training
/// task. Immutable; needs no native library.</para>
/// </remarks>
public sealed class RelatedPrior
{
    private const int MaximumTasksEvaluated = 64;

    private static readonly double[] s_radii = [0.25, 0.5, 1]; // ρ
    private static readonly double[] s_temperatures = [1, 4, 16]; // T, in units of the training tasks' residual variance
    private static readonly int[] s_supports = [4, 16];

    private readonly MetaModel _model;
    private readonly LinearHead[] _heads;

    private RelatedPrior(MetaModel model, IReadOnlyList<string> taskNames, LinearHead[] heads)
    {
        _model = model;
        TaskNames = taskNames;
        _heads = heads;
    }

    /// <summary>The training tasks' names.</summary>
    public IReadOnlyList<string> TaskNames { get; }

    /// <summary>Whether the training tasks are better learned so than from the plain prior.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>T: how sharply related tasks are told from others, in the squared units in which labels are learned.</summary>
    public double Temperature { get; private set; } = 1;

    /// <summary>ρ: how far a new task may be from the related ones, as a share of how far it may be from the plain prior.</summary>
    public double Radius { get; private set; } = 1;

    /// <summary>Learns a prior.</summary>
    /// <param name="model">A model whose tasks' outputs all mean the same, with a ridge or Bayesian adapter.</param>
    /// <param name="training">The tasks that new ones may be related to: those that the model was trained on.</param>
    /// <param name="seed">Of the rows that are taken as support.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    /// <exception cref="ArgumentException">The model is another kind of model, or the tasks do not fit it.</exception>
    /// <exception cref="InvalidOperationException">There are fewer than three tasks.</exception>
    public static RelatedPrior Learn(MetaModel model, TaskSet training, int seed = 0, CancellationToken cancellationToken = default)
    {
        model.CheckFits(training);
        ClosedFormAdapter adapter = model.ClosedForm
            ?? throw new ArgumentException("The model must have a ridge or Bayesian adapter, for classes one with a Gaussian likelihood, and tasks whose outputs all mean the same. Others have no prior that could be replaced by training tasks' heads.", nameof(model));
        if (training.Tasks.Count < 3)
            throw new InvalidOperationException($"There must be at least three training tasks; got {training.Tasks.Count}. There is nothing to choose from. Give those that the model was trained on.");

        EmbeddedTask[] tasks = [.. training.Tasks.AsParallel().AsOrdered().WithCancellation(cancellationToken).Select(task => model.Embed(training.Features, task))];
        LinearHead[] heads = Array.ConvertAll(tasks, task => adapter.Adapt(model.AdapterArrays, task));
        var prior = new RelatedPrior(model, [.. training.Tasks.Select(task => task.Name)], heads);
        prior.Choose(adapter, tasks, seed, cancellationToken);
        return prior;
    }

    /// <summary>How much each training task counts for a new one.</summary>
    /// <param name="support">The new task's rows: one task.</param>
    /// <returns>π by the training tasks' names; sums to 1.</returns>
    /// <exception cref="ArgumentException">The rows do not fit the model, or are not one task's.</exception>
    public IReadOnlyDictionary<string, double> WeightsFor(TaskSet support)
    {
        _model.CheckFits(support);
        if (support.Tasks.Count != 1)
            throw new ArgumentException($"Support must be one task's; got {support.Tasks.Count} tasks.", nameof(support));
        double[] weights = Weigh(_model.ClosedForm!.Misfits(_model.AdapterArrays, _model.Embed(support.Features, support.Tasks[0]), _heads, Radius), Temperature);
        return TaskNames.Zip(weights).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    /// <summary>Throws unless this was learned from the model.</summary>
    internal void CheckIsOf(MetaModel model)
    {
        if (model != _model)
            throw new ArgumentException("AdaptationOptions.RelatedPrior must have been learned from the model that adapts; got another's. Heads on another encoder mean something else. Learn it from this model.", nameof(model));
    }

    /// <summary>The head of a new task.</summary>
    /// <param name="support">Its rows.</param>
    internal LinearHead Adapt(EmbeddedTask support) => IsUsed
        ? Adapt(_model.ClosedForm!, support, except: -1, Radius, Temperature)
        : _model.ClosedForm!.Adapt(_model.AdapterArrays, support);

    private LinearHead Adapt(ClosedFormAdapter adapter, EmbeddedTask support, int except, double radius, double temperature)
    {
        double[] misfits = adapter.Misfits(_model.AdapterArrays, support, _heads, radius);
        return adapter.Adapt(adapter.WithPrior(_model.AdapterArrays, Mix(Weigh(Without(misfits, except), temperature)), radius), support);
    }

    private void Choose(ClosedFormAdapter adapter, EmbeddedTask[] tasks, int seed, CancellationToken cancellationToken)
    {
        double variance = tasks.Zip(_heads, (task, head) => adapter.MeanSquaredResidual(_model.AdapterArrays, task, head)).Average();
        var random = new Random(seed);
        int[] evaluated = RowSampler.Some(tasks.Length, Math.Min(tasks.Length, MaximumTasksEvaluated), random);
        int[] seeds = Array.ConvertAll(evaluated, _ => random.Next());
        var choices = s_radii.SelectMany(_ => s_temperatures, (radius, temperature) => (Radius: radius, Temperature: temperature * variance)).ToArray();
        var gains = new double[evaluated.Length][]; // of each choice over the plain prior
        Parallel.For(0, evaluated.Length, new ParallelOptions { CancellationToken = cancellationToken }, j =>
        {
            EmbeddedTask task = tasks[evaluated[j]];
            gains[j] = new double[choices.Length];
            foreach (int rows in s_supports.Where(rows => rows < task.RowCount).DefaultIfEmpty(task.RowCount / 2))
            {
                int[] order = RowSampler.Some(task.RowCount, task.RowCount, new Random(seeds[j]));
                EmbeddedTask support = task.Select(order[..rows]), query = task.Select(order[rows..]);
                double plain = Loss(adapter.Adapt(_model.AdapterArrays, support), query);
                for (int c = 0; c < choices.Length; c++)
                    gains[j][c] += plain - Loss(Adapt(adapter, support, evaluated[j], choices[c].Radius, choices[c].Temperature), query);
            }
        });

        double[] means = [.. Enumerable.Range(0, choices.Length).Select(c => gains.Average(gain => gain[c]))];
        int best = Array.IndexOf(means, means.Max());
        double deviation = Math.Sqrt(gains.Sum(gain => (gain[best] - means[best]) * (gain[best] - means[best])) / (gains.Length - 1));
        IsUsed = means[best] > deviation / Math.Sqrt(gains.Length);
        (Radius, Temperature) = choices[best];
    }

    private double Loss(LinearHead head, EmbeddedTask query)
    {
        Span<float> scores = stackalloc float[head.OutputCount];
        double sum = 0, weight = 0;
        for (int row = 0; row < query.RowCount; row++)
        {
            head.Score(query.Row(row), scores);
            sum += query.Weights[row] * ScoreLoss.Of(_model.Kind, scores, query.Labels[row]);
            weight += query.Weights[row];
        }

        return weight > 0 ? sum / weight : 0;
    }

    private static double[] Without(double[] misfits, int except)
    {
        if (except >= 0)
            misfits[except] = double.PositiveInfinity;
        return misfits;
    }

    private static double[] Weigh(double[] misfits, double temperature)
    {
        double least = misfits.Min();
        double[] weights = Array.ConvertAll(misfits, misfit => Math.Exp(-(misfit - least) / (2 * Math.Max(temperature, 1e-300))));
        double sum = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / sum);
    }

    private LinearHead Mix(double[] weights)
    {
        var mixed = new LinearHead(new float[_heads[0].Weights.Length], new float[_heads[0].Bias.Length]);
        for (int i = 0; i < weights.Length; i++)
        {
            TensorPrimitives.MultiplyAdd(_heads[i].Weights, (float)weights[i], mixed.Weights, mixed.Weights);
            TensorPrimitives.MultiplyAdd(_heads[i].Bias, (float)weights[i], mixed.Bias, mixed.Bias);
        }

        return mixed;
    }
}
