using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Options;
using MetaML.Parameters;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>An encoder and its adapters after the outer loop, before their priors are completed.</summary>
internal sealed class TrainedLearner
{
    private const int EvaluationBatches = 8;

    private readonly LearningProblem[] _problems;
    private readonly FeatureScaling? _scaling;
    private readonly ParameterArray[] _encoder;
    private readonly ParameterArray[][] _adapters;
    private readonly TrainingOutcome _outcome;

    /// <param name="options">The options of the candidate.</param>
    /// <param name="problems">The training problems.</param>
    /// <param name="scaling">The scaling of features, or null.</param>
    /// <param name="encoder">The values of the encoder's parameters.</param>
    /// <param name="adapters">The values of the adapter's parameters, for each problem.</param>
    /// <param name="outcome">The result of the outer loop.</param>
    public TrainedLearner(MetaTrainingOptions options, LearningProblem[] problems, FeatureScaling? scaling, ParameterArray[] encoder, ParameterArray[][] adapters, TrainingOutcome outcome)
    {
        Options = options;
        _problems = problems;
        _scaling = scaling;
        _encoder = encoder;
        _adapters = adapters;
        _outcome = outcome;
    }

    /// <summary>The options of the trained candidate.</summary>
    public MetaTrainingOptions Options { get; }

    /// <summary>The models, with priors completed on all tasks.</summary>
    /// <param name="evaluated">The result of <see cref="Evaluate(TrainingRun)"/>; null if it did not run.</param>
    /// <param name="run">The whole training: its decisions and limits.</param>
    public IReadOnlyList<MetaModel> Complete(IReadOnlyList<EvaluatedEpisode>? evaluated, TrainingRun run)
    {
        double? loss = evaluated is { Count: > 0 } ? evaluated.Average(episode => episode.Loss) : _outcome.ValidationLoss;
        int first = 0;
        MetaModel[] models = [.. Complete(problem => problem.Tasks, run)];
        return [.. models.Zip(_problems, (model, problem) =>
        {
            IReadOnlyList<LearningTask> tasks = problem.Tasks.Tasks;
            var summary = new TrainingSummary
            {
                Version = LibraryVersion.Current,
                TaskCount = tasks.Count,
                RowCount = tasks.Sum(task => (long)task.RowCount),
                Iterations = _outcome.Iterations,
                BestIteration = _outcome.BestIteration,
                ValidationLoss = loss is { } value && double.IsFinite(value) ? value : null,
                ValidationEpisodes = loss is null ? 0 : evaluated?.Count ?? _outcome.ValidationEpisodes,
                Reasons = [.. run.Reasons],
            };
            Dictionary<string, double> weights = tasks.Zip(_outcome.TaskWeights.Skip(first)).ToDictionary(pair => pair.First.Name, pair => pair.Second);
            first += tasks.Count;
            return model.After(summary, weights);
        })];
    }

    /// <summary>The mean query loss of each validation episode. The models were completed without the validation data. Squared errors are divided by the variance of labels.</summary>
    /// <remarks>The episodes have the same tasks, rows or classes as those that the outer loop chose its best parameters with, but they are other draws.</remarks>
    /// <param name="run">The whole training.</param>
    public EvaluatedLearner Evaluate(TrainingRun run)
    {
        MetaModel[] models = [.. Complete(problem => problem.Prepared.TrainingTasks, run)];
        var evaluated = new List<EvaluatedEpisode>();
        int firstTask = 0;
        foreach (var (problem, model) in _problems.Zip(models))
        {
            var random = new Random(~(Options.Seed ?? 0));
            for (int batch = 0; batch < EvaluationBatches && problem.Validation is { } sampler; batch++)
            {
                foreach (var (task, loss) in Evaluate(problem, model, sampler.Draw(random)))
                    evaluated.Add(new EvaluatedEpisode(problem.Prepared.Source.HoldsOutTasks ? firstTask + task : -1 - evaluated.Count, loss));
            }

            firstTask += problem.Tasks.Tasks.Count;
        }

        return new EvaluatedLearner(this, evaluated);
    }

    private IEnumerable<MetaModel> Complete(Func<LearningProblem, TaskSet> known, TrainingRun run) => _problems.Zip(_adapters, (problem, adapter) =>
    {
        ParameterArray[] own = Array.ConvertAll(adapter, array => array with { Values = [.. array.Values] });
        var model = new MetaModel(problem.Design, _scaling, problem.Prepared.Labels, _encoder, own);
        IReadOnlyList<LearningTask> tasks = known(problem).Tasks;
        int most = tasks.Count == 0 ? 0 : problem.Design.Adapter.MostPriorTasks(tasks.Average(task => (double)task.RowCount));
        problem.Design.Adapter.CompletePrior(own, TaskSubset.Some(tasks, most).Select(task => model.EmbedStandardized(problem.Tasks.Features, task)), run.PriorLimits(Options));
        return model.With(CalibrationFit.Fit(problem, model, Options.Seed ?? 0));
    });

    private static IEnumerable<(int Task, double Loss)> Evaluate(LearningProblem problem, MetaModel model, IReadOnlyList<Episode> episodes)
    {
        TaskSet support = problem.Tasks.With([.. episodes.Select(episode => episode.Task.Take(episode.Support))]);
        IReadOnlyList<AdaptedTask> adapted = model.AdaptStandardized(support, new AdaptationOptions());
        MetaScorer scorer = model.CreateScorer();
        double unit = problem.Prepared.Labels.Deviation * problem.Prepared.Labels.Deviation;
        foreach (var (episode, task) in episodes.Zip(adapted))
        {
            double sum = 0, weight = 0;
            foreach (int index in episode.Query)
            {
                float label = problem.Prepared.LabelOf(episode, index); // heads score in the user's units
                if (model.Kind == LabelKind.Multiclass)
                {
                    int output = IndexOf(task.Classes, (int)label);
                    if (output < 0)
                        continue; // the support had no row of the class
                    label = output;
                }

                double rowWeight = episode.Task.Weights?[index] ?? 1;
                ReadOnlySpan<float> scores = scorer.Score(task, problem.Tasks.Features[episode.Task.Rows[index]]);
                sum += rowWeight * ScoreLoss.Of(model.Kind, scores, label) / unit;
                weight += rowWeight;
            }

            if (weight > 0)
                yield return (episode.TaskNumber, sum / weight);
        }
    }

    private static int IndexOf(IReadOnlyList<int> classes, int label)
    {
        int index = 0;
        while (index < classes.Count && classes[index] != label)
            index++;
        return index < classes.Count ? index : -1;
    }
}
