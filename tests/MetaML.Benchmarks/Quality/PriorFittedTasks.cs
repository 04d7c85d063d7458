using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Spectre.Console;

namespace MetaML.Benchmarks.Quality;

/// <summary>Options that set nothing, the prior-fitted network as an adapter, and learners with a prior: new tasks with few rows, paired over draws.</summary>
/// <remarks>
/// Families are the schools of school, exam and hsb82, the people of computers, and generated tasks that are not linear. Half of the tasks with enough rows train the
/// model, or some of them, which is adapted to the others with few random rows of each, and evaluated on their other rows.
/// </remarks>
internal static class PriorFittedTasks
{
    private const int Draws = 10;

    private static readonly (string Name, Func<MetaLearnerOptions> Options)[] s_methods =
    [
        ("nothing set", () => new()),
        ("prior-fitted adapter", () => new() { Adapter = new PriorFittedAdapterOptions() }),
        ("linear", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() }),
        ("kernel", () => new() { Encoder = new KernelEncoderOptions(), Adapter = new BayesianAdapterOptions() }),
    ];

    /// <summary>Runs all families.</summary>
    /// <param name="folder">The root folder of the data. Data sets that are absent are left out with a message.</param>
    /// <param name="beginning">What the names of the families begin with.</param>
    /// <param name="draws">The number of draws; null for all.</param>
    /// <param name="most">The largest number of training tasks; null for all.</param>
    public static void Run(string folder, string beginning, int? draws, int? most)
    {
        var clock = Stopwatch.StartNew();
        var results = new List<object>();
        var table = new Spectre.Console.Table().Title("prior-fitted-tasks: RMSE on new tasks, and what nothing set loses to the others, paired over draws, ± standard error").AddColumns(["family", "rows", .. s_methods.Select(method => method.Name), .. s_methods.Skip(1).Select(method => $"nothing set − {method.Name}")]);
        foreach (Family family in Families(folder).Where(family => family.Name.StartsWith(beginning, StringComparison.Ordinal)))
        {
            var losses = family.Supports.ToDictionary(rows => rows, _ => new List<double[]>());
            for (int draw = 0; draw < (draws ?? Draws); draw++)
            {
                RegressionRow[][] tasks = Computers.Draw(family.Tasks, draw);
                var ml = new MLContext(seed: draw);
                RegressionRow[][] known = tasks[..Math.Min(most ?? tasks.Length, tasks.Length / 2)], unseen = tasks[(tasks.Length / 2)..];
                ITransformer[] models = Array.ConvertAll(s_methods, method => (ITransformer)ml.Regression.Trainers.MetaLearner(method.Options()).Fit(Methods.View(ml, [.. known.SelectMany(task => task)])));
                foreach (int rows in family.Supports)
                {
                    RegressionRow[] support = [.. unseen.SelectMany(task => task[..rows])], query = [.. unseen.SelectMany(task => task[rows..])];
                    losses[rows].Add(Array.ConvertAll(models, model => Methods.RootMeanSquaredError(query, Methods.Scores(ml.MetaLearning().Adapt(model, Methods.View(ml, support)), ml, query))));
                }
            }

            foreach (var (rows, own) in losses)
            {
                double[] means = [.. s_methods.Select((_, method) => own.Average(draw => draw[method]))];
                MeanInterval[] differences = [.. s_methods.Skip(1).Select((_, other) => MeanInterval.Of(own.Select(draw => draw[0] - draw[other + 1])))];
                table.AddRow([family.Name, $"{rows}", .. means.Select(Text), .. differences.Select(difference => $"{Text(difference.Mean)} ± {Text(difference.StandardError)}")]);
                results.Add(new
                {
                    family = family.Name,
                    rows,
                    rmse = s_methods.Zip(means).ToDictionary(pair => pair.First.Name, pair => Math.Round(pair.Second, 6)),
                    behind = s_methods.Skip(1).Zip(differences).ToDictionary(pair => pair.First.Name, pair => new[] { Math.Round(pair.Second.Mean, 6), Math.Round(pair.Second.StandardError, 6) }),
                });
            }
        }

        AnsiConsole.Write(table);
        Result.Print(new { quality = "prior-fitted-tasks", rows = results, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }

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

        yield return new Family("products", Defaults.Generated(Defaults.Product, features: 5, rows: 40, seed: 1), [5, 10, 20]);
        yield return new Family("torques", Defaults.Generated(Defaults.Torque, features: 6, rows: 60, seed: 1), [5, 10, 20]);
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
