using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;

namespace MetaML.Benchmarks.Quality;

/// <summary>Ratings of 20 computer profiles by each of 190 people. Each person is a task.</summary>
/// <remarks>
/// (a) All ratings of 100 people are training data. The model is adapted to the other 90 people with k random ratings of each,
/// and evaluated on their other ratings. (b) Only k random ratings of each of the 190 people are known. Ten draws of people and
/// ratings.
/// </remarks>
internal static class Computers
{
    private const int Draws = 10, TrainingPeople = 100;

    private static readonly int[] s_ratings = [4, 8, 16];

    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        RegressionRow[][] people = Read(folder);

        var table = new Table("computers", "RMSE");
        foreach (var (name, options) in Methods.MetaLearners)
        {
            var unseen = s_ratings.ToDictionary(k => k, _ => new List<double>());
            var known = s_ratings.ToDictionary(k => k, _ => new List<double>());
            for (int draw = 0; draw < Draws; draw++)
            {
                var ml = new MLContext(seed: draw);
                RegressionRow[][] drawn = Draw(people, draw);
                ITransformer model = ml.Regression.Trainers.MetaLearner(options()).Fit(Methods.View(ml, [.. drawn[..TrainingPeople].SelectMany(person => person)]));
                foreach (int k in s_ratings)
                {
                    RegressionRow[] support = [.. drawn[TrainingPeople..].SelectMany(person => person[..k])], query = [.. drawn[TrainingPeople..].SelectMany(person => person[k..])];
                    ITransformer adapted = ml.MetaLearning().Adapt(model, Methods.View(ml, support));
                    unseen[k].Add(Methods.RootMeanSquaredError(query, Methods.Scores(adapted, ml, query)));

                    RegressionRow[] few = [.. drawn.SelectMany(person => person[..k])], rest = [.. drawn.SelectMany(person => person[k..])];
                    ITransformer fitted = ml.Regression.Trainers.MetaLearner(options()).Fit(Methods.View(ml, few));
                    known[k].Add(Methods.RootMeanSquaredError(rest, Methods.Scores(fitted, ml, rest)));
                }
            }

            foreach (int k in s_ratings)
                table.Add(name, $"(a) {k} ratings", unseen[k]);
            foreach (int k in s_ratings)
                table.Add(name, $"(b) {k} ratings", known[k]);
        }

        table.Print(clock.Elapsed.TotalSeconds);
    }

    /// <summary>The people, and the ratings of each, in random order.</summary>
    /// <param name="people">The ratings of each person.</param>
    /// <param name="draw">The number of the draw.</param>
    public static RegressionRow[][] Draw(RegressionRow[][] people, int draw)
    {
        var random = new Random(draw);
        RegressionRow[][] drawn = [.. people.Select(person => (RegressionRow[])person.Clone())];
        random.Shuffle(drawn);
        foreach (RegressionRow[] person in drawn)
            random.Shuffle(person);
        return drawn;
    }

    /// <summary>The ratings of each person.</summary>
    /// <param name="folder">The folder of computers.csv.</param>
    public static RegressionRow[][] Read(string folder) =>
        [.. File.ReadLines(Path.Combine(folder, "computers.csv")).Skip(1).Select(line => line.Split(','))
            .Select(fields => new RegressionRow
            {
                Task = fields[0],
                Label = float.Parse(fields[2], CultureInfo.InvariantCulture),
                Features = [.. fields[3..].Select(field => float.Parse(field, CultureInfo.InvariantCulture))],
            })
            .GroupBy(row => row.Task).Select(person => person.ToArray())];
}
