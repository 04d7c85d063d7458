using MetaML.Data;
using MetaML.Numerics;
using MetaML.TestKit;
using MetaML.Training;
using MetaML.Training.Loop;
using MetaML.Training.Validation;
using Xunit;

namespace MetaML.Core.Tests.Training;

public sealed class LearnerChoiceTests
{
    [Fact]
    public void Choose_BetterByMoreThanHalfAStandardError_IsTaken()
    {
        EvaluatedEpisode[] simple = Alone(1, 2, 3, 4), better = Alone(0.5, 1.6, 2.4, 3.5), luckyOnce = Alone(1, 2.5, 3.5, 2.8);
        Assert.Equal(1, Choose(simple, better));
        Assert.Equal(0, Choose(simple, luckyOnce)); // mean gain 0.05, standard error 0.41
        Assert.Equal(0, Choose(better, simple));
        Assert.Equal(2, Choose(simple, luckyOnce, better));

        static EvaluatedEpisode[] Alone(params double[] losses) => [.. losses.Select((loss, i) => new EvaluatedEpisode(new(i), loss))];
    }

    [Fact]
    public void IsBetter_ManyEpisodesOfOneLuckyTask_CountAsOne()
    {
        EvaluatedLearner Losses(double gain) => Evaluated([.. Enumerable.Range(0, 40).Select(i => new EvaluatedEpisode(new(i % 4), i % 4 == 0 ? 1 - gain : 1 + 0.01 * (i % 4)))]);
        Assert.False(LearnerChoice.IsBetter(Losses(1), Losses(0), errors: 1)); // with 40 independent episodes, the mean gain of 0.25 would be three standard errors
    }

    [Fact]
    public void IsBetter_LearnerThatJudgedFewerTasks_IsComparedOnThem()
    {
        EvaluatedLearner all = Evaluated([.. Enumerable.Range(0, 10).Select(i => new EvaluatedEpisode(new(i), i))]);
        Assert.False(LearnerChoice.IsBetter(Evaluated([new(new(8), 9), new(new(9), 10)]), all, errors: 0));
        Assert.True(LearnerChoice.IsBetter(Evaluated([new(new(8), 7), new(new(9), 8.5)]), all, errors: 0));
    }

    [Fact]
    public void IsBetter_OutputsOfDifferentUnits_CountAlike()
    {
        static EvaluatedLearner Losses(double ofValues, double ofClasses) => Evaluated([.. Enumerable.Range(0, 8).Select(i => new EvaluatedEpisode(new(i, ConstantLoss: i % 2 == 0 ? 1 : 4), i % 2 == 0 ? ofValues : ofClasses))]);
        Assert.True(LearnerChoice.IsBetter(Losses(0.4, 2.2), Losses(0.8, 2), errors: 0)); // 0.4 of the variance is more than 0.2 of 4 nats
        Assert.False(LearnerChoice.IsBetter(Losses(0.8, 2.2), Losses(0.8, 2), errors: 0));
    }

    [Fact]
    public void IsBetter_KnownTasksInSeveralFolds_DifferencesBetweenTasksAreNoError()
    {
        static EvaluatedLearner Losses(double gain, bool isKnown) => Evaluated([.. Enumerable.Range(0, 20).Select(i => new EvaluatedEpisode(new(isKnown ? i % 4 : i, isKnown ? 1 + i / 4 : 0), 1 - gain * (i % 4 == 0 ? 1 : 0.01 * (i % 3))))]);
        Assert.True(LearnerChoice.IsBetter(Losses(1, isKnown: true), Losses(0, isKnown: true), errors: 10));
        Assert.False(LearnerChoice.IsBetter(Losses(1, isKnown: false), Losses(0, isKnown: false), errors: 10)); // one task in four gains: so may no new task
    }

    [Theory]
    [InlineData(-0.3, 8, false)] // worse by more than a standard error, 0.19
    [InlineData(-0.1, 8, true)]
    [InlineData(0.1, 8, true)] // better by less than two standard errors, 0.4
    [InlineData(0.5, 8, false)] // clearly better
    [InlineData(0.5, 4, true)] // too few tasks
    public void IsInDoubt_NeitherClearlyWorseNorClearlyBetter(double gain, int tasks, bool expected)
    {
        EvaluatedLearner Losses(double gain) => Evaluated([.. Enumerable.Range(0, tasks).Select(i => new EvaluatedEpisode(new(i), 1 - gain + (gain == 0 ? 0 : i % 2 == 0 ? 0.5 : -0.5)))]);
        Assert.Equal(expected, LearnerChoice.IsInDoubt(Losses(gain), Losses(0)));
    }

    [Fact]
    public void Train_LinearTasks_TakesTheLinearLearner() => Assert.StartsWith("Learner: Identity + Bayesian.", LearnerOf(Tasks((x, slope) => slope * x[0] + x[1])), StringComparison.Ordinal);

