using MetaML.Adapters;
using MetaML.Adapters.Joint;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using MetaML.Options;
using MetaML.Parameters;
using MetaML.Training.Loop;
using MetaML.Training.Validation;

namespace MetaML.Training;

/// <summary>An encoder and its adapters after the outer loop, before their priors are completed.</summary>
internal sealed class TrainedLearner
{
    private readonly LearningProblem[] _problems;
    private readonly FeatureScaling? _scaling;
    private readonly ParameterArray[] _encoder;
    private readonly ParameterArray[][] _adapters;
    private readonly TrainingOutcome _outcome;
    private readonly LearnedTasks?[] _evidence; // of all tasks of each problem
    private bool? _hasStructuredResiduals; // several candidates ask
    private MetaModel[]? _withoutValidation; // completed on the training data of the fold

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
        _evidence = new LearnedTasks?[problems.Length];
    }

    /// <summary>The same learner, trained without the validation data of another fold. Work on tasks that does not depend on the fold is shared.</summary>
    /// <param name="data">The data of the other fold.</param>
    /// <param name="run">The whole training.</param>
    public TrainedLearner OnFold(TrainingData data, TrainingRun run)
    {
        TrainedLearner other = Learner.Train(data, Options, run);
        if (_encoder.Zip(other._encoder).All(pair => pair.First.Values.AsSpan().SequenceEqual(pair.Second.Values)))
            _evidence.CopyTo(other._evidence, 0);
        return other;
    }

    /// <summary>The options of the trained candidate.</summary>
    public MetaTrainingOptions Options { get; }

    /// <summary>Whether all parameters are as they were before the outer loop, so that another fold costs no outer loop.</summary>
    public bool IsUntrained => _outcome == TrainingOutcome.None;

    /// <summary>Whether the scores of some problem are calibrated on held-out data.</summary>
    public bool HasCalibration => _problems.Any(IsCalibrated);

    /// <summary>Whether the encoder has parameters.</summary>
    public bool HasEncoder => _encoder.Length > 0;

    /// <summary>The number of problems.</summary>
    public int ProblemCount => _problems.Length;

    /// <summary>The models, with priors completed on all tasks.</summary>
    /// <param name="evaluated">The result of validation; null if there was none.</param>
    /// <param name="run">The whole training: its decisions and limits.</param>
    public IReadOnlyList<MetaModel> Complete(EvaluatedLearner? evaluated, TrainingRun run)
    {
        (double Loss, int Count)? validation = evaluated is { Episodes.Count: > 0 } ? (evaluated.Loss, evaluated.Episodes.Count)
            : _outcome.ValidationLoss is { } value && double.IsFinite(value) ? (value, _outcome.ValidationEpisodes)
            : null;
        int first = 0;
        return [.. Complete(withValidation: true, run).Zip(_problems).Select((pair, i) =>
        {
            IReadOnlyList<LearningTask> tasks = pair.Second.Tasks.Tasks;
            IReadOnlyList<string> choices = _evidence[i]?.Choices ?? []; // of the prior of this problem alone
            foreach (string choice in choices)
                run.Log?.Invoke(choice);
            var summary = new TrainingSummary
            {
                Version = LibraryVersion.Current,
                TaskCount = tasks.Count,
                RowCount = tasks.Sum(task => (long)task.RowCount),
                Iterations = _outcome.Iterations,
                BestIteration = _outcome.BestIteration,
                ValidationLoss = validation?.Loss,
                ValidationEpisodes = validation?.Count ?? 0,
                Reasons = [.. run.Reasons, .. choices],
                Candidates = run.Candidates,
            };
            Dictionary<string, double> weights = tasks.Zip(_outcome.TaskWeights.Skip(first)).ToDictionary(task => task.First.Name, task => task.Second);
            first += tasks.Count;
            return pair.First.With(evaluated?.Calibrations[i]).After(summary, weights, _evidence[i]?.Summary?.Value, _evidence[i]?.TaskPriors);
        })];
    }

    /// <summary>Scores the validation data of each problem by models that were completed without them.</summary>
    /// <param name="fold">The number of the fold.</param>
    /// <param name="run">The whole training.</param>
    public HeldOutProblem[] ScoreHeldOut(int fold, TrainingRun run)
    {
        return [.. _problems.Select((problem, i) =>
        {
            EpisodeSource source = problem.Prepared.Source;
            int first = FirstTask(i);
            HeldOutUnit UnitOf(int task) => new(first + task, source.HoldsOutTasks ? 0 : fold + 1, problem.Prepared.ConstantLosses[task]);
            return Score(i, HeldOutEpisodes.Of(problem, Options, Seed), UnitOf, run) with
            {
                CalibrationRows = IsCalibrated(problem) ? Score(i, HeldOutEpisodes.OfSizes(problem.Tasks.Kind, source.ValidationPools, new Random(Seed)), UnitOf, run).Rows : null,
                CalibrationTasks = source.HoldsOutTasks ? source.ValidationPools.Count : 0,
            };
        })];
    }

    /// <summary>Scores the training data of one problem by the model that was completed on them; no rows if no tasks are held out.</summary>
    /// <param name="number">The number of the problem.</param>
    /// <param name="run">The whole training.</param>
    public IReadOnlyList<HeldOutRow> ScoreTraining(int number, TrainingRun run)
    {
        EpisodeSource source = _problems[number].Prepared.Source;
        return source.HoldsOutTasks ? Score(number, HeldOutEpisodes.OfSizes(_problems[number].Tasks.Kind, [.. source.TrainingPools.Where(pool => pool.Support.Length > 1)], new Random(Seed)), task => new HeldOutUnit(task), run).Rows : [];
    }

    /// <summary>The mean loss on validation episodes that are drawn like those by which the outer loop chooses its best parameters.</summary>
    /// <param name="run">The whole training.</param>
    public double LossOnDrawnEpisodes(TrainingRun run) => _problems
        .SelectMany((problem, i) => Score(i, HeldOutEpisodes.Drawn(problem, Seed), task => new HeldOutUnit(FirstTask(i) + task), run).Losses(null))
        .Average(episode => episode.Loss);

    /// <summary>Whether a kernel or a network could explain residuals of this learner.</summary>
    /// <param name="run">The whole training.</param>
    public bool HasStructuredResiduals(TrainingRun run) => _hasStructuredResiduals ??=
        _problems.Zip(ModelsWithoutValidation(run)).Any(pair => ResidualTest.IsSignificant(pair.First.Tasks, pair.Second, Seed));

    private HeldOutProblem Score(int number, Episode[] episodes, Func<int, HeldOutUnit> unitOf, TrainingRun run)
    {
        LearningProblem problem = _problems[number];
        return new HeldOutProblem(problem.Tasks.Kind, problem.Prepared.LabelVariance, [.. HeldOutScores.Of(problem, ModelsWithoutValidation(run)[number], episodes, unitOf, run.Stop.EndsNow)]);
    }

    private static bool IsCalibrated(LearningProblem problem) => (problem.Tasks.Kind != LabelKind.Regression || (problem.Design.GivesDeviation && !problem.Design.AdapterOptions.PredictsCounts(LabelKind.Regression))) && problem.Design.Head.HasCommonOutputs
        && problem.Prepared.Source.ValidationPools.Count > 0 && problem.Tasks.Tasks.Count >= PooledStart.FewestTasks && problem.Design.Adapter is not JointAdapter && problem.Design.AdapterOptions.IsCalibrated();

    private int FirstTask(int number) => _problems[..number].Sum(problem => problem.Tasks.Tasks.Count);

    private int Seed => Options.Seed ?? 0;

    private MetaModel[] ModelsWithoutValidation(TrainingRun run) => _withoutValidation ??= [.. Complete(withValidation: false, run)];

    private IEnumerable<MetaModel> Complete(bool withValidation, TrainingRun run) => _problems.Select((problem, i) =>
    {
        ParameterArray[] own = Array.ConvertAll(_adapters[i], array => array with { Values = [.. array.Values] });
        MetaModel Model(GroupPriors? groups) => new(problem.Design, _scaling, problem.Prepared.Labels, _encoder, own) { CovariateScaling = problem.Prepared.Covariates, Groups = groups };
        MetaModel model = Model(null); // embeds
        LearnedTasks learned;
        EpisodeSource source = problem.Prepared.Source;
        PriorLimits limits = run.PriorLimits(Options);
        if (withValidation || source.HoldsOutTasks)
        {
            learned = _evidence[i] ??= new LearnedTasks(problem.Design.Adapter, problem.Tasks.Tasks, task => model.EmbedStandardized(problem.Tasks.Features, task));
            learned.Complete(own, limits, withValidation ? null : source.TrainingPools);
        }
        else
        {
            learned = new LearnedTasks(problem.Design.Adapter, problem.Prepared.TrainingTasks.Tasks, task => model.EmbedStandardized(problem.Tasks.Features, task));
            learned.Complete(own, limits, null);
        }

        return Model(learned.Groups);
    });
}
