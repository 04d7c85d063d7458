using MetaML.Adapters.Logistic;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Training;

/// <summary>Probabilities of rare positives agree with their rates, for known tasks, for tasks adapted on a few rows, and for unknown tasks.</summary>
public sealed class CalibrationTests
{
    private const double Rate = 0.05;
    private const int Tasks = 60, SupportRows = 20;

    private static readonly RareClasses s_world = new(Rate, seed: 2);
    private static readonly TaskSet s_training = CoreData.Of(s_world.Rows("known", Tasks, 200, 1));
    private static readonly RareRow[] s_known = s_world.Rows("known", Tasks, 100, 2);
    private static readonly TaskSet s_support = CoreData.Of(s_world.Rows("new", Tasks, SupportRows, 3));
    private static readonly RareRow[] s_new = s_world.Rows("new", Tasks, 100, 4);
    private static readonly LinearHead s_pooled = Pooled();

    public static TheoryData<string> Learners => [.. s_learners.Keys];

    private static readonly Dictionary<string, MetaTrainingOptions> s_learners = new()
    {
        ["ridge"] = Linear(new RidgeAdapterOptions()),
        ["logistic"] = Linear(new LogisticAdapterOptions()),
        ["Bayesian"] = Linear(new BayesianAdapterOptions()),
        ["Bayesian, logistic"] = Linear(new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic }),
        ["ANIL"] = Network(new GradientAdapterOptions()),
        ["MAML"] = Network(new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2 }),
        ["CAVIA"] = Network(new GradientAdapterOptions { Scope = GradientScope.Context }),
        ["FiLM"] = Network(new GradientAdapterOptions { Scope = GradientScope.Film, InnerSteps = 2 }),
        ["prototypes"] = Network(new PrototypeAdapterOptions()),
    };

    [Theory]
    [MemberData(nameof(Learners))]
    public void Train_RarePositives_PredictsThemAtTheirRateAndNoWorseThanOneModelForAllTasks(string learner)
    {
        MetaModel model = MetaTrainer.Train(s_training, s_learners[learner]);
        Dictionary<string, AdaptedTask> known = Adapt(model, s_training), adapted = Adapt(model, s_support);
        Check("known", s_known, model, row => known[row.Task]);
        Check("adapted", s_new, model, row => adapted[row.Task]);
        Check("unknown", s_new, model, _ => model.Prior!);
    }

    [Theory]
    [InlineData("ridge")]
    [InlineData("logistic")]
    [InlineData("ANIL")]
    [InlineData("MAML")]
    [InlineData("CAVIA")]
    [InlineData("prototypes")]
    public void Train_RarePositivesAndAnAdapterAlone_TakesALinearEncoder(string learner)
    {
        // Networks are trained for each fold. They are stopped when they do not improve, since they are not better in the end.
        MetaModel model = MetaTrainer.Train(s_training, s_learners[learner] with { Encoder = null, EarlyStopping = new EarlyStoppingOptions { Patience = 4 } });
        Assert.True(model.EncoderOptions is IdentityEncoderOptions or MlpEncoderOptions { HiddenUnits.Length: 0 }, $"{model.EncoderOptions}");
        double truth = s_new.Average(row => row.Probability), pooled = s_new.Average(row => Loss(row, s_pooled.Score(row.Features, 0)));
        var (mean, loss) = Measure(s_new, model, _ => model.Prior!);
        Assert.InRange(mean / truth, 0.8, 1.2);
        Assert.True(loss < 1.02 * pooled, $"log-loss {loss}, of one model for all tasks {pooled}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Train_OnePositiveInAHundredRows_PredictsKnownTasksAtTheirRate(int seed)
    {
        var world = new RareClasses(0.01, seed);
        TaskSet training = CoreData.Of(world.Rows("known", 100, 200, 1));
        MetaModel model = MetaTrainer.Train(training, Linear(new GradientAdapterOptions()));
        Dictionary<string, AdaptedTask> known = Adapt(model, training);
        RareRow[] rows = world.Rows("known", 100, 200, 3);
        Assert.InRange(Measure(rows, model, row => known[row.Task]).Mean / rows.Average(row => row.Probability), 0.8, 1.2);
    }

    [Fact]
    public void Train_RarePositives_StatesAValidationLossNearTheLossOfNewTasks()
    {
        MetaModel model = MetaTrainer.Train(s_training, s_learners["logistic"]);
        Dictionary<string, AdaptedTask> adapted = Adapt(model, s_support);
        double loss = Measure(s_new, model, row => adapted[row.Task]).Loss;
        Assert.InRange(model.Training!.ValidationLoss!.Value, 0.75 * loss, 1.25 * loss);
    }

    private static void Check(string kind, RareRow[] rows, MetaModel model, Func<RareRow, AdaptedTask> taskOf)
    {
        var (mean, loss) = Measure(rows, model, taskOf);
        double truth = rows.Average(row => row.Probability), pooled = rows.Average(row => Loss(row, s_pooled.Score(row.Features, 0)));
        Assert.True(mean > 0.8 * truth && mean < 1.2 * truth, $"{kind}: mean probability {mean}, true rate {truth}");
        Assert.True(loss < 1.03 * pooled, $"{kind}: log-loss {loss}, of one model for all tasks {pooled}");
    }

    private static (double Mean, double Loss) Measure(RareRow[] rows, MetaModel model, Func<RareRow, AdaptedTask> taskOf)
    {
        MetaScorer scorer = model.CreateScorer();
        double[] scores = [.. rows.Select(row => (double)scorer.Score(taskOf(row), new FeatureRow(row.Features))[0])];
        return (scores.Average(score => 1 / (1 + Math.Exp(-score))), rows.Zip(scores, Loss).Average());
    }

    // In expectation over the label.
    private static double Loss(RareRow row, double score) => Math.Log(1 + Math.Exp(-Math.Abs(score))) + Math.Max(score, 0) - row.Probability * score;

    private static double Loss(RareRow row, float score) => Loss(row, (double)score);

    internal static MetaTrainingOptions OptionsOf(string learner) => s_learners[learner];

    internal static Dictionary<string, AdaptedTask> Adapt(MetaModel model, TaskSet tasks) =>
        tasks.Tasks.Zip(model.Adapt(tasks)).ToDictionary(pair => pair.First.Name, pair => pair.Second);

    private static LinearHead Pooled()
    {
        RareRow[] rows = s_world.Rows("known", Tasks, 200, 1);
        return PooledHead.Logistic(LabelKind.Binary, new EmbeddedTask(
            rows.SelectMany(row => row.Features).ToArray(), RareRow.FeatureCount, [.. rows.Select(row => row.Label ? 1f : 0)], [.. rows.Select(_ => 1f)], 1));
    }

    private static MetaTrainingOptions Linear(AdapterOptions adapter) => new() { Encoder = new IdentityEncoderOptions(), Adapter = adapter, MaximumNumberOfIterations = 500, Seed = 1 };

    private static MetaTrainingOptions Network(AdapterOptions adapter) =>
        new() { Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 8, LayerNormalization = true, LinearPath = false }, Adapter = adapter, MaximumNumberOfIterations = 500, Seed = 1 };
}
