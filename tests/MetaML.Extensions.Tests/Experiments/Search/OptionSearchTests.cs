using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Experiments.Search;

public sealed class OptionSearchTests
{
    private const string Default = "from scratch, L-BFGS";

        [Fact]
    public void Execute_ManyFeaturesAndFewRows_ALargerPenaltyIsFound()
    {
        ExperimentResult result = Execute(new TaskExperimentSettings()), again = Execute(new TaskExperimentSettings());
        RunDetail[] variants = [.. result.RunDetails.Where(run => run.TrainerName.StartsWith($"{Default}, penalty ", StringComparison.Ordinal))];
        RunDetail best = variants.MaxBy(run => -run.Score!.Value.Mean)!, given = result.RunDetails.Single(run => run.TrainerName == Default);
        Assert.InRange(variants.Length, 2, 15);
        Assert.Equal(variants.Length, variants.DistinctBy(run => run.TrainerName).Count());
        Assert.True(best.Score!.Value.Mean < 0.95 * given.Score!.Value.Mean, $"{best.TrainerName} {best.Score} {given.Score}");
        Assert.Equal(ExperimentEnd.Completed, result.Description.End);
        Assert.Equal(result.RunDetails.Select(run => (run.TrainerName, run.Score)), again.RunDetails.Select(run => (run.TrainerName, run.Score)));
    }

    [Fact]
    public void Execute_Off_TriesTheDefaultsAlone() => Assert.All(Execute(new TaskExperimentSettings { SearchesOptions = false }).RunDetails, run => Assert.DoesNotContain("penalty", run.TrainerName, StringComparison.Ordinal));

    [Fact]
    public void Execute_TrainerOfTheUser_KeepsItsOptions()
    {
        TaskExperimentSettings settings = new();
        settings.Add("L-BFGS", new MLContext().BinaryClassification.Trainers.LbfgsLogisticRegression());
        Assert.All(Execute(settings).RunDetails, run => Assert.DoesNotContain("penalty", run.TrainerName, StringComparison.Ordinal));
    }

    [Fact]
    public void Execute_FewModelsLeft_SomeAreForTheCrossValidation()
    {
        ExperimentResult result = Execute(new TaskExperimentSettings { MaxModels = 40 });
        Assert.Contains(result.RunDetails, run => run.TrainerName.Contains("penalty", StringComparison.Ordinal));
        Assert.InRange(result.RunDetails.Count, 18, 39);
        Assert.True(result.BestRun.ValidationFolds > 1);
    }

    [Fact]
    public void Execute_NothingGiven_NetworksAreChangedToo()
    {
        TaskExperimentSettings settings = new()
        {
            Adapters = null,
            MetaLearner = new MetaLearnerOptions { MaximumNumberOfIterations = 9 },
            FewShot = new FewShotOptions { SupportSizes = [8], Draws = 1 },
            CrossValidatesLeaders = false,
        };
        ExperimentResult result = Execute(settings with { Encoders = [new MlpEncoderOptions()] });
        Assert.DoesNotContain(result.RunDetails, run => run.TrainerName.Contains("width", StringComparison.Ordinal)); // given by the user
        Assert.Contains(Execute(settings).RunDetails, run => run.Exception is null && run.TrainerName.Contains(", learning rate ", StringComparison.Ordinal) && run.TrainerName.Contains(", width ", StringComparison.Ordinal));
    }

    // Thirty features, of which each task needs three: with eight rows, a strong penalty is best.
    private static ExperimentResult Execute(TaskExperimentSettings settings)
    {
        MLContext ml = TrainerCase.NewContext(); // a context that is used again has drawn from its generator
        var random = new Random(1);
        List<Row> rows = [];
        for (int task = 0; task < 15; task++)
        {
            for (int row = 0; row < 30; row++)
            {
                float[] features = [.. Enumerable.Range(0, 30).Select(_ => (float)random.NextDouble() - 0.5f)];
                rows.Add(new Row { Task = $"task {task}", Features = features, Label = features[0] + features[1] - features[2] + random.NextDouble() - 0.5 > 0 });
            }
        }

        settings = settings with { Adapters = settings.MetaLearner.MaximumNumberOfIterations < 10 ? settings.Adapters : [], FewShot = new FewShotOptions { SupportSizes = [8], Draws = 2, Metric = TaskMetric.LogLoss } };
        foreach (string trees in new[] { "LightGBM", "FastTree", "FastForest" }) // slow
            settings.Add(trees, ml.Transforms.NormalizeMeanVariance("Features").Append(ml.BinaryClassification.Trainers.SdcaLogisticRegression(new() { NumberOfThreads = 1, MaximumNumberOfIterations = 5 })));
        return ml.MetaLearning().CreateExperiment(settings).Execute(ml.Data.LoadFromEnumerable(rows));
    }

    private sealed class Row
    {
        public string Task { get; set; } = "";

        [VectorType(30)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }
}