    [Fact]
    public void Train_LinearTasks_LeavesTheNetworkOutAndSaysWhy()
    {
        var log = new List<string>();
        MetaTrainer.Train(Tasks((x, slope) => slope * x[0] + x[1]), new MetaTrainingOptions(), log.Add);
        Assert.Contains("Mlp with a linear path + Bayesian is not tried, since the residuals of Identity + Bayesian show no dependence that it could learn.", log);
    }

    [Fact]
    public void Evaluate_NetworkThatIsNoBetterThanTheLinearLearner_StopsSooner()
    {
        TaskSet set = Tasks((x, slope) => slope * x[0] + x[1]);
        var log = new List<string>();
        var linear = new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() };
        var run = new TrainingRun(log.Add, null, new TrainingStop(linear), null);
        var comparison = new LearnerComparison(TrainingData.Prepare([set], linear, run), run);
        comparison.Evaluate(linear with { Encoder = new MlpEncoderOptions() }, comparison.Evaluate(linear, null));
        Assert.Contains(log, line => line.StartsWith("Stopped after ", StringComparison.Ordinal) && line.Contains(", and Identity + Bayesian has ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(LabelKind.Regression)]
    [InlineData(LabelKind.Binary)]
    [InlineData(LabelKind.Multiclass)]
    public void HasStructuredResiduals_OnlyWhereTasksAreNotLinear(LabelKind kind)
    {
        Assert.InRange(Shares((x, slope) => 2 * slope * x[0] - x[1] + 0.3), 0, 0.3);
        Assert.Equal(1, Shares((x, slope) => 4 * slope * x[0] * x[1] - x[2])); // a product of each task's own
        Assert.Equal(1, Shares((x, slope) => Math.Sin(5 * x[0]) + slope * x[1])); // a curve that tasks share

        double Shares(Func<float[], double, double> value) => Enumerable.Range(0, 10).Average(seed =>
        {
            TaskSet set = Tasks(value, kind: kind, seed: seed);
            var options = new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic } };
            var run = new TrainingRun(null, null, new TrainingStop(options), null);
            return Learner.Train(TrainingData.Prepare([set], options, run), options, run).HasStructuredResiduals(run) ? 1.0 : 0;
        });
    }

    [Fact]
    public void Train_TasksOnASmoothCurve_TakesTheKernel() =>
        Assert.StartsWith("Learner: Kernel ", LearnerOf(Tasks((x, slope) => slope * Math.Sin(4 * x[0]) + (1 - slope) * x[1] * x[1])), StringComparison.Ordinal);

    [Fact]
    public void Train_TasksOnASmoothCurveAndTheAdapterSet_TakesTheKernel() =>
        Assert.StartsWith("Learner: Kernel ", LearnerOf(Tasks((x, slope) => slope * Math.Sin(4 * x[0]) + (1 - slope) * x[1] * x[1]), new MetaTrainingOptions { Adapter = new BayesianAdapterOptions { Noise = PriorNoise.PerTask } }), StringComparison.Ordinal);

    [Fact]
    public void Train_NothingHeldOut_TakesTheSimplestAndSaysSo() =>
        Assert.Contains("there are no validation data", LearnerOf(Tasks((x, slope) => slope * x[0]), new MetaTrainingOptions { ValidationFraction = 0 }), StringComparison.Ordinal);

    [Fact]
    public void Train_SparseFeatures_SaysWhichLearnerAndWhy()
    {
        string learner = LearnerOf(CoreData.Of(Some.Tasks(), LabelKind.Binary, sparse: true), new MetaTrainingOptions());
        Assert.Contains("Sparse without structure + Ridge", learner, StringComparison.Ordinal);
        Assert.Contains("Sparse + Ridge", learner, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_LearnerWithoutAnOuterLoop_OnEveryTaskOnce()
    {
        var options = new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() };
        TaskSet set = Tasks((x, slope) => slope * x[0] + x[1]);
        EvaluatedLearner learner = Judge(set, options);
        Assert.Equal(Enumerable.Range(0, set.Tasks.Count), learner.Episodes.Select(episode => episode.Unit.Task).Distinct().Order());
        Assert.All(learner.Episodes, episode => Assert.InRange(episode.Loss, 0, 1));
        Assert.Equal(learner.Episodes, Judge(set, options).Episodes);
    }

    [Fact]
    public void Judge_FewTasks_EveryPartOfTheRows()
    {
        TaskSet set = Tasks((x, slope) => slope * x[0] + x[1], tasks: 3);
        Assert.Equal(15, Judge(set, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() }).Episodes.Select(episode => episode.Unit).Distinct().Count());
    }

