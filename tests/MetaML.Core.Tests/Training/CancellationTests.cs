using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Training;

/// <summary>Cancellation ends training within one outer step: with an exception, or with the best parameters so far.</summary>
public sealed class CancellationTests
{
    private static readonly TaskSet s_set = CoreData.Of(Some.Tasks(), LabelKind.Binary);

    private static MetaTrainingOptions Quick => new()
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 4 },
        Adapter = new RidgeAdapterOptions(),
        MaximumNumberOfIterations = 30,
        LearningRate = 0.02,
        EarlyStopping = new() { EvaluationInterval = 1 },
    };

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.2)]
    public void Train_CancelledAndKept_EndsWithinOneStepWithTheBestOfTheStepsDone(double validation)
    {
        using var folder = new TemporaryFolder();
        MetaTrainingOptions options = Quick with { ValidationFraction = validation };
        var losses = new List<double>();
        var (kept, log) = Stopped(options with { KeepBestWhenCancelled = true }, 10, losses);
        Assert.Equal(10, losses.Count);
        Assert.Contains("Stopped after 10 iterations: training was cancelled.", log);
        if (validation > 0)
            Assert.Contains(log, line => line.StartsWith($"Best validation loss {losses.Min():G4} at iteration {losses.IndexOf(losses.Min()) + 1},", StringComparison.Ordinal));

        // The same parameters as in a checkpoint after ten steps.
        MetaTrainingOptions keeping = options with { CheckpointPath = folder["training.checkpoint"] };
        Assert.Throws<OperationCanceledException>(() => Stopped(keeping, 10, []));
        MetaModel resumed = MetaTrainer.Train(s_set, keeping with { KeepBestWhenCancelled = true, CancellationToken = new CancellationToken(canceled: true) });
        Assert.Equal(Values(resumed), Values(kept));
        Assert.NotEqual(Values(MetaTrainer.Train(s_set, options)), Values(kept));
        Assert.NotEqual(Values(MetaTrainer.Train(s_set, options with { MaximumNumberOfIterations = 0 })), Values(kept));
    }

    [Fact]
    public void Train_CancelledBeforeTheFirstStepAndKept_IsTheUntrainedLearner()
    {
        MetaModel kept = MetaTrainer.Train(s_set, Quick with { KeepBestWhenCancelled = true, CancellationToken = new CancellationToken(canceled: true) });
        Assert.Equal(Values(MetaTrainer.Train(s_set, Quick with { MaximumNumberOfIterations = 0 })), Values(kept));
    }

    [Fact]
    public void Train_LearnersToChooseFrom_CancelledAndKept_KeepsTheFirst()
    {
        var log = new List<string>();
        MetaTrainingOptions options = Quick with { Encoder = null, Adapter = null, CancellationToken = new CancellationToken(canceled: true) };
        MetaModel kept = MetaTrainer.Train(s_set, options with { KeepBestWhenCancelled = true }, log.Add);
        Assert.Contains("Mlp + Ridge is not tried: training was cancelled.", log);
        Assert.IsType<IdentityEncoderOptions>(kept.EncoderOptions);
        Assert.Throws<OperationCanceledException>(() => MetaTrainer.Train(s_set, options));
    }

    [Fact]
    public void Train_JointCancelledInItsFirstHalfAndKept_LeavesTheAdapterUntrained()
    {
        var losses = new List<double>();
        var (model, log) = Stopped(Quick with { Objective = TrainingObjective.Joint, KeepBestWhenCancelled = true }, 5, losses);
        Assert.Equal(5, losses.Count);
        Assert.Contains("Stopped after 0 iterations: training was cancelled.", log);
        Assert.Equal(12, model.Adapt(s_set).Count);
    }

    private static float[] Values(MetaModel model) => [.. model.EncoderArrays.Concat(model.AdapterArrays).SelectMany(values => values)];

    private static (MetaModel Model, List<string> Log) Stopped(MetaTrainingOptions options, int after, List<double> losses)
    {
        using var source = new CancellationTokenSource();
        var log = new List<string>();
        var progress = new Reports(report =>
        {
            losses.Add(report.ValidationLoss ?? 0);
            if (losses.Count == after)
                source.Cancel();
        });
        return (MetaTrainer.Train(s_set, options with { Progress = progress, CancellationToken = source.Token }, log.Add), log);
    }
}
