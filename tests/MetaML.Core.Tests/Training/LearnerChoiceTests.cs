using MetaML.Data;
using MetaML.TestKit;
using MetaML.Training;
using MetaML.Training.Loop;
using Xunit;

namespace MetaML.Core.Tests.Training;

public sealed class LearnerChoiceTests
{
    [Fact]
    public void Choose_BetterByMoreThanAStandardError_IsTaken()
    {
        EvaluatedEpisode[] simple = Alone(1, 2, 3, 4), better = Alone(0.5, 1.6, 2.4, 3.5), luckyOnce = Alone(1, 2, 3, 1);
        Assert.Equal(1, Choose(simple, better));
        Assert.Equal(0, Choose(simple, luckyOnce)); // mean gain 0.75, standard error 0.75
        Assert.Equal(0, Choose(better, simple));
        Assert.Equal(2, Choose(simple, luckyOnce, better));

        static EvaluatedEpisode[] Alone(params double[] losses) => [.. losses.Select((loss, i) => new EvaluatedEpisode(-1 - i, loss))];
    }

    [Fact]
    public void Choose_ManyEpisodesOfOneLuckyTask_CountAsOne()
    {
        EvaluatedEpisode[] Losses(double gain) => [.. Enumerable.Range(0, 40).Select(i => new EvaluatedEpisode(i % 4, i % 4 == 0 ? 1 - gain : 1 + 0.01 * (i % 4)))];
        Assert.Equal(0, Choose(Losses(0), Losses(1))); // with 40 independent episodes, the mean gain of 0.25 would be three standard errors
    }

    [Fact]
    public void Train_LinearTasks_TakesTheLinearLearner() => Assert.StartsWith("Learner: Identity + Bayesian.", LearnerOf(Tasks((x, slope) => slope * x[0] + x[1])), StringComparison.Ordinal);

    [Fact]
    public void Train_NetworkThatIsNoBetterThanTheLinearLearner_StopsSooner()
    {
        var log = new List<string>();
        MetaTrainer.Train(Tasks((x, slope) => slope * x[0] + x[1]), new MetaTrainingOptions(), log.Add);
        Assert.Contains(log, line => line.StartsWith("Stopped after ", StringComparison.Ordinal) && line.Contains(", and Identity + Bayesian has ", StringComparison.Ordinal));
        Assert.Contains(log, line => line.StartsWith("Mlp + Bayesian: training and validation took ", StringComparison.Ordinal));
    }

    [Fact]
    public void Train_TasksOnACurvedRepresentation_TakesTheNetwork() =>
        Assert.StartsWith("Learner: Mlp + Bayesian.", LearnerOf(Tasks((x, slope) => slope * Math.Sin(4 * x[0]) + (1 - slope) * x[1] * x[1])), StringComparison.Ordinal);

    [Fact]
    public void Train_NothingHeldOut_TakesTheSimplestAndSaysSo() =>
        Assert.Contains("there are no validation data", LearnerOf(Tasks((x, slope) => slope * x[0]), new MetaTrainingOptions { ValidationFraction = 0 }), StringComparison.Ordinal);

