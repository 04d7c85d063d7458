using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Models;

public sealed class TrainingSummaryTests
{
    private static readonly MetaTrainingOptions s_few = new() { MaximumNumberOfIterations = 4, EarlyStopping = new() { EvaluationInterval = 2 } };

    [Fact]
    public void Train_NothingSet_EveryChoiceIsLoggedWithItsReasonAndKept()
    {
        var log = new List<string>();
        MetaModel model = MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), s_few, log.Add);
        TrainingSummary summary = model.Training!;
        Assert.All(summary.Reasons, reason => Assert.Contains(reason, log));
        Assert.Equal(summary.Reasons.Count, summary.Reasons.Distinct().Count());
        foreach (string beginning in new[] { "Learners: linear with a prior by empirical Bayes, with a logistic and with a Gaussian likelihood, with and without the features of a kernel, and networks with and without a linear path: features are dense, 6 of them.", "Adapter: Bayesian, since", "Adapter: Ridge on the network, since labels are classes.", "Validation: 2 of 12 tasks", "Learner: " })
            Assert.Contains(summary.Reasons, reason => reason.StartsWith(beginning, StringComparison.Ordinal));
        Assert.Equal((12, 339L), (summary.TaskCount, summary.RowCount));
        Assert.True(summary.ValidationLoss > 0 && summary.ValidationEpisodes > 0);
        Assert.Matches(@"^\d+\.\d+\.\d+", summary.Version);
    }

    [Theory]
    [InlineData("Encoder: Sparse, with or without directions that tasks share, since features are sparse and labels are classes.", true, null, null)]
    [InlineData("Encoder: Mlp, since tasks are drawn from classes.", false, 2, null)]
    [InlineData("Encoder: Identity, or Mlp with a linear path, or Mlp, since an adapter is set, and features are dense, 6 of them.", false, null, "ridge")]
    public void Train_OtherLearners_SaysWhy(string expected, bool sparse, int? ways, string? adapter)
    {
        TaskSet set = CoreData.Of(Some.TasksWithOwnClasses(), LabelKind.Multiclass, sparse: sparse);
        Assert.Contains(expected, Reasons(set, s_few with { Episodes = new() { Ways = ways }, Adapter = adapter is null ? null : new RidgeAdapterOptions() }));
    }

    [Fact]
    public void Train_ManyFeatures_SaysWhyANetwork()
    {
        var store = new DenseFeatureStore(201);
        var builder = new TaskSetBuilder(LabelKind.Regression, store);
        var random = new Random(1);
        for (int row = 0; row < 60; row++)
            builder.Add($"task{row % 3}", store.Add(new FeatureRow([.. Enumerable.Range(0, 201).Select(_ => (float)random.NextDouble())])), (float)random.NextDouble());
        IReadOnlyList<string> reasons = Reasons(builder.Build(), s_few);
        Assert.Contains("Encoder: Mlp, since there are 201 features, and the prior of a linear learner is limited to 200.", reasons);
        Assert.Contains("Adapter: Bayesian on the network, since labels are numbers, and it also gives the deviation of scores.", reasons);
    }

    [Fact]
    public void Train_Classes_SaysWhetherTasksShareThem()
    {
        Assert.Contains("Classes: common to all tasks, since a task has 3 of the 3 on average.", Reasons(CoreData.Of(Some.Tasks(), LabelKind.Multiclass), s_few));
        Assert.Contains("Classes: separate for each task, since a task has 3 of the 36 on average.", Reasons(CoreData.Of(Some.TasksWithOwnClasses(), LabelKind.Multiclass), s_few));
        Assert.DoesNotContain(Reasons(CoreData.Of(Some.Tasks(), LabelKind.Multiclass), s_few with { ClassSets = ClassSets.Common }), reason => reason.StartsWith("Classes:", StringComparison.Ordinal));
    }

    [Fact]
    public void Train_NothingHeldOut_HasNoValidationFigures()
    {
        TrainingSummary summary = MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), s_few with { ValidationFraction = 0, Encoder = new MlpEncoderOptions { HiddenUnits = [4] } }).Training!;
        Assert.Equal((4, 4, null, 0), (summary.Iterations, summary.BestIteration, summary.ValidationLoss, summary.ValidationEpisodes));
    }

    [Fact]
    public void WriteRead_Summary_StaysAsItIs()
    {
        MetaModel model = MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), s_few);
        using var reader = new BinaryReader(new MemoryStream(Bytes.Of(model.Write)));
        TrainingSummary read = MetaModel.Read(reader).Training!;
        Assert.Equal(model.Training!.Reasons, read.Reasons);
        Assert.Equal(model.Training.Candidates, read.Candidates);
        Assert.Equal(model.Training with { Reasons = [], Candidates = [] }, read with { Reasons = [], Candidates = [] });
    }

    [Fact]
    public void Train_Weights_AreThoseOfTheTasks()
    {
        var weighting = new GivenWeightingOptions { Weights = new Dictionary<string, double> { ["task3"] = 2 } };
        MetaModel model = MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), s_few with { Encoder = new MlpEncoderOptions { HiddenUnits = [4] }, TaskWeighting = weighting });
        Assert.Equal(12, model.TaskWeights.Count);
        Assert.Equal(2, model.TaskWeights["task3"] / model.TaskWeights["task0"], 1e-12);
        Assert.Equal(1, model.TaskWeights.Values.Average(), 1e-12);
    }

    private static IReadOnlyList<string> Reasons(TaskSet set, MetaTrainingOptions options) => MetaTrainer.Train(set, options).Training!.Reasons;
}
