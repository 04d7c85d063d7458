using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Speed;

/// <summary>The time of a decision of a bandit, and of learning its reward.</summary>
internal static class Decisions
{
    private const int FeatureCount = 16, ActionCount = 10, Tasks = 100, RowsPerTask = 50, Count = 20_000;

    public static void Run()
    {
        var race = new Race("decide", "µs", isHigherBetter: false);
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        float[] Features() => [.. Enumerable.Range(0, FeatureCount).Select(_ => 2 * random.NextSingle() - 1)];
        Row[] rows = [.. Enumerable.Range(0, Tasks * RowsPerTask).Select(i => Features() is var x ? new Row { Task = $"task {i % Tasks}", Features = x, Label = x.Sum() + x[i % FeatureCount] + random.NextSingle() } : null!)];
        Action[][] situations = [.. Enumerable.Range(0, Count).Select(_ => Enumerable.Range(0, ActionCount).Select(_ => new Action { Features = Features() }).ToArray())];
        ITransformer model = ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), KeepStatistics = true }).Fit(ml.Data.LoadFromEnumerable(rows));
        Contender Choose(string name, BanditOptions options)
        {
            Bandit<Action> bandit = ml.MetaLearning().Bandit<Action>(model, options);
            int i = 0;
            return new(name, () => LiveUpdate.Microseconds(situations, actions => bandit.Choose($"task {i++ % Tasks}", actions)));
        }

        Bandit<Action> learning = ml.MetaLearning().Bandit<Action>(model);
        BanditEntry[] entries = [.. situations.Select((actions, i) => learning.Choose($"task {i % Tasks}", actions))];
        race.Run(
            $"{ActionCount} actions, {FeatureCount} features",
            Choose("Choose, Thompson sampling, 32 draws", new()),
            Choose("Choose, Thompson sampling, 1 draw", new() { Draws = 1 }),
            Choose("Choose, upper bounds", new() { Method = BanditMethod.UpperConfidenceBound }),
            new("Learn", () => LiveUpdate.Microseconds(entries, entry => learning.Learn(entry, 1))));
        race.Print();
    }

    private sealed class Action
    {
        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Row
    {
        public string Task { get; set; } = "";

        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
