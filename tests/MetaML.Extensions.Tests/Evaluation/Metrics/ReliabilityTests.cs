using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.Metrics;

public sealed class ReliabilityTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void EvaluateTasks_BinaryProbabilities_HasTheErrorOfTheBins()
    {
        // Two tasks. Predicted 0.25: observed 1/4 and 3/4 of four rows each. Predicted 0.95: all of two rows.
        Scored[] rows =
        [
            .. Rows("a", 0.25f, true, false, false, false), .. Rows("b", 0.25f, true, true, true, false), .. Rows("b", 0.95f, true, true),
        ];
        MetaML.Reliability reliability = _ml.MetaLearning().EvaluateTasks(_ml.Data.LoadFromEnumerable(rows)).Reliability!;
        Assert.Equal(10, reliability.RowCount);
        Assert.Equal(new ReliabilityBin(8, 0.25, 0.5), reliability.Bins[2]);
        Assert.Equal(2, reliability.Bins[9].RowCount);
        Assert.Equal(0.8 * 0.25 + 0.2 * 0.05, reliability.ExpectedCalibrationError, 1e-6);
        Assert.Null(_ml.MetaLearning().EvaluateTasks(_ml.Data.LoadFromEnumerable(rows), probabilityColumnName: "None").Reliability);
    }

    [Theory]
    [InlineData("Answer")]
    [InlineData("Key")]
    [InlineData("Value")]
    public void EvaluateFewShot_AllKindsOfLabels_HasReliabilityForClasses(string label)
    {
        var trainer = new TrainerCase("case", label);
        IDataView rows = _ml.Data.LoadFromEnumerable(Some.Tasks(12, 20, firstTask: 50, ragged: false));
        var options = new FewShotOptions { SupportSizes = [4, 8], Draws = 2, QueryRows = 10 };
        FewShotEvaluation result = _ml.MetaLearning().EvaluateFewShot(rows, [LearningStrategy.MetaLearned("meta", trainer.Pipeline(_ml, trainer.Options(iterations: 5)))], _ml.Data.LoadFromEnumerable(Some.Tasks(12)), label, options: options);
        MetaML.Reliability?[] all = [.. result.Curves[0].Points.Select(point => point.Evaluation.Reliability), result.Curves[0].Overall!.Reliability];
        if (label == "Value")
        {
            Assert.All(all, Assert.Null);
            return;
        }

        Assert.Equal([12 * 10 * 2, 12 * 10 * 2, 12 * 10 * 2 * 2], all.Select(reliability => reliability!.RowCount));
        Assert.All(all, reliability => Assert.InRange(reliability!.ExpectedCalibrationError, 0, 0.5));
        if (label == "Key") // of the predicted class, which has at least a third of the probability
            Assert.All(all[2]!.Bins.Take(3), bin => Assert.Equal(0, bin.RowCount));
        double hits = all[2]!.Bins.Where(bin => bin.RowCount > 0).Sum(bin => bin.RowCount * bin.Frequency) / all[2]!.RowCount;
        double expected = label == "Key" ? result.Curves[0].Overall![TaskMetric.MicroAccuracy].Macro.Mean : hits;
        Assert.Equal(expected, hits, 1e-6);
    }

    private static IEnumerable<Scored> Rows(string task, float probability, params bool[] labels) =>
        labels.Select(label => new Scored { Task = task, Label = label, Probability = probability, Score = MathF.Log(probability / (1 - probability)) });

    private sealed class Scored
    {
        public string Task { get; set; } = "";

        public bool Label { get; set; }

        public float Score { get; set; }

        public float Probability { get; set; }
    }
}
