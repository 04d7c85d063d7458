using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using TorchSharp;
using Xunit;

namespace MetaML.Core.Tests.Training.Loop;

/// <summary>A step's tasks shared out over threads.</summary>
public sealed class ShardTests
{
    // Wide enough that a step is shared out.
    private static MetaTrainingOptions Wide => new()
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [256, 256], EmbeddingDimension = 32 },
        MaximumNumberOfIterations = 4,
        EarlyStopping = new EarlyStoppingOptions { EvaluationInterval = 2 },
        Seed = 3,
    };

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Train_SeveralThreads_EqualsOneUpToRounding(int threads)
    {
        TaskSet set = CoreData.Of(Some.Tasks(24, 60), LabelKind.Regression);
        List<TrainingProgress> one = Reports(set, 1), several = Reports(set, threads);
        Assert.NotEqual(one, several); // rounding differs, so the work was shared out
        Assert.All(one.Zip(several), pair =>
        {
            Assert.Equal(pair.First.TrainingLoss, pair.Second.TrainingLoss, 1e-3 * pair.First.TrainingLoss);
            Assert.Equal(pair.First.ValidationLoss!.Value, pair.Second.ValidationLoss!.Value, 1e-3 * pair.First.ValidationLoss.Value);
        });
    }

    [Fact]
    public void Train_SeveralThreads_SameBitsEachTime()
    {
        TaskSet set = CoreData.Of(Some.Tasks(24, 60), LabelKind.Multiclass);
        MetaTrainingOptions options = Wide with { NumberOfThreads = 3, TaskWeighting = new UncertaintyWeightingOptions() };
        Assert.Equal(Bytes.Of(MetaTrainer.Train(set, options).Write), Bytes.Of(MetaTrainer.Train(set, options).Write));
    }

    [Fact]
    public void Train_FailureOnOneThread_IsThrownOnTheCallersAndLeavesNoTensors()
    {
        TaskSet set = CoreData.Of(Some.Tasks(24, 60), LabelKind.Regression);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var options = Wide with { NumberOfThreads = 2, Adapter = new GradientAdapterOptions { InnerLearningRate = 1000, MaximumInnerGradientNorm = 1e30, InnerSteps = 30 } };
        Assert.Contains("finite", Assert.Throws<InvalidOperationException>(() => MetaTrainer.Train(set, options)).Message, StringComparison.Ordinal);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Train_SeveralProblems_ShareTheEncoderAndLearnBoth()
    {
        List<TaskRow> rows = Some.Tasks(20, 40);
        TaskSet values = CoreData.Of(rows, LabelKind.Regression);
        var answers = new TaskSetBuilder(LabelKind.Binary, values.Features);
        for (int row = 0; row < rows.Count; row++)
            answers.Add(rows[row].Task, row, rows[row].Answer ? 1 : 0);
        var reports = new List<TrainingProgress>();
        IReadOnlyList<MetaModel> models = MetaTrainer.Train([values, answers.Build()], Wide with { MaximumNumberOfIterations = 60, Progress = new Reports(reports.Add) });
        Assert.Equal([LabelKind.Regression, LabelKind.Binary], models.Select(model => model.Kind));
        Assert.Equal(models[0].CreateScorer().Embed(values.Features[0]).ToArray(), models[1].CreateScorer().Embed(values.Features[0]).ToArray());
        Assert.True(reports[^1].ValidationLoss < 0.8 * reports[0].ValidationLoss);
    }

    [Fact]
    public void Train_ProblemsOnSeveralStores_AreRefused()
    {
        TaskSet one = CoreData.Of(Some.Tasks(), LabelKind.Regression), other = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        Assert.Contains("same feature store", Assert.Throws<ArgumentException>(() => MetaTrainer.Train([one, other], Wide)).Message, StringComparison.Ordinal);
    }

    private static List<TrainingProgress> Reports(TaskSet set, int threads)
    {
        var reports = new List<TrainingProgress>();
        MetaTrainer.Train(set, Wide with { NumberOfThreads = threads, Progress = new Reports(reports.Add) });
        return reports;
    }
}
