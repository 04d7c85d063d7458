using System.Diagnostics;
using System.Globalization;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;

namespace MetaML.Benchmarks.Quality;

/// <summary>Probabilities of rare classes: a hundred tasks of generated rows with 1 to 10 % positives. Each adapter is compared with the true probabilities, and with one logistic regression on all rows.</summary>
/// <remarks>
/// Known tasks are evaluated on further rows; new tasks without rows (unknown), and after adaptation on twenty rows (adapted). The expectation
/// of the log-loss is by the true probabilities, so that labels of evaluation rows add no noise.
/// </remarks>
internal static class Calibration
{
    private const int TrainingTasks = 100, TrainingRows = 200, NewTasks = 200, SupportRows = 20, QueryRows = 200, Deciles = 10;

    private static readonly double[] s_rates = [0.01, 0.02, 0.05, 0.1];

    /// <summary>The learners.</summary>
    public static IReadOnlyList<(string Name, Func<MetaLearnerOptions> Options)> Learners { get; } =
    [
        ("nothing set", () => new()),
        ("ridge", () => new() { Adapter = new RidgeAdapterOptions() }),
        ("linear + ridge", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions() }),
        ("logistic", () => new() { Adapter = new LogisticAdapterOptions() }),
        ("linear + logistic", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new LogisticAdapterOptions() }),
        ("Bayesian", () => new() { Adapter = new BayesianAdapterOptions() }),
        ("linear + Bayesian", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() }),
        ("linear + Bayesian, logistic", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic } }),
        ("ANIL", () => new() { Adapter = new GradientAdapterOptions() }),
        ("MAML", () => new() { Adapter = new GradientAdapterOptions { Scope = GradientScope.All } }),
        ("CAVIA", () => new() { Adapter = new GradientAdapterOptions { Scope = GradientScope.Context } }),
        ("FiLM", () => new() { Encoder = new MlpEncoderOptions { LayerNormalization = true }, Adapter = new GradientAdapterOptions { Scope = GradientScope.Film } }),
        ("prototypes", () => new() { Adapter = new PrototypeAdapterOptions() }),
    ];

    public static void Run(string beginning)
    {
        var clock = Stopwatch.StartNew();
        var results = new List<Reliability>();
        foreach (double rate in s_rates)
        {
            var world = new RareClasses(rate, seed: 1);
            RareRow[] training = world.Rows("known", TrainingTasks, TrainingRows, 1), support = world.Rows("new", NewTasks, SupportRows, 2);
            (string Kind, RareRow[] Rows)[] evaluated = [("known", world.Rows("known", TrainingTasks, QueryRows, 3)), ("adapted", world.Rows("new", NewTasks, QueryRows, 4)), ("unknown", world.Rows("new", NewTasks, QueryRows, 4))];
            var ml = new MLContext(seed: 1);
            IDataView data = ml.Data.LoadFromEnumerable(training);
            ITransformer pooled = ml.BinaryClassification.Trainers.LbfgsLogisticRegression().Fit(data);
            foreach (var (kind, rows) in evaluated)
                results.Add(Reliability.Of("pooled L-BFGS", kind, rate, rows, Probabilities(ml, pooled, rows)));
            foreach (var (name, options) in Learners.Where(learner => learner.Name.StartsWith(beginning, StringComparison.Ordinal)))
            {
                ITransformer model = ml.BinaryClassification.Trainers.MetaLearner(options()).Fit(data);
                ITransformer adapted = ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(support));
                foreach (var (kind, rows) in evaluated)
                    results.Add(Reliability.Of(name, kind, rate, rows, Probabilities(ml, kind == "adapted" ? adapted : model, rows)));
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate} {name} {clock.Elapsed.TotalSeconds:F0} s: {string.Join("; ", results.TakeLast(3).Select(r => $"{r.Kind} {r.Mean / r.TrueMean:F2} {r.LogLoss - results.First(p => p.Rate == rate && p.Kind == r.Kind).LogLoss:+0.0000;-0.0000}"))}"));
            }
        }

        Print(results);
        Result.Print(new { quality = "calibration", rows = results, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }

    private static float[] Probabilities(MLContext ml, ITransformer model, RareRow[] rows) => [.. model.Transform(ml.Data.LoadFromEnumerable(rows)).GetColumn<float>("Probability")];

    private static void Print(List<Reliability> results)
    {
        string[] kinds = [.. results.Select(result => result.Kind).Distinct()];
        var table = new Spectre.Console.Table().Title("calibration: mean probability / true rate; log-loss less that of pooled L-BFGS; mean error of deciles / true rate")
            .AddColumns(["method", "rate", .. kinds]);
        foreach (var group in results.GroupBy(result => (result.Method, result.Rate)))
            table.AddRow([Markup.Escape(group.Key.Method), group.Key.Rate.ToString("P0", CultureInfo.InvariantCulture), .. kinds.Select(kind => Text(group.First(result => result.Kind == kind), results))]);
        AnsiConsole.Write(table);
    }

    private static string Text(Reliability result, List<Reliability> results)
    {
        Reliability pooled = results.First(other => other.Rate == result.Rate && other.Kind == result.Kind);
        return string.Create(CultureInfo.InvariantCulture, $"{result.Mean / result.TrueMean:F2}  {result.LogLoss - pooled.LogLoss:+0.0000;-0.0000}  {result.DecileError:F2}");
    }

    /// <summary>How close the probabilities of a method are to the true ones.</summary>
    private sealed record Reliability(string Method, string Kind, double Rate, double Mean, double TrueMean, double LogLoss, double[] DecileMeans, double[] DecileTrueMeans)
    {
        /// <summary>Mean difference between predicted and true mean of a decile, as a share of the true rate.</summary>
        public double DecileError => DecileMeans.Zip(DecileTrueMeans, (mean, truth) => Math.Abs(mean - truth)).Average() / TrueMean;

        public static Reliability Of(string method, string kind, double rate, RareRow[] rows, float[] probabilities)
        {
            var pairs = rows.Zip(probabilities, (row, probability) => (Truth: row.Probability, Predicted: Math.Clamp((double)probability, 1e-7, 1 - 1e-7))).OrderBy(pair => pair.Predicted).ToArray();
            (double Truth, double Predicted)[][] deciles = [.. pairs.Chunk((pairs.Length + Deciles - 1) / Deciles)];
            double Round(double value) => Math.Round(value, 6);
            return new Reliability(
                method,
                kind,
                rate,
                Round(pairs.Average(pair => pair.Predicted)),
                Round(pairs.Average(pair => pair.Truth)),
                Round(pairs.Average(pair => -pair.Truth * Math.Log(pair.Predicted) - (1 - pair.Truth) * Math.Log(1 - pair.Predicted))),
                Array.ConvertAll(deciles, decile => Round(decile.Average(pair => pair.Predicted))),
                Array.ConvertAll(deciles, decile => Round(decile.Average(pair => pair.Truth))));
        }
    }
}
