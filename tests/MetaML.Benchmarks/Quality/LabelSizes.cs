using System.Diagnostics;
using Microsoft.ML;

namespace MetaML.Benchmarks.Quality;

/// <summary>The ratings of <see cref="Computers"/> (a), multiplied by a factor of each person from 0.01 to 100. Errors are divided by the factor of their person.</summary>
/// <remarks>The ratings without factors are the best that can be reached.</remarks>
internal static class LabelSizes
{
    private const int Draws = 10, TrainingPeople = 100;

    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        RegressionRow[][] people = Computers.Read(folder);
        var table = new Table("label-sizes", "RMSE");
        Evaluate(table, people, "nothing set", new(), hasFactors: true);
        Evaluate(table, people, "one scale: ScaleLabelsByTask = false", new() { ScaleLabelsByTask = false }, hasFactors: true);
        Evaluate(table, people, "nothing set, ratings without factors", new(), hasFactors: false);
        table.Print(clock.Elapsed.TotalSeconds);
    }

    private static void Evaluate(Table table, RegressionRow[][] people, string method, MetaLearnerOptions options, bool hasFactors)
    {
        var errors = new[] { 4, 8, 16 }.ToDictionary(ratings => ratings, _ => new List<double>());
        for (int draw = 0; draw < Draws; draw++)
        {
            var ml = new MLContext(seed: draw);
            var random = new Random(draw);
            RegressionRow[][] drawn = Computers.Draw(people, draw);
            Dictionary<string, double> factors = drawn.ToDictionary(person => person[0].Task, _ => hasFactors ? Math.Pow(10, 4 * random.NextDouble() - 2) : 1);
            drawn = Array.ConvertAll(drawn, person => Array.ConvertAll(person, row => new RegressionRow { Task = row.Task, Features = row.Features, Label = (float)(row.Label * factors[row.Task]) }));

            ITransformer model = ml.Regression.Trainers.MetaLearner(options with { LabelColumnName = nameof(RegressionRow.Label), TaskColumnName = nameof(RegressionRow.Task) }).Fit(Methods.View(ml, [.. drawn[..TrainingPeople].SelectMany(person => person)]));
            foreach (var (ratings, all) in errors)
            {
                RegressionRow[] support = [.. drawn[TrainingPeople..].SelectMany(person => person[..ratings])], query = [.. drawn[TrainingPeople..].SelectMany(person => person[ratings..])];
                float[] scores = Methods.Scores(ml.MetaLearning().Adapt(model, Methods.View(ml, support)), ml, query);
                all.Add(Math.Sqrt(query.Zip(scores, (row, score) => Math.Pow((row.Label - score) / factors[row.Task], 2)).Average()));
            }
        }

        foreach (var (ratings, all) in errors)
            table.Add(method, $"{ratings} ratings", all);
    }
}
