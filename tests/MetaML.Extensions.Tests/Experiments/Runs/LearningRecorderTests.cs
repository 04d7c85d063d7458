using MetaML.Extensions.Experiments.Runs;
using Xunit;

namespace MetaML.Extensions.Tests.Experiments.Runs;

public sealed class LearningRecorderTests
{
    [Fact]
    public void Curve_AllTasksAlikeThroughout_HasNoWeights()
    {
        var recorder = new LearningRecorder();
        recorder.Report(Step(1, 2, weights: [1, 1]));
        recorder.Report(Step(2, 2, weights: [1, 1]));
        Assert.Equal([1, 2], recorder.Curve.Select(point => point.Iteration));
        Assert.All(recorder.Curve, point => Assert.Empty(point.TaskWeights));
    }

    [Fact]
    public void Curve_WeightsThatDiffer_AreKeptAtEveryPoint()
    {
        var recorder = new LearningRecorder();
        recorder.Report(Step(1, 2, weights: [1, 1]));
        recorder.Report(Step(2, 2, weights: [0.5, 1.5]));
        Assert.Equal([1, 0.5], recorder.Curve.Select(point => point.TaskWeights["task 0"]));
    }

    [Fact]
    public void Report_JointTraining_CountsBothHalvesAndKeepsTheSecond()
    {
        var shares = new List<double>();
        var recorder = new LearningRecorder(shares.Add);
        foreach (TrainingObjective half in new[] { TrainingObjective.Joint, TrainingObjective.Meta })
        {
            recorder.Report(Step(1, 2, weights: [1]) with { Objective = half });
            recorder.Report(Step(2, 2, weights: [1]) with { Objective = half });
            Assert.True(recorder.HasSteps);
        }

        Assert.Equal([0.25, 0.5, 0.75, 1], shares);
        Assert.Equal([1, 2], recorder.Curve.Select(point => point.Iteration));
    }

    private static TrainingProgress Step(int iteration, int last, double[] weights) => new(iteration, last, 1, null, TimeSpan.Zero)
    {
        TaskWeights = weights.Select((weight, i) => KeyValuePair.Create($"task {i}", weight)),
    };
}
