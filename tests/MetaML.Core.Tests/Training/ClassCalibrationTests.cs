using MetaML.Adapters.Logistic;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Training;

/// <summary>Probabilities of several classes agree with their rates, for known tasks, for tasks adapted on a few rows, and for unknown tasks.</summary>
public sealed class ClassCalibrationTests
{
    private const int Tasks = 60, SupportRows = 20;

    private static readonly SkewedClasses s_world = new(seed: 2);
    private static readonly TaskSet s_training = CoreData.Of(s_world.Rows("known", Tasks, 150, 1));
    private static readonly SkewedRow[] s_known = s_world.Rows("known", Tasks, 100, 2);
    private static readonly TaskSet s_support = CoreData.Of(s_world.Rows("new", Tasks, SupportRows, 3));
    private static readonly SkewedRow[] s_new = s_world.Rows("new", Tasks, 100, 4);
    private static readonly LinearHead s_pooled = Pooled();

    [Theory]
    [MemberData(nameof(CalibrationTests.Learners), MemberType = typeof(CalibrationTests))]
    public void Train_RareClasses_PredictsThemAtTheirRateAndNoWorseThanOneModelForAllTasks(string learner)
    {
        MetaModel model = MetaTrainer.Train(s_training, CalibrationTests.OptionsOf(learner));
        Dictionary<string, AdaptedTask> known = CalibrationTests.Adapt(model, s_training), adapted = CalibrationTests.Adapt(model, s_support);
        Check("known", s_known, model, row => known[row.Task]);
        Check("adapted", s_new, model, row => adapted[row.Task]);
        CheckRates("unknown", s_new, Probabilities(s_new, model, _ => model.Prior!));
    }

    [Fact]
    public void Read_CalibratedModel_GivesTheSameScores()
    {
        MetaModel model = MetaTrainer.Train(s_training, CalibrationTests.OptionsOf("Bayesian"));
        Assert.NotNull(model.Calibration!.ClassOffsets);
        using var stream = new MemoryStream();
        model.Write(new BinaryWriter(stream));
        stream.Position = 0;
        MetaModel read = MetaModel.Read(new BinaryReader(stream));
        Dictionary<string, AdaptedTask> before = CalibrationTests.Adapt(model, s_support), after = CalibrationTests.Adapt(read, s_support);
        Assert.Equal(Probabilities(s_new, model, row => before[row.Task]), Probabilities(s_new, read, row => after[row.Task]));
    }

    private static void Check(string kind, SkewedRow[] rows, MetaModel model, Func<SkewedRow, AdaptedTask> taskOf)
    {
        float[][] probabilities = Probabilities(rows, model, taskOf);
        CheckRates(kind, rows, probabilities);
        double loss = Loss(rows, probabilities), pooled = Loss(rows, [.. rows.Select(row => Probabilities(s_pooled, row.Features))]);
        Assert.True(loss < 1.01 * pooled, $"{kind}: log-loss {loss}, of one model for all tasks {pooled}");
    }

    // The rarest class has 3 % of the rows.
    private static void CheckRates(string kind, SkewedRow[] rows, float[][] probabilities)
    {
        for (int k = 0; k < SkewedRow.Classes.Length; k++)
        {
            double mean = probabilities.Average(row => row[k]), truth = rows.Average(row => row.Probabilities[k]);
            Assert.True(mean > 0.75 * truth && mean < 1.33 * truth, $"{kind}, class {k}: mean probability {mean}, true rate {truth}");
        }
    }

    private static float[][] Probabilities(SkewedRow[] rows, MetaModel model, Func<SkewedRow, AdaptedTask> taskOf)
    {
        MetaScorer scorer = model.CreateScorer();
        return [.. rows.Select(row => Normalized([.. scorer.Score(taskOf(row), new FeatureRow(row.Features))]))];
    }

    private static float[] Probabilities(LinearHead head, float[] features)
    {
        var scores = new float[head.OutputCount];
        head.Score(features, scores);
        return Normalized(scores);
    }

    private static float[] Normalized(float[] scores)
    {
        Softmax.Apply(scores, scores);
        return scores;
    }

    // In expectation over the label.
    private static double Loss(SkewedRow[] rows, float[][] probabilities) =>
        rows.Zip(probabilities, (row, predicted) => -row.Probabilities.Zip(predicted, (truth, probability) => truth * Math.Log(Math.Max(probability, 1e-7))).Sum()).Average();

    private static LinearHead Pooled()
    {
        SkewedRow[] rows = s_world.Rows("known", Tasks, 150, 1);
        return PooledHead.Logistic(LabelKind.Multiclass, new EmbeddedTask(
            rows.SelectMany(row => row.Features).ToArray(), SkewedRow.FeatureCount, [.. rows.Select(row => (float)SkewedRow.Classes.IndexOf(row.Class))], [.. rows.Select(_ => 1f)], SkewedRow.Classes.Length));
    }
}
