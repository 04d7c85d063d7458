using System.Diagnostics;
using System.Globalization;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;

namespace MetaML.Benchmarks.Quality;

/// <summary>Options that set nothing, compared with each single learner, paired over draws.</summary>
/// <remarks>The data are real (school, computers) and generated: waves, products of features that differ between tasks, and rare positives. Each setting has known tasks, or new tasks with few rows.</remarks>
internal static class Defaults
{
    private const string Nothing = "nothing set";
    private const int Draws = 10;

    private static readonly (string Name, Func<MetaLearnerOptions> Options)[] s_values =
    [
        (Nothing, () => new()),
        ("identity + Bayesian", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() }),
        ("identity + ridge", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions() }),
        ("linear path + Bayesian", () => new() { Encoder = new MlpEncoderOptions { LinearPath = true }, Adapter = new BayesianAdapterOptions() }),
        ("MLP + Bayesian", () => new() { Encoder = new MlpEncoderOptions(), Adapter = new BayesianAdapterOptions() }),
        ("kernel + Bayesian", () => new() { Encoder = new KernelEncoderOptions(), Adapter = new BayesianAdapterOptions() }),
    ];

    private static readonly (string Name, Func<MetaLearnerOptions> Options)[] s_classes =
    [
        (Nothing, () => new()),
        ("identity + Bayesian, logistic", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic } }),
        ("identity + Bayesian", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() }),
        ("identity + ridge", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions() }),
        ("linear path + ridge", () => new() { Encoder = new MlpEncoderOptions { LinearPath = true }, Adapter = new RidgeAdapterOptions() }),
        ("MLP + ridge", () => new() { Encoder = new MlpEncoderOptions(), Adapter = new RidgeAdapterOptions() }),
    ];

    /// <summary>Runs all settings.</summary>
    /// <param name="folder">The root folder of the data. Data sets that are absent are left out with a message.</param>
    /// <param name="beginning">What the names of the settings begin with.</param>
    public static void Run(string folder, string beginning)
    {
        var clock = Stopwatch.StartNew();
        var comparisons = new List<object>();
        var table = new Spectre.Console.Table().Title("default: loss, and how far nothing set is behind the best single learner (paired over draws, ± standard error)").AddColumns(["setting", Nothing, "best single learner", "behind", "seconds"]);
        foreach (Setting setting in Settings(folder).Where(setting => setting.Name.StartsWith(beginning, StringComparison.Ordinal)))
        {
            var losses = new Dictionary<string, double[]>();
            double seconds = 0;
            foreach (var (name, options) in setting.IsOfClasses ? s_classes : s_values)
            {
                var time = Stopwatch.StartNew();
                losses[name] = [.. Enumerable.Range(0, Draws).Select(draw => setting.Loss(options(), draw))];
                seconds = name == Nothing ? time.Elapsed.TotalSeconds : seconds;
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{setting.Name}, {name}: {losses[name].Average():F4} {time.Elapsed.TotalSeconds:F0} s"));
            }

            var (best, bestLosses) = losses.Where(pair => pair.Key != Nothing).MinBy(pair => pair.Value.Average());
            MeanInterval differences = MeanInterval.Of(losses[Nothing].Zip(bestLosses, (own, other) => own - other));
            double behind = differences.Mean, error = differences.StandardError;
            table.AddRow(Markup.Escape(setting.Name), Text(losses[Nothing].Average()), $"{Text(bestLosses.Average())} ({best})", $"{Text(behind)} ± {Text(error)}", Text(seconds));
            comparisons.Add(new { setting = setting.Name, best, nothing = Math.Round(losses[Nothing].Average(), 6), single = Math.Round(bestLosses.Average(), 6), behind = Math.Round(behind, 6), error = Math.Round(error, 6), isBehind = behind > error, losses = losses.ToDictionary(pair => pair.Key, pair => Math.Round(pair.Value.Average(), 6)) });
        }

        AnsiConsole.Write(table);
        Result.Print(new { quality = "default", rows = comparisons, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }

    private static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    private static IEnumerable<Setting> Settings(string folder)
    {
        foreach (Setting setting in OfSchool(Path.Combine(folder, "school")).Concat(OfComputers(Path.Combine(folder, "computers"))))
            yield return setting;
        yield return New("waves", (slope, x) => 3 * (slope[0] + 0.5) * Math.Sin(2 * x[0] + Math.PI * slope[1]), features: 1, rows: 40, support: 10);
        yield return New("products", Product, features: 5, rows: 40, support: 10);
        yield return New("outliers", (slope, x) => (1 + slope[0]) * x[0] + slope[1] * x[1] + slope[2], features: 6, rows: 30, support: 8, outliers: true);
        foreach (int support in new[] { 10, 30 })
            yield return New("torques", Torque, features: 6, rows: 60, support: support);
        yield return New("surfaces", (slope, x) => (3 + slope[0]) * Math.Sin(Math.PI * Share(x[0]) * Share(x[1])) + (6 + slope[1]) * Math.Pow(Share(x[2]) - 0.5, 2) + (3 + slope[2]) * Share(x[3]) + 1.5 * Share(x[4]), features: 10, rows: 40, support: 10);
        foreach (int rows in new[] { 20, 80 })
            yield return Rare($"rare positives, {rows} rows", rows);
    }

    private static IEnumerable<Setting> OfSchool(string folder)
    {
        if (!IsThere(folder))
            yield break;
        (RegressionRow Row, bool[] IsTest)[] pupils = School.Read(folder);
        yield return new Setting("school, known tasks", false, (options, draw) =>
        {
            var ml = new MLContext(seed: draw);
            RegressionRow[] test = [.. pupils.Where(pupil => pupil.IsTest[draw]).Select(pupil => pupil.Row)];
            return Methods.RootMeanSquaredError(test, Methods.Scores(Fit(ml, options, pupils.Where(pupil => !pupil.IsTest[draw]).Select(pupil => pupil.Row)), ml, test));
        });
    }

    private static IEnumerable<Setting> OfComputers(string folder)
    {
        if (!IsThere(folder))
            yield break;
        RegressionRow[][] people = Computers.Read(folder);
        RegressionRow[][] Drawn(int draw) => Computers.Draw(people, draw);
        foreach (int k in new[] { 4, 16 })
        {
            yield return new Setting($"computers, new people with {k} ratings", false, (options, draw) => OfNewTasks(options, draw, Drawn(draw)[..100], Drawn(draw)[100..], k));
            yield return new Setting($"computers, known people with {k} ratings", false, (options, draw) =>
            {
                var ml = new MLContext(seed: draw);
                RegressionRow[] rest = [.. Drawn(draw).SelectMany(person => person[k..])];
                return Methods.RootMeanSquaredError(rest, Methods.Scores(Fit(ml, options, Drawn(draw).SelectMany(person => person[..k])), ml, rest));
            });
        }
    }

    // Fifty training tasks and fifty new ones.
    private static Setting New(string name, Func<double[], double[], double> value, int features, int rows, int support, bool outliers = false) => new($"{name}, new tasks with {support} rows", false, (options, draw) =>
    {
        RegressionRow[][] tasks = Generated(value, features, rows, draw, outliers);
        return OfNewTasks(options, draw, tasks[..50], tasks[50..], support);
    });

    /// <summary>A hundred tasks. The three slopes of a task are standard normal, and so are features; noise is 0.3 of that.</summary>
    /// <param name="value">The value of a row, from the slopes of its task and its features.</param>
    /// <param name="features">Number of features.</param>
    /// <param name="rows">Rows of each task.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="outliers">Whether a tenth of the noise is ten times as large.</param>
    public static RegressionRow[][] Generated(Func<double[], double[], double> value, int features, int rows, int seed, bool outliers = false)
    {
        var random = new Random(seed);
        double Normal() => NormalDraw.Next(random);
        return [.. Enumerable.Range(0, 100).Select(task =>
        {
            double[] slope = [Normal(), Normal(), Normal()];
            return Enumerable.Range(0, rows).Select(_ =>
            {
                double[] x = [.. Enumerable.Range(0, features).Select(_ => Normal())];
                double noise = 0.3 * Normal() * (outliers && random.NextDouble() < 0.1 ? 10 : 1);
                return new RegressionRow { Task = $"task{task}", Features = Array.ConvertAll(x, each => (float)each), Label = (float)(value(slope, x) + noise) };
            }).ToArray();
        })];
    }

    private static Setting Rare(string name, int rows) => new(name, true, (options, draw) =>
    {
        var world = new RareClasses(0.06, draw);
        RareRow[] test = world.Rows("known", 40, 200, 2);
        var ml = new MLContext(seed: draw);
        ITransformer model = ml.BinaryClassification.Trainers.MetaLearner(options).Fit(ml.Data.LoadFromEnumerable(world.Rows("known", 40, rows, 1)));
        return test.Zip(model.Transform(ml.Data.LoadFromEnumerable(test)).GetColumn<float>("Probability"), (row, predicted) =>
        {
            double p = Math.Clamp((double)predicted, 1e-7, 1 - 1e-7);
            return -row.Probability * Math.Log(p) - (1 - row.Probability) * Math.Log(1 - p);
        }).Average();
    });

    private static double OfNewTasks(MetaLearnerOptions options, int draw, RegressionRow[][] training, RegressionRow[][] tasks, int support)
    {
        var ml = new MLContext(seed: draw);
        ITransformer adapted = ml.MetaLearning().Adapt(Fit(ml, options, training.SelectMany(task => task)), Methods.View(ml, [.. tasks.SelectMany(task => task[..support])]));
        RegressionRow[] query = [.. tasks.SelectMany(task => task[support..])];
        return Methods.RootMeanSquaredError(query, Methods.Scores(adapted, ml, query));
    }

    private static ITransformer Fit(MLContext ml, MetaLearnerOptions options, IEnumerable<RegressionRow> rows) => ml.Regression.Trainers.MetaLearner(options).Fit(Methods.View(ml, [.. rows]));

    /// <summary>A value that depends on a product of features.</summary>
    public static double Product(double[] slope, double[] x) => x[0] * (1 + slope[0]) + x[1] * x[2] * (1 + slope[1]) + 0.5 * slope[2] * x[3];

    /// <summary>Torque at the shoulder of an arm with two links of length 1: x has two angles, their velocities, and their accelerations; arms differ in their two masses and in the friction.</summary>
    public static double Torque(double[] slope, double[] x)
    {
        double first = Math.Exp(0.3 * slope[0]), second = Math.Exp(0.3 * slope[1]), cosine = Math.Cos(x[1]);
        return (first / 3 + second * (4.0 / 3 + cosine)) * x[4] + second * (1.0 / 3 + cosine / 2) * x[5] - second * Math.Sin(x[1]) * x[3] * (x[2] + x[3] / 2)
            + 9.81 * ((first / 2 + second) * Math.Cos(x[0]) + second / 2 * Math.Cos(x[0] + x[1])) + (1 + 0.3 * slope[2]) * x[2];
    }

    // A standard normal value as a share of values below it: Friedman's surface (Multivariate adaptive regression splines, 1991) is defined on uniform features.
    private static double Share(double x) => 1 / (1 + Math.Exp(-1.702 * x));

    private static bool IsThere(string folder)
    {
        if (!Directory.Exists(folder))
            Console.WriteLine($"default: '{Path.GetFileName(folder)}' is left out, because its folder does not exist.");
        return Directory.Exists(folder);
    }

    private sealed record Setting(string Name, bool IsOfClasses, Func<MetaLearnerOptions, int, double> Loss);
}
