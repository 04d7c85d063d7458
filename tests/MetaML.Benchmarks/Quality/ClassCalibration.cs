using System.Diagnostics;
using System.Globalization;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using Spectre.Console;

namespace MetaML.Benchmarks.Quality;

/// <summary>Probabilities of four classes, of which one is very rare: a hundred tasks of generated rows. Each adapter is compared with the true probabilities, and with one maximum-entropy model of all rows.</summary>
/// <remarks>Tasks are evaluated as in <see cref="Calibration"/>.</remarks>
internal static class ClassCalibration
{
    private const int TrainingTasks = 100, TrainingRows = 200, NewTasks = 200, SupportRows = 20, QueryRows = 200;

    public static void Run(string beginning)
    {
        var clock = Stopwatch.StartNew();
        var world = new SkewedClasses(seed: 1);
        SkewedRow[] training = world.Rows("known", TrainingTasks, TrainingRows, 1), support = world.Rows("new", NewTasks, SupportRows, 2);
        (string Kind, SkewedRow[] Rows)[] evaluated = [("known", world.Rows("known", TrainingTasks, QueryRows, 3)), ("adapted", world.Rows("new", NewTasks, QueryRows, 4)), ("unknown", world.Rows("new", NewTasks, QueryRows, 4))];
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(training);
        ValueToKeyMappingEstimator keys = ml.Transforms.Conversion.MapValueToKey("Label", nameof(SkewedRow.Class), keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue);
        var results = new List<ClassReliability>();
        ITransformer pooled = keys.Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy()).Fit(data);
        foreach (var (kind, rows) in evaluated)
            results.Add(ClassReliability.Of("pooled L-BFGS", kind, rows, Probabilities(ml, pooled, rows)));
        foreach (var (name, options) in Calibration.Learners.Where(learner => learner.Name.StartsWith(beginning, StringComparison.Ordinal)))
        {
            ITransformer model = keys.Append(ml.MulticlassClassification.Trainers.MetaLearner(options())).Fit(data);
            ITransformer adapted = ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(support));
            foreach (var (kind, rows) in evaluated)
                results.Add(ClassReliability.Of(name, kind, rows, Probabilities(ml, kind == "adapted" ? adapted : model, rows)));
        }

        var table = new Spectre.Console.Table().Title("calibration-classes: log-loss less that of pooled L-BFGS; mean probability / true rate of each class").AddColumns(["method", .. evaluated.Select(pair => pair.Kind)]);
        foreach (var method in results.GroupBy(result => result.Method))
            table.AddRow([Markup.Escape(method.Key), .. method.Zip(results, (result, reference) => string.Create(CultureInfo.InvariantCulture, $"{result.LogLoss - reference.LogLoss:+0.000;-0.000}  {string.Join(" ", result.Ratios.Select(ratio => ratio.ToString("F2", CultureInfo.InvariantCulture)))}"))]);
        AnsiConsole.Write(table);
        Result.Print(new { quality = "calibration-classes", rows = results, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }

    private static float[][] Probabilities(MLContext ml, ITransformer model, SkewedRow[] rows) => [.. model.Transform(ml.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Score")];

    /// <summary>How close the probabilities of a method are to the true ones.</summary>
    /// <param name="Method">The method.</param>
    /// <param name="Kind">Known, adapted or unknown tasks.</param>
    /// <param name="LogLoss">The mean log-loss, in expectation over the label.</param>
    /// <param name="Ratios">The mean probability divided by the true rate, for each class.</param>
    private sealed record ClassReliability(string Method, string Kind, double LogLoss, double[] Ratios)
    {
        public static ClassReliability Of(string method, string kind, SkewedRow[] rows, float[][] probabilities)
        {
            double loss = rows.Zip(probabilities, (row, predicted) => -row.Probabilities.Zip(predicted, (truth, probability) => truth * Math.Log(Math.Max(probability, 1e-7))).Sum()).Average();
            double[] ratios = [.. Enumerable.Range(0, SkewedRow.Classes.Length).Select(k => Math.Round(probabilities.Average(row => row[k]) / rows.Average(row => row.Probabilities[k]), 3))];
            return new ClassReliability(method, kind, Math.Round(loss, 6), ratios);
        }
    }
}
