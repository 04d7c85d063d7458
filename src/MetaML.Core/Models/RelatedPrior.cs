using System.Numerics.Tensors;
using MetaML.Adapters.ClosedForm;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Options;

namespace MetaML;

/// <summary>A prior for new tasks: a mixture of the training tasks' heads, each weighted by its likelihood for the new task's support.</summary>
/// <remarks>
/// <para>The mixture of N(Vᵢ, ρ²Σ) about the training tasks' heads Vᵢ replaces the single normal prior N(V₀, Σ). Given support with
/// targets y and rows Z̃, πᵢ ∝ exp(−rᵢᵀ(ρ²Z̃ΣZ̃ᵀ/σ² + I)⁻¹rᵢ / 2T), rᵢ = y − Z̃Vᵢ. At T = σ² this is the posterior probability of task i.
/// All components have the same covariance, so the posterior mean of the mixture is adaptation towards V₀' = Σᵢ πᵢ Vᵢ.</para>
/// <para>T and ρ are chosen on the training tasks. Each in turn is treated as a new task with a few of its rows, and its own head is left
/// out of the mixture. If no choice is better than the model's own prior by more than a standard error, that prior is used: see
/// <see cref="IsUsed"/>. The gain is large if tasks form groups, and zero if they are distributed evenly about their mean.</para>
/// <para>For the adapters with a solution in closed form (ridge, Bayesian with a Gaussian likelihood). The adaptation of a task costs one
/// adaptation for each training task. Immutable; needs no native library.</para>
/// </remarks>
/// <example>
/// <code>
/// RelatedPrior prior = ml.MetaLearning().RelatedPrior(model, trainingTasks);
/// ITransformer adapted = ml.MetaLearning().Adapt(model, supportRows, new AdaptationOptions { RelatedPrior = prior });
/// </code>
/// </example>
public sealed class RelatedPrior
{
    private const int MaximumTasksEvaluated = 64;

    private static readonly double[] s_radii = [0.25, 0.5, 1]; // ρ
    private static readonly double[] s_temperatures = [1, 4, 16]; // T, as a multiple of the training tasks' residual variance
    private static readonly int[] s_supports = [4, 16];

    private readonly MetaModel _model;
    private readonly LinearHead[] _heads;

    private RelatedPrior(MetaModel model, IReadOnlyList<string> taskNames, LinearHead[] heads)
    {
        _model = model;
        TaskNames = taskNames;
        _heads = heads;
    }

    /// <summary>The names of the training tasks.</summary>
    public IReadOnlyList<string> TaskNames { get; }

    /// <summary>Whether the mixture was better than the model's own prior on the training tasks. If not, adaptation uses the model's own prior.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>T, the temperature of the weights, in squared units of standardised labels. A low temperature gives weight only to the most related tasks.</summary>
    public double Temperature { get; private set; } = 1;

    /// <summary>ρ, the prior scale about a related task, as a multiple of that of the model's own prior.</summary>
    public double Radius { get; private set; } = 1;

    /// <summary>Learns a prior.</summary>
    /// <param name="model">A model with the same outputs for all tasks, and a ridge or Bayesian adapter.</param>
    /// <param name="training">The training tasks of the model.</param>
    /// <param name="seed">The seed of the draws of support rows.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    /// <exception cref="ArgumentException">The model has another adapter or different outputs by task, or the tasks do not match the model.</exception>
    /// <exception cref="InvalidOperationException">There are fewer than three tasks.</exception>
    public static RelatedPrior Learn(MetaModel model, TaskSet training, int seed = 0, CancellationToken cancellationToken = default)
    {
        model.CheckFits(training);
        ClosedFormAdapter adapter = model.ClosedForm
            ?? throw new ArgumentException("The model must have a ridge or Bayesian adapter, for classes one with a Gaussian likelihood, and the same outputs for all tasks. Other models have no prior head that heads of training tasks can replace. Train with RidgeAdapterOptions or BayesianAdapterOptions.", nameof(model));
        if (model.Groups is not null)
            throw new ArgumentException($"The model must have no groups of tasks; got {NameList.Of(model.GroupNames)}. The groups say which tasks are related. Use Adapt without RelatedPrior.", nameof(model));
        if (training.Tasks.Count < 3)
            throw new InvalidOperationException($"There must be at least three training tasks; got {training.Tasks.Count}. There is nothing to choose from. Give the tasks that the model was trained on.");

        EmbeddedTask[] tasks = [.. training.Tasks.AsParallel().AsOrdered().WithCancellation(cancellationToken).Select(task => model.Embed(training.Features, task))];
        LinearHead[] heads = Array.ConvertAll(tasks, task => adapter.Adapt(model.AdapterArrays, task));
        var prior = new RelatedPrior(model, [.. training.Tasks.Select(task => task.Name)], heads);
        prior.Choose(adapter, tasks, seed, cancellationToken);
        return prior;
    }

