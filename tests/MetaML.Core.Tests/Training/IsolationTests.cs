using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using MetaML.Training.Loop;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Training;

/// <summary>Training does not depend on the state of the process, and does not change it.</summary>
public sealed class IsolationTests
{
    private static MetaTrainingOptions Quick => new()
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 4, Dropout = 0.2 },
        MaximumNumberOfIterations = 12,
        Seed = 5,
    };

    public static TheoryData<AdapterOptions> Adapters => new(
        new PrototypeAdapterOptions(),
        new RidgeAdapterOptions(),
        new LogisticAdapterOptions(),
        new BayesianAdapterOptions(),
        new GradientAdapterOptions(),
        new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2 });

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Train_ProcessSeedSetBetween_SameBits(AdapterOptions adapter)
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        byte[] first = Bytes.Of(MetaTrainer.Train(set, Quick with { Adapter = adapter }).Write);
        manual_seed(99);
        Assert.Equal(first, Bytes.Of(MetaTrainer.Train(set, Quick with { Adapter = adapter }).Write));
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Train_GradientsSwitchedOffByTheCaller_SameBitsAndStaysOff(AdapterOptions adapter)
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        byte[] first = Bytes.Of(MetaTrainer.Train(set, Quick with { Adapter = adapter }).Write);
        using var constant = no_grad();
        MetaModel again = MetaTrainer.Train(set, Quick with { Adapter = adapter });
        Assert.Equal(first, Bytes.Of(again.Write));
        Assert.Equal(12, again.Adapt(set).Count);
        Assert.False(is_grad_enabled());
    }

    [Fact]
    public void Train_CancelledOrFailed_LeavesNoTensors()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using var source = new CancellationTokenSource();
        var cancels = new Reports(_ => source.Cancel());
        Assert.Throws<OperationCanceledException>(() => MetaTrainer.Train(set, Quick with { CancellationToken = source.Token, Progress = cancels }));
        var fails = new Reports(_ => throw new InvalidOperationException("the caller's own"));
        Assert.Equal("the caller's own", Assert.Throws<InvalidOperationException>(() => MetaTrainer.Train(set, Quick with { Progress = fails })).Message);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Train_LabelsOfHeldOutTasksFlipped_SameTrainingLosses()
    {
        // Validation data may choose among parameters, but must not change them.
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        EpisodeSource source = EpisodeSource.Split(set, Quick, new Random(Quick.Seed!.Value), null, null);
        HashSet<string> held = [.. Enumerable.Range(0, 30).SelectMany(i => source.Validation!.Draw(new Random(i))).Select(e => e.Task.Name)];
        TaskSet flipped = set.With([.. set.Tasks.Select(task => held.Contains(task.Name)
            ? new LearningTask(task.Name, task.Rows, Array.ConvertAll(task.Labels, label => 1 - label), task.Weights, task.Classes)
            : task)]);
        Assert.InRange(held.Count, 2, 4);
        var (losses, validation) = Losses(set);
        var (otherLosses, otherValidation) = Losses(flipped);
        Assert.Equal(losses, otherLosses);
        Assert.NotEqual(validation, otherValidation);
    }

    [Fact]
    public void Train_LabelsInOtherUnits_SameScoresInThoseUnits()
    {
        List<TaskRow> rows = Some.Tasks();
        float[] Scores(Func<float, float> units)
        {
            List<TaskRow> changed = Some.Tasks();
            changed.ForEach(row => row.Value = units(row.Value));
            TaskSet set = CoreData.Of(changed, LabelKind.Regression);
            MetaModel model = MetaTrainer.Train(set, Quick);
            MetaScorer scorer = model.CreateScorer();
            AdaptedTask task = model.Adapt(set)[3];
            return [.. rows.Take(10).Select(row => scorer.Score(task, new FeatureRow(row.Features))[0])];
        }

        float[] plain = Scores(value => value), changed = Scores(value => 32 * value - 1000);
        Assert.All(plain.Zip(changed), pair => Assert.Equal(32 * pair.First - 1000, pair.Second, 0.5)); // labels have a range of 1,000
    }

    private static (double[] Training, double?[] Validation) Losses(TaskSet set)
    {
        var reports = new List<TrainingProgress>();
        MetaTrainer.Train(set, Quick with { Progress = new Reports(reports.Add), EarlyStopping = new() { EvaluationInterval = 4, Patience = 100 } });
        return ([.. reports.Select(report => report.TrainingLoss)], [.. reports.Select(report => report.ValidationLoss)]);
    }
}