    [Fact]
    public void Candidates_WhatTheUserSet_Stays()
    {
        TaskSet[] set = [Tasks((x, slope) => x[0])];
        MetaTrainingOptions adapterGiven = Assert.Single(LearnerChoice.Candidates(set, new MetaTrainingOptions { Adapter = new GradientAdapterOptions() }));
        Assert.IsType<GradientAdapterOptions>(adapterGiven.Adapter);
        Assert.IsType<MlpEncoderOptions>(adapterGiven.Encoder);
        MetaTrainingOptions encoderGiven = Assert.Single(LearnerChoice.Candidates(set, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions() }));
        Assert.IsType<BayesianAdapterOptions>(encoderGiven.Adapter);
        Assert.IsType<PrototypeAdapterOptions>(Assert.Single(LearnerChoice.Candidates([CoreData.Of(Some.Tasks(), LabelKind.Binary)], new MetaTrainingOptions { Encoder = new ConvolutionalEncoderOptions() })).Adapter);
    }

    [Fact]
    public void Candidates_Classes_GaussianLogisticAndANetwork()
    {
        TaskSet classes = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        MetaTrainingOptions[] candidates = LearnerChoice.Candidates([classes], new MetaTrainingOptions());
        Assert.Equal(3, candidates.Length);
        Assert.Equal(ClassLikelihood.Gaussian, Assert.IsType<BayesianAdapterOptions>(candidates[0].Adapter).ClassLikelihood);
        Assert.Equal(ClassLikelihood.Logistic, Assert.IsType<BayesianAdapterOptions>(candidates[1].Adapter).ClassLikelihood);
        Assert.IsType<MlpEncoderOptions>(candidates[2].Encoder);
        Assert.Equal(2, LearnerChoice.Candidates([Tasks((x, slope) => x[0])], new MetaTrainingOptions()).Length);
        Assert.All(candidates[..2], candidate => Assert.IsType<IdentityEncoderOptions>(candidate.Encoder));
    }

    [Fact]
    public void Candidates_ClassesOfVeryManyRows_LeaveTheLogisticLikelihoodOut()
    {
        var store = new DenseFeatureStore(150);
        var builder = new TaskSetBuilder(LabelKind.Binary, store);
        int row = store.Add(new FeatureRow(new float[150])); // shared by all tasks
        for (int i = 0; i < 5000; i++)
            builder.Add($"t{i % 50}", row, i / 50 % 2);
        var reasons = new List<string>();
        MetaTrainingOptions[] candidates = LearnerChoice.Candidates([builder.Build()], new MetaTrainingOptions(), reasons.Add);
        Assert.Equal(2, candidates.Length);
        Assert.Contains(reasons, reason => reason.Contains("a logistic one would take long", StringComparison.Ordinal));
    }

    [Fact]
    public void Candidates_SparseFeatures_AreLinearForClassesAndANetworkOtherwise()
    {
        TaskSet sparse = CoreData.Of(Some.Tasks(), LabelKind.Binary, sparse: true);
        MetaTrainingOptions[] candidates = LearnerChoice.Candidates([sparse], new MetaTrainingOptions());
        Assert.Equal([0, 128], candidates.Select(candidate => Assert.IsType<SparseEncoderOptions>(candidate.Encoder).StructureDimension));
        Assert.All(candidates, candidate => Assert.IsType<RidgeAdapterOptions>(candidate.Adapter));
        Assert.IsType<MlpEncoderOptions>(Assert.Single(LearnerChoice.Candidates([sparse], new MetaTrainingOptions { Adapter = new GradientAdapterOptions() })).Encoder);
        TaskSet values = CoreData.Of(Some.Tasks(), LabelKind.Regression, sparse: true);
        Assert.IsType<MlpEncoderOptions>(Assert.Single(LearnerChoice.Candidates([values], new MetaTrainingOptions())).Encoder);
    }

    [Fact]
    public void Train_SparseFeatures_SaysWhichLearnerAndWhy()
    {
        string learner = LearnerOf(CoreData.Of(Some.Tasks(), LabelKind.Binary, sparse: true), new MetaTrainingOptions());
        Assert.Contains("Sparse without structure + Ridge", learner, StringComparison.Ordinal);
        Assert.Contains("Sparse + Ridge", learner, StringComparison.Ordinal);
    }

    [Fact]
    public void Candidates_DrawnClasses_NeedANetwork()
    {
        TaskSet classes = CoreData.Of(Some.TasksWithOwnClasses(), LabelKind.Multiclass);
        Assert.IsType<MlpEncoderOptions>(Assert.Single(LearnerChoice.Candidates([classes], new MetaTrainingOptions { Episodes = new EpisodeOptions { Ways = 2 } })).Encoder);
    }

    [Fact]
    public void Evaluate_SameLearner_SameLosses()
    {
        TaskSet set = Tasks((x, slope) => slope * x[0] + x[1]);
        var options = new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() };
        var run = new TrainingRun(null, null, new TrainingStop(options), null);
        TrainedLearner learner = Learner.Train(TrainingData.Prepare([set], options, run), options, run);
        Assert.NotEmpty(learner.Evaluate(run).Episodes);
        Assert.All(learner.Evaluate(run).Episodes, episode => Assert.InRange(episode.Loss, 0, 1));
        Assert.Equal(learner.Evaluate(run).Episodes, learner.Evaluate(run).Episodes);
    }

    [Fact]
    public void Evaluate_NegativeValues_CountAsOthersDo()
    {
        EvaluatedLearner Evaluated(double shift)
        {
            TaskSet set = Tasks((x, slope) => slope * x[0] + x[1] + shift);
            var options = new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 0 };
            var run = new TrainingRun(null, null, new TrainingStop(options), null);
            return Learner.Train(TrainingData.Prepare([set], options, run), options, run).Evaluate(run);
        }

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
        Learner.Train(shared, linear, run).Evaluate(run);
        Assert.Equal(Learner.Train(TrainingData.Prepare([set], network, run), network, run).Evaluate(run).Episodes, Learner.Train(shared, network, run).Evaluate(run).Episodes);
    }

    // The index of the chosen learner.
    private static int Choose(params EvaluatedEpisode[][] losses)
    {
        EvaluatedLearner[] learners = Array.ConvertAll(losses, episodes => new EvaluatedLearner(null!, episodes));
        return Array.IndexOf(learners, LearnerChoice.Choose(learners));
    }

    private static string LearnerOf(TaskSet set, MetaTrainingOptions? options = null)
    {
        var log = new List<string>();
        MetaTrainer.Train(set, (options ?? new MetaTrainingOptions()) with { MaximumNumberOfIterations = 400 }, log.Add);
        return Assert.Single(log, line => line.StartsWith("Learner:", StringComparison.Ordinal));
    }

    private static TaskSet Tasks(Func<float[], double, double> value)
    {
        var random = new Random(2);
        var store = new DenseFeatureStore(3);
        var builder = new TaskSetBuilder(LabelKind.Regression, store);
        for (int task = 0; task < 40; task++)
        {
            double slope = random.NextDouble();
            for (int row = 0; row < 30; row++)
            {
                float[] x = [.. Enumerable.Range(0, 3).Select(_ => (float)(2 * random.NextDouble() - 1))];
                builder.Add($"task{task}", store.Add(new FeatureRow(x)), (float)(value(x, slope) + 0.05 * random.NextDouble()));
            }
        }

        return builder.Build();
    }
}
