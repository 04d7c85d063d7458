using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;

namespace MetaML.Benchmarks.Quality;

/// <summary>The gains of a related prior, and of weighting training tasks by their relatedness to target tasks. Differences are paired by draw.</summary>
/// <remarks>
/// <para>Related prior: people who rated computers (100 for training, 90 new), schools (100 and 39), and generated linear tasks in
/// five groups or in one group. The model is adapted to a new task with k random rows and evaluated on its other rows.</para>
/// <para>Weighting: generated tasks in four groups, an embedding of length two, and target tasks from one group. Uniform weights
/// are compared with weights by relatedness, on new tasks of this group.</para>
/// <para>Ten draws each. No choice depends on new tasks.</para>
/// </remarks>
internal static class Relatedness
{
    private const int Draws = 10, GeneratedFeatures = 6, RowsPerGeneratedTask = 40;

    public static void Run(string root)
    {
        var clock = Stopwatch.StartNew();
        var table = new Table("relatedness", "RMSE");
        RegressionRow[][] computers = Read(Path.Combine(root, "computers", "computers.csv"), label: 2, features: 3..), schools = Read(Path.Combine(root, "school", "school.csv"), label: 1, features: 2..30);
        MetaLearnerOptions Bayesian() => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() };
        ComparePriors(table, "Bayesian", "computers", Bayesian, _ => computers, training: 100, [4, 8, 16]);
        ComparePriors(table, "Bayesian", "school", Bayesian, _ => schools, training: 100, [4, 16]);
        ComparePriors(table, "Bayesian", "five groups", Bayesian, draw => Generate(100, groups: 5, within: 0.1, draw), training: 60, [4, 16]);
        ComparePriors(table, "Bayesian", "one group", Bayesian, draw => Generate(100, groups: 1, within: 0.5, draw), training: 60, [4, 16]);
        ComparePriors(table, "MLP + ridge", "computers", () => new() { Encoder = new MlpEncoderOptions(), Adapter = new RidgeAdapterOptions() }, _ => computers, training: 100, [4, 8, 16]);
        CompareWeights(table);
        table.Print(clock.Elapsed.TotalSeconds);
    }

    private static void ComparePriors(Table table, string method, string data, Func<MetaLearnerOptions> options, Func<int, RegressionRow[][]> tasksOf, int training, int[] supports)
    {
        var plain = supports.ToDictionary(k => k, _ => new List<double>());
        var related = supports.ToDictionary(k => k, _ => new List<double>());
        int used = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            var ml = new MLContext(seed: draw);
            var random = new Random(draw);
            RegressionRow[][] tasks = [.. tasksOf(draw).Select(task => (RegressionRow[])task.Clone())];
            random.Shuffle(tasks);
            foreach (RegressionRow[] task in tasks)
                random.Shuffle(task);

            IDataView trainingRows = Methods.View(ml, [.. tasks[..training].SelectMany(task => task)]);
            ITransformer model = ml.Regression.Trainers.MetaLearner(options()).Fit(trainingRows);
            var adaptation = new AdaptationOptions { RelatedPrior = ml.MetaLearning().RelatedPrior(model, trainingRows) };
            used += adaptation.RelatedPrior.IsUsed ? 1 : 0;
            foreach (int k in supports)
            {
                RegressionRow[] support = [.. tasks[training..].SelectMany(task => task[..k])], query = [.. tasks[training..].SelectMany(task => task[k..])];
                IDataView rows = Methods.View(ml, support);
                plain[k].Add(Methods.RootMeanSquaredError(query, Methods.Scores(ml.MetaLearning().Adapt(model, rows), ml, query)));
                related[k].Add(Methods.RootMeanSquaredError(query, Methods.Scores(ml.MetaLearning().Adapt(model, rows, adaptation), ml, query)));
            }
        }

        foreach (int k in supports)
            AddPair(table, $"{data}, {k} rows, {method} (used in {used} of {Draws})", plain[k], related[k]);
    }

    private static void CompareWeights(Table table)
    {
        List<double> uniform = [], related = [];
        for (int draw = 0; draw < Draws; draw++)
        {
            RegressionRow[][] tasks = Generate(40, groups: 4, within: 0.2, draw), newTasks = [.. Generate(80, groups: 4, within: 0.2, Draws + draw).Where((_, t) => t % 4 == 0)];
            string[] targets = [.. tasks.Where((_, t) => t % 4 == 0).Take(5).Select(task => task[0].Task)];
            foreach (var (errors, weighting) in new (List<double>, TaskWeightingOptions)[] { (uniform, new UniformWeightingOptions()), (related, new RelatednessWeightingOptions { TargetTasks = targets }) })
            {
                var ml = new MLContext(seed: draw);
                var options = new MetaLearnerOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [], EmbeddingDimension = 2 }, TaskWeighting = weighting };
                ITransformer model = ml.Regression.Trainers.MetaLearner(options).Fit(Methods.View(ml, [.. tasks.SelectMany(task => task)]));
                ITransformer adapted = ml.MetaLearning().Adapt(model, Methods.View(ml, [.. newTasks.SelectMany(task => task[..4])]));
                RegressionRow[] query = [.. newTasks.SelectMany(task => task[4..])];
                errors.Add(Methods.RootMeanSquaredError(query, Methods.Scores(adapted, ml, query)));
            }
        }

        AddPair(table, "weights by relatedness to one of four groups, 4 rows", uniform, related);
    }

    private static void AddPair(Table table, string name, List<double> plain, List<double> related)
    {
        table.Add(name, "without", plain);
        table.Add(name, "with", related);
        table.Add(name, "difference, paired", related.Zip(plain, (with, without) => with - without));
    }

    // Linear tasks with six features and noise. The weights of a task are near the centre of its group. The features are standard normal.
    private static RegressionRow[][] Generate(int tasks, int groups, double within, int seed)
    {
        var random = new Random(seed);
        var shared = new Random(7);
        float[] Normal(Random source, double deviation) =>
            [.. Enumerable.Range(0, GeneratedFeatures).Select(_ => (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - source.NextDouble())) * Math.Cos(2 * Math.PI * source.NextDouble())))];
        float[][] centres = [.. Enumerable.Range(0, groups).Select(_ => Normal(shared, 1))];
        return [.. Enumerable.Range(0, tasks).Select(t =>
        {
            float[] deviations = Normal(random, within);
            return Enumerable.Range(0, RowsPerGeneratedTask).Select(_ =>
            {
                float[] x = Normal(random, 1);
                float value = Enumerable.Range(0, x.Length).Sum(i => x[i] * (centres[t % groups][i] + deviations[i])) + Normal(random, 0.3)[0];
                return new RegressionRow { Task = $"task{t}", Features = x, Label = value };
            }).ToArray();
        })];
    }

    private static RegressionRow[][] Read(string path, int label, Range features) => [.. File.ReadLines(path).Skip(1).Select(line => line.Split(','))
        .Select(fields => new RegressionRow
        {
            Task = fields[0],
            Label = float.Parse(fields[label], CultureInfo.InvariantCulture),
            Features = [.. fields[features].Select(field => float.Parse(field, CultureInfo.InvariantCulture))],
        })
        .GroupBy(row => row.Task).Select(task => task.ToArray())];
}
