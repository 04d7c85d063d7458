using System.Text.Json;
using MetaML.Numerics;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Bandits;

public sealed class BanditTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Choose_ManyDecisions_HasTheProbabilitiesOfTheBestAction()
    {
        ITransformer model = Fitted("Value");
        HeadPosterior posterior = _ml.MetaLearning().Posterior(model, "task1");
        Offer[] actions = Actions(4, seed: 1);
        double[][] draws = posterior.DrawScores([.. actions.Select(action => action.Features)], 20_000, new Random(1));
        var best = draws.CountBy(draw => Array.IndexOf(draw, draw.Max())).ToDictionary();

        Bandit<Offer> bandit = _ml.MetaLearning().Bandit<Offer>(model, new BanditOptions { Draws = 8 });
        var chosen = new int[actions.Length];
        var logged = new double[actions.Length];
        const int Decisions = 4000;
        for (int i = 0; i < Decisions; i++)
        {
            BanditEntry entry = bandit.Choose("task1", actions);
            chosen[entry.Chosen]++;
            Assert.Equal(1, entry.Actions.Sum(action => action.Probability), 1e-5);
            for (int k = 0; k < logged.Length; k++)
                logged[k] += entry.Actions[k].Probability;
        }

        for (int k = 0; k < actions.Length; k++)
        {
            double expected = best.GetValueOrDefault(k) / 20_000.0;
            Assert.Equal(expected, chosen[k] / (double)Decisions, 0.03);
            Assert.Equal(expected, logged[k] / Decisions, 0.03);
        }
    }

    [Fact]
    public void Choose_UpperBound_IsTheLargestMeanPlusDeviations()
    {
        ITransformer model = Fitted("Value");
        HeadPosterior prior = _ml.MetaLearning().Posterior(model, null);
        Bandit<Offer> bandit = _ml.MetaLearning().Bandit<Offer>(model, new BanditOptions { Method = BanditMethod.UpperConfidenceBound, UpperBoundDeviations = 2, UniformShare = 0.4 });
        for (int seed = 0; seed < 20; seed++)
        {
            Offer[] actions = Actions(5, seed);
            double[] bounds = [.. actions.Select(action => Enumerable.Range(0, 7).Sum(i => prior.Mean[i] * Value(action, i))
                + 2 * Math.Sqrt(Enumerable.Range(0, 7).Sum(i => Enumerable.Range(0, 7).Sum(j => prior.Covariance(i, j) * Value(action, i) * Value(action, j)))))];
            BanditEntry entry = bandit.Choose("new", actions);
            Assert.Equal([.. bounds.Select(bound => bound == bounds.Max() ? 0.68f : 0.08f)], entry.Actions.Select(action => action.Probability), new CloseComparer());
        }
    }

    [Theory]
    [InlineData("Value", 96.5f)]
    [InlineData("Answer", 1f)]
    [InlineData("Count", 7f)]
    public void Learn_Rewards_EqualsAnUpdateWithTheSameRows(string label, float reward)
    {
        ITransformer model = Fitted(label);
        Bandit<Offer> bandit = _ml.MetaLearning().Bandit<Offer>(model);
        var rows = new List<TaskRow>();
        for (int i = 0; i < 5; i++)
        {
            BanditEntry entry = JsonSerializer.Deserialize<BanditEntry>(JsonSerializer.Serialize(bandit.Choose("new", Actions(3, i))))!;
            bandit.Learn(entry, reward);
            rows.Add(new TaskRow { Task = "new", Features = entry.Actions[entry.Chosen].Features, Value = reward, Answer = true, Count = reward });
        }

        HeadPosterior expected = _ml.MetaLearning().Posterior(_ml.MetaLearning().Update(model, _ml.Data.LoadFromEnumerable(rows)), "new");
        HeadPosterior actual = _ml.MetaLearning().Posterior(bandit.ToModel(), "new");
        double scale = expected.Mean.Max(Math.Abs);
        Assert.All(expected.Mean.Zip(actual.Mean), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * scale));
        Assert.Contains("new", bandit.TaskNames);
        Assert.False(_ml.MetaLearning().KnowsTask(model, "new"));

        using var folder = new TemporaryFolder();
        string path = folder["bandit.zip"];
        bandit.Save(path);
        Bandit<Offer> restored = _ml.MetaLearning().Bandit<Offer>(_ml.Model.Load(path, out _), new BanditOptions { Method = BanditMethod.UpperConfidenceBound });
        BanditEntry decision = restored.Choose("new", Actions(3, 9));
        float expectedReward = Scored(bandit.ToModel(), label, Actions(3, 9)[0]);
        Assert.Equal(expectedReward, decision.Actions[0].ExpectedReward, 1e-4 * Math.Max(1, Math.Abs(expectedReward)));
    }

    [Fact]
    public async Task Operations_OfManyThreads_LearnEveryReward()
    {
        const int Threads = 8, Steps = 50;
        Bandit<Offer> bandit = _ml.MetaLearning().Bandit<Offer>(Fitted("Value"));
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < Steps; i++)
                bandit.Learn(bandit.Choose("shared", Actions(3, thread * Steps + i)), thread);
        })));
        MetaLearnerTransformer learner = bandit.ToModel() as MetaLearnerTransformer ?? ((IEnumerable<ITransformer>)bandit.ToModel()).OfType<MetaLearnerTransformer>().Single();
        Assert.Equal(Threads * Steps, learner.Task("shared")!.RowCount);
    }

    [Fact]
    public void Choose_SameSeed_IsTheSame()
    {
        ITransformer model = Fitted("Value");
        int[] Chosen(int seed)
        {
            Bandit<Offer> bandit = _ml.MetaLearning().Bandit<Offer>(model, new BanditOptions { Seed = seed });
            return [.. Enumerable.Range(0, 50).Select(i => bandit.Choose("new", Actions(5, i)).Chosen)];
        }

        Assert.Equal(Chosen(1), Chosen(1));
        Assert.NotEqual(Chosen(1), Chosen(2));
    }

    [Fact]
    public void Members_BadInput_AreErrorsAndChangeNothing()
    {
        ITransformer model = Fitted("Answer");
        Bandit<Offer> bandit = _ml.MetaLearning().Bandit<Offer>(model);
        Assert.Throws<ArgumentException>(() => bandit.Choose("new", []));
        Assert.Contains("action 0", Assert.Throws<InvalidOperationException>(() => bandit.Choose("new", [new Offer { Features = [1, 2, 3, 4, 5, float.NaN] }])).Message, StringComparison.Ordinal);
        BanditEntry entry = bandit.Choose("new", Actions(2, 1));
        Assert.Contains("must be 0 or 1", Assert.Throws<ArgumentException>(() => bandit.Learn(entry, 0.5f)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => bandit.Learn(entry with { Chosen = 2 }, 1));
        Assert.Throws<ArgumentException>(() => bandit.Learn(entry with { Actions = [entry.Actions[0] with { Features = [1] }], Chosen = 0 }, 1));
        Assert.DoesNotContain("new", bandit.TaskNames);
        foreach (BanditOptions options in new BanditOptions[] { new() { Draws = 0 }, new() { Draws = 10_001 }, new() { UniformShare = -0.1 }, new() { UniformShare = double.NaN }, new() { UpperBoundDeviations = -1 }, new() { Method = (BanditMethod)9 }, new() { Updates = new UpdateOptions { ForgettingFactor = 2 } } })
            Assert.ThrowsAny<ArgumentException>(() => _ml.MetaLearning().Bandit<Offer>(model, options));
        Assert.Contains("KeepStatistics", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Bandit<Offer>(Fitted("Value", keepsStatistics: false))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EvaluatePolicy_LoggedDecisions_EstimatesTheRewardOfThePolicy()
    {
        // Rewards are known: the third action has the reward 3 on average, the second 2, the first 1.
        var random = new Random(3);
        BanditOutcome[] log = [.. Enumerable.Range(0, 4000).Select(i =>
        {
            float[] probabilities = i % 2 == 0 ? [0.5f, 0.3f, 0.2f] : [0.2f, 0.2f, 0.6f];
            double u = random.NextDouble();
            int chosen = u < probabilities[0] ? 0 : u < probabilities[0] + probabilities[1] ? 1 : 2;
            BanditAction[] actions = [.. probabilities.Select((p, k) => new BanditAction { Features = [k], Probability = p, ExpectedReward = k + 1.5f })];
            return new BanditOutcome(new BanditEntry { Task = $"user {i % 40}", Actions = actions, Chosen = chosen }, (float)(chosen + 1 + NormalRandom.Next(random)));
        })];
        PolicyValue value = _ml.MetaLearning().EvaluatePolicy(log, _ => [0.1, 0.1, 0.8]);
        Assert.InRange(2.7, value.InversePropensity.Lower, value.InversePropensity.Upper);
        Assert.InRange(2.7, value.DoublyRobust.Lower, value.DoublyRobust.Upper);
        Assert.True(value.DoublyRobust.HalfWidth < value.InversePropensity.HalfWidth);
        Assert.Equal(log.Average(outcome => outcome.Reward), value.Logged.Mean, 1e-6);
        Assert.Equal(40, value.Logged.Count);
        Assert.InRange(value.EffectiveCount, 1000, 4000);
        Assert.Equal(0, value.UnsupportedShare);

        BanditOutcome certain = log[0] with { Entry = log[0].Entry with { Actions = [.. log[0].Entry.Actions.Select((action, k) => action with { Probability = k == log[0].Entry.Chosen ? 1 : 0 })] } };
        Assert.Equal(1 - 1.0 / 3, _ml.MetaLearning().EvaluatePolicy([certain], _ => [1 / 3.0, 1 / 3.0, 1 / 3.0]).UnsupportedShare, 1e-9);
        Assert.Throws<ArgumentException>(() => _ml.MetaLearning().EvaluatePolicy(log, _ => [0.5, 0.6, 0]));
        Assert.Throws<ArgumentException>(() => _ml.MetaLearning().EvaluatePolicy([], _ => [1]));
    }

    [Fact]
    public void EvaluatePolicy_OfAnotherBandit_TakesItsProbabilities()
    {
        ITransformer model = Fitted("Value");
        Bandit<Offer> logging = _ml.MetaLearning().Bandit<Offer>(model, new BanditOptions { UniformShare = 1 }), greedy = _ml.MetaLearning().Bandit<Offer>(model, new BanditOptions { Method = BanditMethod.UpperConfidenceBound, UpperBoundDeviations = 0 });
        BanditOutcome[] log = [.. Enumerable.Range(0, 300).Select(i => logging.Choose($"task{i % 10}", Actions(4, i))).Select(entry => new BanditOutcome(entry, entry.Actions[entry.Chosen].ExpectedReward))];
        PolicyValue value = _ml.MetaLearning().EvaluatePolicy(log, greedy.Probabilities);
        Assert.Equal(log.Average(outcome => outcome.Entry.Actions.Max(action => action.ExpectedReward)), value.DoublyRobust.Mean, 1e-3); // the rewards are those expected
    }

    private static Offer[] Actions(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => new Offer { Features = [.. Enumerable.Range(0, TaskRow.FeatureCount).Select(_ => 2 * random.NextSingle() - 1)] })];
    }

    private static double Value(Offer action, int index) => index < action.Features.Length ? action.Features[index] : 1;

    private float Scored(ITransformer model, string label, Offer action) =>
        model.Transform(_ml.Data.LoadFromEnumerable([new TaskRow { Task = "new", Features = action.Features }])).GetColumn<float>(label == "Answer" ? "Probability" : "Score").Single();

    private ITransformer Fitted(string label, bool keepsStatistics = true)
    {
        var options = new MetaLearnerOptions
        {
            LabelColumnName = label,
            TaskColumnName = "Task",
            Encoder = new IdentityEncoderOptions(),
            Adapter = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic, ValueLikelihood = label == "Count" ? ValueLikelihood.Poisson : ValueLikelihood.Gaussian, Fit = PriorFit.EmpiricalBayes },
            KeepStatistics = keepsStatistics,
        };
        IDataView rows = _ml.Data.LoadFromEnumerable(Some.Tasks(20, 20));
        return label == "Answer" ? _ml.BinaryClassification.Trainers.MetaLearner(options).Fit(rows) : _ml.Regression.Trainers.MetaLearner(options).Fit(rows);
    }

    private sealed class Offer
    {
        [VectorType(TaskRow.FeatureCount)]
        public float[] Features { get; set; } = [];
    }

    private sealed class CloseComparer : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => Math.Abs(x - y) < 1e-5;

        public int GetHashCode(float value) => 0;
    }
}