    /// <summary>The weight of each training task in the prior of a new task.</summary>
    /// <param name="support">The rows of the new task: a set of one task.</param>
    /// <returns>π by the names of the training tasks. The sum is 1.</returns>
    /// <exception cref="ArgumentException">The rows do not match the model, or are of several tasks.</exception>
    public IReadOnlyDictionary<string, double> WeightsFor(TaskSet support)
    {
        _model.CheckFits(support);
        if (support.Tasks.Count != 1)
            throw new ArgumentException($"Support must hold one task; got {support.Tasks.Count} tasks.", nameof(support));
        double[] weights = Weights(_model.ClosedForm!.Misfits(_model.AdapterArrays, _model.Embed(support.Features, support.Tasks[0]), _heads, Radius), Temperature);
        return TaskNames.Zip(weights).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    /// <summary>Throws unless this was learned from the model.</summary>
    internal void CheckIsOf(MetaModel model)
    {
        if (model != _model)
            throw new ArgumentException("AdaptationOptions.RelatedPrior must have been learned from the model that adapts; got the prior of another model. Heads of another encoder have another meaning. Learn it from this model.", nameof(model));
    }

    /// <summary>The head of a new task.</summary>
    /// <param name="support">The rows of the task.</param>
    internal LinearHead Adapt(EmbeddedTask support) => IsUsed
        ? Adapt(_model.ClosedForm!, support, except: -1, Radius, Temperature)
        : _model.ClosedForm!.Adapt(_model.AdapterArrays, support);

    private LinearHead Adapt(ClosedFormAdapter adapter, EmbeddedTask support, int except, double radius, double temperature)
    {
        double[] misfits = adapter.Misfits(_model.AdapterArrays, support, _heads, radius);
        return adapter.Adapt(adapter.WithPrior(_model.AdapterArrays, Mix(Weights(Without(misfits, except), temperature)), radius), support);
    }

    private void Choose(ClosedFormAdapter adapter, EmbeddedTask[] tasks, int seed, CancellationToken cancellationToken)
    {
        double variance = tasks.Zip(_heads, (task, head) => adapter.MeanSquaredResidual(_model.AdapterArrays, task, head)).Average();
        var random = new Random(seed);
        int[] evaluated = RowSampler.Some(tasks.Length, Math.Min(tasks.Length, MaximumTasksEvaluated), random);
        int[] seeds = Array.ConvertAll(evaluated, _ => random.Next());
        var choices = s_radii.SelectMany(_ => s_temperatures, (radius, temperature) => (Radius: radius, Temperature: temperature * variance)).ToArray();
        var gains = new double[evaluated.Length][]; // the gain of each choice over the model's own prior
        Parallel.For(0, evaluated.Length, new ParallelOptions { CancellationToken = cancellationToken }, j =>
        {
            EmbeddedTask task = tasks[evaluated[j]];
            gains[j] = new double[choices.Length];
            foreach (int rows in s_supports.Where(rows => rows < task.RowCount).DefaultIfEmpty(task.RowCount / 2))
            {
                int[] order = RowSampler.Some(task.RowCount, task.RowCount, new Random(seeds[j]));
                EmbeddedTask support = task.Select(order[..rows]), query = task.Select(order[rows..]);
                double priorLoss = Loss(adapter.Adapt(_model.AdapterArrays, support), query);
                for (int c = 0; c < choices.Length; c++)
                    gains[j][c] += priorLoss - Loss(Adapt(adapter, support, evaluated[j], choices[c].Radius, choices[c].Temperature), query);
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

    private static double[] Weights(double[] misfits, double temperature)
    {
        double smallest = misfits.Min();
        double[] weights = Array.ConvertAll(misfits, misfit => Math.Exp(-(misfit - smallest) / (2 * Math.Max(temperature, 1e-300))));
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
