using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Options;
using MetaML.Parameters;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>An encoder and the adapters on it after the outer loop, before their priors are completed.</summary>
internal sealed class TrainedLearner
{
    private const int EvaluationBatches = 8;

    private readonly LearningProblem[] _problems;
    private readonly FeatureScaling? _scaling;
    private readonly ParameterArray[] _encoder;
    private readonly ParameterArray[][] _adapters;
    private readonly TrainingOutcome _outcome;

    /// <param name="options">The candidate.</param>
    /// <param name="problems">What was learned.</param>
    /// <param name="scaling">Of the features, or null.</param>
    /// <param name="encoder">The encoder's values.</param>
    /// <param name="adapters">Each problem's adapter's values.</param>
    /// <param name="outcome">How the outer loop ended.</param>
    public TrainedLearner(MetaTrainingOptions options, LearningProblem[] problems, FeatureScaling? scaling, ParameterArray[] encoder, ParameterArray[][] adapters, TrainingOutcome outcome)
    {
        Options = options;
        _problems = problems;
        _scaling = scaling;
        _encoder = encoder;
        _adapters = adapters;
        _outcome = outcome;
    }

    /// <summary>The candidate that was trained.</summary>
    public MetaTrainingOptions Options { get; }

    /// <summary>The models, which know all tasks.</summary>
    /// <param name="evaluated">What <see cref="Evaluate()"/> gave; null where that was not asked.</param>
    /// <param name="reasons">What was chosen and why.</param>
    public IReadOnlyList<MetaModel> Complete(IReadOnlyList<EvaluatedEpisode>? evaluated, IReadOnlyList<string> reasons)
    {
        double? loss = evaluated is { Count: > 0 } ? evaluated.Average(episode => episode.Loss) : _outcome.ValidationLoss;
        int first = 0;
        return [.. Complete(problem => problem.Tasks).Zip(_problems, (model, problem) =>
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
                Reasons = [.. reasons],
            };
            Dictionary<string, double> weights = tasks.Zip(_outcome.TaskWeights.Skip(first)).ToDictionary(pair => pair.First.Name, pair => pair.Second);
            first += tasks.Count;
            return model.After(summary, weights);
        })];
    }

    /// <summary>The mean loss of each validation episode's query, after adapting models that know nothing of what is held out; values in units of their variance.</summary>
    /// <remarks>Other episodes of the same tasks, rows or classes than those by which the outer loop kept its best parameters.</remarks>
    public EvaluatedLearner Evaluate()
    {
        MetaModel[] models = [.. Complete(problem => problem.Prepared.TrainingTasks)];
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

    private IEnumerable<MetaModel> Complete(Func<LearningProblem, TaskSet> known) => _problems.Zip(_adapters, (problem, adapter) =>
    {
        ParameterArray[] own = Array.ConvertAll(adapter, array => array with { Values = [.. array.Values] });
        var model = new MetaModel(problem.Design, _scaling, problem.Prepared.Labels, _encoder, own);
        problem.Design.Adapter.CompletePrior(own, known(problem).Tasks.Select(task => model.EmbedStandardized(problem.Tasks.Features, task)));
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
            foreach (int position in episode.Query)
            {
                float label = problem.Prepared.LabelOf(episode, position); // heads score in the user's units
                if (model.Kind == LabelKind.Multiclass)
                {
                    int output = IndexOf(task.Classes, (int)label);
                    if (output < 0)
                        continue; // no row of the class was in the support
                    label = output;
                }

                double own = episode.Task.Weights?[position] ?? 1;
                ReadOnlySpan<float> scores = scorer.Score(task, problem.Tasks.Features[episode.Task.Rows[position]]);
                sum += own * ScoreLoss.Of(model.Kind, scores, label) / unit;
                weight += own;
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
