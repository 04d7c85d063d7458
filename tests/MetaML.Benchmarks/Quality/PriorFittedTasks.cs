using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Spectre.Console;

namespace MetaML.Benchmarks.Quality;

/// <summary>The prior-fitted network as an adapter, compared with options that set nothing: new tasks with few rows, paired over draws.</summary>
/// <remarks>
/// Families are the schools of school, exam and hsb82, and the people of computers. Half of the tasks with enough rows train the model, which is
/// adapted to the others with few random rows of each, and evaluated on their other rows.
/// </remarks>
internal static class PriorFittedTasks
{
    private const int Draws = 10;

    /// <summary>Runs all families.</summary>
    /// <param name="folder">The root folder of the data. Data sets that are absent are left out with a message.</param>
    /// <param name="beginning">What the names of the families begin with.</param>
    /// <param name="draws">The number of draws; null for all.</param>
    /// <param name="most">The largest number of training tasks; null for all.</param>
    public static void Run(string folder, string beginning, int? draws, int? most)
    {
        var clock = Stopwatch.StartNew();
        var results = new List<object>();
        var table = new Spectre.Console.Table().Title("prior-fitted-tasks: RMSE on new tasks; gain of the adapter, paired over draws, ± standard error").AddColumns(["family", "rows", "nothing set", "prior-fitted adapter", "gain"]);
        foreach (Family family in Families(folder).Where(family => family.Name.StartsWith(beginning, StringComparison.Ordinal)))
        {
            var losses = family.Supports.ToDictionary(rows => rows, _ => new List<(double Default, double Adapter)>());
            for (int draw = 0; draw < (draws ?? Draws); draw++)
            {
                RegressionRow[][] tasks = Computers.Draw(family.Tasks, draw);
                var ml = new MLContext(seed: draw);
                RegressionRow[][] known = tasks[..Math.Min(most ?? tasks.Length, tasks.Length / 2)], unseen = tasks[(tasks.Length / 2)..];
                ITransformer Fit(MetaLearnerOptions options) => ml.Regression.Trainers.MetaLearner(options).Fit(Methods.View(ml, [.. known.SelectMany(task => task)]));
                ITransformer byDefault = Fit(Default(known.Length)), byAdapter = Fit(new MetaLearnerOptions { Adapter = new PriorFittedAdapterOptions() });
                foreach (int rows in family.Supports)
                {
                    double Loss(ITransformer model)
                    {
                        RegressionRow[] query = [.. unseen.SelectMany(task => task[rows..])];
                        return Methods.RootMeanSquaredError(query, Methods.Scores(ml.MetaLearning().Adapt(model, Methods.View(ml, [.. unseen.SelectMany(task => task[..rows])])), ml, query));
                    }

                    losses[rows].Add((Loss(byDefault), Loss(byAdapter)));
                }
            }

            foreach (var (rows, pairs) in losses)
            {
                MeanInterval gains = MeanInterval.Of(pairs.Select(pair => pair.Default - pair.Adapter));
                double gain = gains.Mean, error = gains.StandardError;
                double nothing = pairs.Average(pair => pair.Default), adapter = pairs.Average(pair => pair.Adapter);
                table.AddRow(family.Name, $"{rows}", Text(nothing), Text(adapter), $"{Text(gain)} ± {Text(error)}");
                results.Add(new { family = family.Name, rows, nothing = Math.Round(nothing, 6), adapter = Math.Round(adapter, 6), gain = Math.Round(gain, 6), error = Math.Round(error, 6) });
            }
        }

        AnsiConsole.Write(table);
        Result.Print(new { quality = "prior-fitted-tasks", rows = results, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }

    // What is chosen if nothing is set. With one to four tasks it would be the adapter, so that the linear learner takes its place.
    private static MetaLearnerOptions Default(int tasks) => tasks > 4 ? new() : new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() };

    private static string Text(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    private static IEnumerable<Family> Families(string folder)
    {
        foreach (var (name, read) in new (string, Func<string, RegressionRow[][]>)[] { ("school", Pupils), ("computers", Computers.Read), ("exam", Exam), ("hsb82", MathAchievement) })
        {
            string data = Path.Combine(folder, name is "exam" or "hsb82" ? "mixed" : name);
            int[] supports = name == "computers" ? [5, 10, 15] : [5, 10, 20];
            if (Directory.Exists(data))
                yield return new Family(name, [.. read(data).Where(task => task.Length >= supports[^1] + 5)], supports);
            else
                Console.WriteLine($"prior-fitted-tasks: '{name}' is left out, because its folder does not exist.");
        }
    }

    private static RegressionRow[][] Pupils(string folder) => [.. School.Read(folder).Select(pupil => pupil.Row).GroupBy(row => row.Task).Select(school => school.ToArray())];

    private static RegressionRow[][] Exam(string folder) => Read(Path.Combine(folder, "exam.csv"), fields =>
        (Number(fields[1]), [Number(fields[2]), Number(fields[3]), fields[4] == "boys" ? 1 : 0, fields[4] == "girls" ? 1 : 0, fields[5] == "F" ? 1 : 0]));

    private static RegressionRow[][] MathAchievement(string folder) => Read(Path.Combine(folder, "hsb82.csv"), fields =>
        (Number(fields[1]), [Number(fields[2]), Number(fields[3]), fields[4] == "Public" ? 1 : 0]));

    private static RegressionRow[][] Read(string path, Func<string[], (float Label, float[] Features)> rowOf) =>
        [.. File.ReadLines(path).Skip(1).Select(line => line.Replace("\"", "", StringComparison.Ordinal).Split(',')).Select(fields =>
        {
            var (label, features) = rowOf(fields);
            return new RegressionRow { Task = fields[0], Label = label, Features = features };
        }).GroupBy(row => row.Task).Select(task => task.ToArray())];

    private static float Number(string text) => float.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Family(string Name, RegressionRow[][] Tasks, int[] Supports);
}
