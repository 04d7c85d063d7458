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
    private const int JudgedBatches = 8;

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
    /// <param name="judged">What <see cref="Judge()"/> gave; null where that was not asked.</param>
    /// <param name="reasons">What was chosen and why.</param>
    public IReadOnlyList<MetaModel> Complete(IReadOnlyList<EvaluatedEpisode>? judged, IReadOnlyList<string> reasons)
    {
        double? loss = judged is { Count: > 0 } ? judged.Average(episode => episode.Loss) : _outcome.ValidationLoss;
        int first = 0;
        return [.. Complete(problem => problem.Prepared.Original.Tasks).Zip(_problems, (model, problem) =>
        {
            IReadOnlyList<LearningTask> tasks = problem.Prepared.Original.Tasks;
            var summary = new TrainingSummary
            {
                Version = LibraryVersion.Current,
                TaskCount = tasks.Count,
                RowCount = tasks.Sum(task => (long)task.RowCount),
                Iterations = _outcome.Iterations,
                BestIteration = _outcome.BestIteration,
                ValidationLoss = loss is { } value && double.IsFinite(value) ? value : null,
                ValidationEpisodes = loss is null ? 0 : judged?.Count ?? _outcome.ValidationEpisodes,
                Reasons = [.. reasons],
            };
            Dictionary<string, double> weights = tasks.Zip(_outcome.TaskWeights.Skip(first)).ToDictionary(pair => pair.First.Name, pair => pair.Second);
            first += tasks.Count;
            return model.After(summary, weights);
        })];
    }

    /// <summary>The mean loss of each validation episode's query, after adapting models that know nothing of what is held out; values in units of their variance.</summary>
    /// <remarks>Other episodes of the same tasks, rows or classes than those by which the outer loop kept its best parameters.</remarks>
    public EvaluatedLearner Judge()
    {
        MetaModel[] models = [.. Complete(KeptTasks)];
        var judged = new List<EvaluatedEpisode>();
        int firstTask = 0;
        foreach (var (problem, model) in _problems.Zip(models))
        {
            var random = new Random(~(Options.Seed ?? 0));
            for (int batch = 0; batch < JudgedBatches && problem.Validation is { } sampler; batch++)
            {
                foreach (var (task, loss) in Judge(problem, model, sampler.Draw(random)))
                    judged.Add(new EvaluatedEpisode(problem.Prepared.Source.HoldsOutTasks ? firstTask + task : -1 - judged.Count, loss));
            }

            firstTask += problem.Prepared.Original.Tasks.Count;
        }

        return new EvaluatedLearner(this, judged);
    }

    // What is not held out, with labels in the user's units.
    private static IReadOnlyList<LearningTask> KeptTasks(LearningProblem problem) =>
        [.. problem.Prepared.Source.Kept.Select(pool => problem.Prepared.Original.Tasks[pool.Task.Number].Take(pool.Support))];

    private IEnumerable<MetaModel> Complete(Func<LearningProblem, IReadOnlyList<LearningTask>> known) => _problems.Zip(_adapters, (problem, adapter) =>
    {
        ParameterArray[] own = Array.ConvertAll(adapter, array => array with { Values = [.. array.Values] });
        var model = new MetaModel(problem.Design, _scaling, problem.Prepared.Labels, _encoder, own);
        problem.Design.Adapter.CompletePrior(own, known(problem).Select(task => model.Embed(problem.Prepared.Original.Features, task)));
        return model;
    });

    private static IEnumerable<(int Task, double Loss)> Judge(LearningProblem problem, MetaModel model, IReadOnlyList<Episode> episodes)
    {
        // In the user's units; of classes, those of the episode's pool.
        LearningTask[] tasks = problem.Prepared.Original.Kind == LabelKind.Regression
            ? [.. episodes.Select(episode => problem.Prepared.Original.Tasks[episode.TaskNumber])]
            : [.. episodes.Select(episode => episode.Task)];
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(problem.Prepared.Original.With([.. tasks.Zip(episodes, (task, episode) => task.Take(episode.Support))]));
        MetaScorer scorer = model.CreateScorer();
        for (int e = 0; e < episodes.Count; e++)
        {
            double sum = 0, weight = 0;
            foreach (int position in episodes[e].Query)
            {
                float label = tasks[e].Labels[position];
                if (problem.Prepared.Original.Kind == LabelKind.Multiclass && !adapted[e].Classes.Contains((int)label))
                    continue; // no row of the class was in the support
                double own = tasks[e].Weights?[position] ?? 1;
                ReadOnlySpan<float> scores = scorer.Score(adapted[e], problem.Prepared.Original.Features[tasks[e].Rows[position]]);
                sum += own * LabelLoss.OfRow(problem.Prepared.Original.Kind, scores, adapted[e].Classes, label) / (problem.Prepared.Labels.Deviation * problem.Prepared.Labels.Deviation);
                weight += own;
            }

            if (weight > 0)
                yield return (episodes[e].TaskNumber, sum / weight);
        }
    }
}
