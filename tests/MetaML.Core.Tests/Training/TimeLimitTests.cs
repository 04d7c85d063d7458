using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Training;

public sealed class TimeLimitTests
{
    private readonly ManualClock _clock = new();
    private readonly List<string> _log = [];

    private MetaTrainingOptions Options => new()
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 4 },
        Adapter = new RidgeAdapterOptions(),
        Clock = _clock,
        EarlyStopping = new() { EvaluationInterval = 3, Patience = 100 },
    };

    [Fact]
    public void Train_TimeIsUp_EndsWithThatStepAndKeepsTheBest()
    {
        var reports = new List<TrainingProgress>();
        MetaModel model = Train(Options with { MaximumTrainingTime = TimeSpan.FromSeconds(7.5) }, reports);
        Assert.Equal(8, reports.Count);
        Assert.Equal(Enumerable.Range(0, 8).Select(second => second / 7.5), reports.Select(report => report.TimeShare));
        Assert.Contains("Stopped after 8 iterations: MaximumTrainingTime is up.", _log);
        Assert.Contains("Stopped after 8 iterations: MaximumTrainingTime is up.", model.Training!.Reasons);
        Assert.Equal(8, model.Training.Iterations);
        Assert.True(model.Training.ValidationLoss <= reports.Min(report => report.ValidationLoss));
    }

    [Fact]
    public void Train_LimitOfTenSteps_IsATrainingOfTenIterations()
    {
        // The learning rate falls to 0 with the time as with the iterations, and the last step is validated.
        MetaModel byTime = Train(Options with { MaximumTrainingTime = TimeSpan.FromSeconds(10), MaximumNumberOfIterations = 1000 });
        MetaModel byIterations = Train(Options with { MaximumNumberOfIterations = 10 });
        Assert.Equal((10, 10), (byTime.Training!.Iterations, byTime.Training.BestIteration)); // between two validations
        Assert.Equal(byIterations.EncoderArrays, byTime.EncoderArrays);
        Assert.Equal(byIterations.Training!.ValidationLoss, byTime.Training.ValidationLoss);
    }

    [Fact]
    public void Train_LimitThatIsNotReached_SameBitsAsWithout()
    {
        MetaTrainingOptions options = Options with { MaximumNumberOfIterations = 12 };
        Assert.Equal(Bytes.Of(Train(options).Write), Bytes.Of(Train(options with { MaximumTrainingTime = TimeSpan.FromSeconds(13) }).Write));
    }

    [Fact]
    public void Train_Joint_TakesHalfOfTheTimeForItsFirstHalf()
    {
        var reports = new List<TrainingProgress>();
        Train(Options with { Objective = TrainingObjective.Joint, MaximumTrainingTime = TimeSpan.FromSeconds(10) }, reports);
        Assert.Equal(5, reports.Count(report => report.Objective == TrainingObjective.Joint));
        Assert.Equal(5, reports.Count(report => report.Objective == TrainingObjective.Meta));
    }

    [Fact]
    public void Train_TimeIsUpAfterTheLinearLearner_TriesNoNetwork()
    {
        _clock.Step = TimeSpan.FromSeconds(1); // for each reading
        MetaModel model = Train(Options with { Encoder = null, Adapter = null, MaximumTrainingTime = TimeSpan.FromSeconds(0.5) });
        Assert.Contains("Mlp + Ridge is not tried: MaximumTrainingTime is up.", model.Training!.Reasons);
        Assert.IsType<IdentityEncoderOptions>(model.EncoderOptions);
    }

    [Theory]
    [InlineData(ClassLikelihood.Gaussian)]
    [InlineData(ClassLikelihood.Logistic)]
    public void Train_TimeIsUpWhileThePriorIsLearned_WarnsAndKeepsTheBestSoFar(ClassLikelihood likelihood)
    {
        var looks = new List<int>();
        MetaModel TrainFor(double seconds)
        {
            var clock = new ManualClock { Step = TimeSpan.FromSeconds(1) }; // each look at it
            var options = new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { ClassLikelihood = likelihood }, Clock = clock, MaximumTrainingTime = TimeSpan.FromSeconds(seconds) };
            MetaModel model = MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), options, _log.Add, _log.Add);
            looks.Add((int)clock.Now.TotalSeconds);
            return model;
        }

        MetaModel model = TrainFor(4);
        Assert.Contains(_log, line => line.Contains("is the best so far, not the most likely one: MaximumTrainingTime is up", StringComparison.Ordinal));
        Assert.NotNull(model.Prior);
        _log.Clear();
        TrainFor(1e6);
        Assert.DoesNotContain(_log, line => line.Contains("best so far", StringComparison.Ordinal));
        Assert.True(looks[0] < looks[1]);
    }

    [Fact]
    public void Train_FewIterations_BindThePriorToo()
    {
        TaskSet tasks = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        float[][] Values(int iterations) => [.. MetaTrainer.Train(tasks, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), MaximumNumberOfIterations = iterations }).AdapterArrays];
        Assert.NotEqual(Values(2), Values(1000));
        Assert.Equal(Values(0), Values(1000)); // no outer steps
    }

    [Fact]
    public void SelfSupervised_TimeIsUp_EndsWithThatStep()
    {
        var random = new Random(1);
        var rows = new DenseFeatureStore(4);
        for (int i = 0; i < 60; i++)
            rows.Add(new FeatureRow([.. Enumerable.Range(0, 4).Select(_ => (float)random.NextDouble())]));
        var options = new SelfSupervisedOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [8] }, BatchSize = 16, MaximumTrainingTime = TimeSpan.FromTicks(1) };
        MetaModel model = SelfSupervisedTrainer.Train(rows, options, _log.Add);
        Assert.Contains(_log, line => line.EndsWith("iterations: MaximumTrainingTime is up.", StringComparison.Ordinal));
        Assert.InRange(model.Training!.Iterations, 0, 1);
    }

    // Each step takes one second.
    private MetaModel Train(MetaTrainingOptions options, List<TrainingProgress>? reports = null) => MetaTrainer.Train(
        CoreData.Of(Some.Tasks(), LabelKind.Binary),
        options with
        {
            Progress = new Reports(report =>
            {
                reports?.Add(report);
                _clock.Now += TimeSpan.FromSeconds(1);
            }),
        },
        _log.Add);
}