    [Fact]
    public void Judge_TrainedNetworkWithoutARival_OnTheFirstFoldAlone()
    {
        var options = new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [4] }, Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 3 };
        Assert.Equal(8, Judge(Tasks((x, slope) => slope * x[0] + x[1]), options).Episodes.Select(episode => episode.Unit).Distinct().Count());
    }

    [Fact]
    public void Judge_NegativeValues_CountAsOthersDo()
    {
        EvaluatedLearner Evaluated(double shift) =>
            Judge(Tasks((x, slope) => slope * x[0] + x[1] + shift), new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 0 });
        Assert.Equal(Evaluated(0).Loss, Evaluated(-10).Loss, 1e-3);
        Assert.Equal(Evaluated(0).Episodes.Count, Evaluated(-10).Episodes.Count);
    }

    [Fact]
    public void Train_SeveralCandidates_SplitsAndSaysSoOnce()
    {
        var log = new List<string>();
        MetaTrainer.Train(Tasks((x, slope) => slope * x[0] + x[1]), new MetaTrainingOptions { MaximumNumberOfIterations = 2 }, log.Add);
        Assert.Contains(log, line => line.StartsWith("Learner:", StringComparison.Ordinal));
        Assert.Single(log, line => line.StartsWith("Validation:", StringComparison.Ordinal));
    }

    [Fact]
    public void Train_TwoCandidatesOnTheSameData_TheSecondAsIfAlone()
    {
        TaskSet set = Tasks((x, slope) => slope * Math.Sin(4 * x[0]) + x[1]);
        var network = new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [4] }, Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 3 };
        MetaTrainingOptions linear = network with { Encoder = new IdentityEncoderOptions() };
        var run = new TrainingRun(null, null, new TrainingStop(network), null);
        var shared = TrainingData.Prepare([set], network, run);
        new LearnerComparison(shared, run).Evaluate(linear, null);
        Assert.Equal(Judge(set, network).Episodes, new LearnerComparison(shared, run).Evaluate(network, null)!.Episodes);
    }

    [Theory]
    [InlineData(20, 12)] // folds of four tasks
    [InlineData(60, 12)]
    public void JudgeAlone_KernelOfTasks_IsFittedUntilTenAreJudged(int tasks, int judged)
    {
        var options = new MetaTrainingOptions { Encoder = new KernelEncoderOptions(), Adapter = new BayesianAdapterOptions() };
        TaskSet set = Tasks((x, slope) => slope * x[0] + Math.Sin(3 * x[1]), tasks);
        var run = new TrainingRun(null, null, new TrainingStop(options), null);
        var data = TrainingData.Prepare([set], options, run);
        EvaluatedLearner learner = new LearnerComparison(data, run).JudgeAlone(Learner.Train(data, options, run));
        Assert.Equal(judged, learner.Episodes.Select(episode => episode.Unit).Distinct().Count());
    }

    private static EvaluatedLearner Judge(TaskSet set, MetaTrainingOptions options)
    {
        var run = new TrainingRun(null, null, new TrainingStop(options), null);
        return new LearnerComparison(TrainingData.Prepare([set], options, run), run).Evaluate(options, null)!;
    }

    private static EvaluatedLearner Evaluated(EvaluatedEpisode[] episodes) => new(null!, episodes, []);

    // The index of the chosen learner.
    private static int Choose(params EvaluatedEpisode[][] losses)
    {
        EvaluatedLearner[] learners = Array.ConvertAll(losses, Evaluated);
        return Array.IndexOf(learners, LearnerChoice.Choose(learners));
    }

    private static string LearnerOf(TaskSet set, MetaTrainingOptions? options = null)
    {
        var log = new List<string>();
        MetaTrainer.Train(set, (options ?? new MetaTrainingOptions()) with { MaximumNumberOfIterations = 400 }, log.Add);
        return Assert.Single(log, line => line.StartsWith("Learner:", StringComparison.Ordinal));
    }

    // Labels are noisy values; for classes they are the signs of the values, or their thirds.
    internal static TaskSet Tasks(Func<float[], double, double> value, int tasks = 40, LabelKind kind = LabelKind.Regression, int seed = 2)
    {
        var random = new Random(seed);
        var store = new DenseFeatureStore(3);
        var builder = new TaskSetBuilder(kind, store);
        for (int task = 0; task < tasks; task++)
        {
            double slope = random.NextDouble();
            for (int row = 0; row < 30; row++)
            {
                float[] x = [.. Enumerable.Range(0, 3).Select(_ => (float)(2 * random.NextDouble() - 1))];
                double label = value(x, slope) + 0.05 * random.NextDouble();
                builder.Add($"task{task}", store.Add(new FeatureRow(x)), kind switch
                {
                    LabelKind.Binary => label + NormalRandom.Next(random) / 2 > 0 ? 1 : 0,
                    LabelKind.Multiclass => Math.Clamp((int)Math.Round(label + NormalRandom.Next(random) / 2) + 1, 0, 2),
                    _ => (float)label,
                });
            }
        }

        return builder.Build(kind == LabelKind.Multiclass ? 3 : 0);
    }
}
