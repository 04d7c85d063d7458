using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

public sealed class PresetTests
{
    [Theory]
    [InlineData(LabelKind.Binary)]
    [InlineData(LabelKind.Multiclass)]
    [InlineData(LabelKind.Regression)]
    public void Presets_AreValidForEveryKind(LabelKind kind)
    {
        MetaLearnerOptions.ForSpeed().Validate(kind);
        MetaLearnerOptions.ForQuality().Validate(kind);
    }

    [Fact]
    public void Presets_AreNewEachTime()
    {
        MetaLearnerOptions first = MetaLearnerOptions.ForSpeed();
        first.Episodes.TasksPerIteration = 3;
        Assert.NotEqual(3, MetaLearnerOptions.ForSpeed().Episodes.TasksPerIteration);
    }

    [Fact]
    public void Presets_BoundTheWorkInOrder()
    {
        static (int Steps, int Tasks, int Waits) WorkOf(MetaLearnerOptions options) =>
            (options.MaximumNumberOfIterations, options.MaximumNumberOfIterations * options.Episodes.TasksPerIteration, options.EarlyStopping!.EvaluationInterval * options.EarlyStopping.Patience);
        var (speed, usual, quality) = (WorkOf(MetaLearnerOptions.ForSpeed()), WorkOf(new()), WorkOf(MetaLearnerOptions.ForQuality()));
        Assert.True(speed.Steps < usual.Steps && usual.Steps < quality.Steps);
        Assert.True(speed.Tasks < usual.Tasks && usual.Tasks < quality.Tasks);
        Assert.True(speed.Waits < usual.Waits && usual.Waits < quality.Waits);
    }

    [Fact]
    public void Fit_MaximumTrainingTime_IsToldInLogAndProgress()
    {
        MLContext ml = TrainerCase.NewContext();
        var log = new List<string>();
        ml.Log += (_, message) => log.Add(message.Message);
        var shares = new List<double>();
        var clock = new ManualClock();
        MetaLearnerOptions options = MetaLearnerOptions.ForSpeed() with
        {
            LabelColumnName = "Answer",
            Encoder = new MlpEncoderOptions { HiddenUnits = [4] },
            MaximumNumberOfIterations = int.MaxValue,
            EarlyStopping = null,
            MaximumTrainingTime = TimeSpan.FromSeconds(2),
            Clock = clock,
            Progress = new Reports(report =>
            {
                shares.Add(report.TimeShare);
                clock.Now += TimeSpan.FromMilliseconds(10); // the duration of a step
            }),
        };
        ml.BinaryClassification.Trainers.MetaLearner(options).Fit(ml.Data.LoadFromEnumerable(Some.Tasks()));
        Assert.Contains(log, line => line.EndsWith($"Stopped after {shares.Count} iterations: MaximumTrainingTime is up.", StringComparison.Ordinal));
        Assert.Equal(shares.Order(), shares);
        Assert.Equal(200, shares.Count);
        Assert.Contains(log, line => line.Contains("% of MaximumTrainingTime", StringComparison.Ordinal));
    }
}
