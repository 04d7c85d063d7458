using System.Globalization;
using System.Text.Json;
using MetaML.Pretrained.Tables;

namespace MetaML.PriorFitting.Evaluation;

/// <summary>Compares the prior-fitted network with ML.NET's trainers on draws of real tables.</summary>
internal static class RealEvaluation
{
    private const int MaximumQuery = 500;
    private static readonly int[] s_supports = [20, 50, 100];

    /// <summary>Runs all methods on the same draws and prints means over tables.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="draws">The number of draws of each table and size of support.</param>
    /// <param name="views">The number of views of the network.</param>
    /// <param name="only">The beginning of the names of the methods that are run; empty for all.</param>
    public static void Run(IReadOnlyList<RealTable> tables, int draws, int views, string only)
    {
        foreach (IGrouping<LabelKind, RealTable> kind in tables.GroupBy(table => table.Kind))
        {
            Method[] methods = [.. Method.Of(kind.Key, views).Where(method => method.Name.StartsWith(only, StringComparison.Ordinal))];
            foreach (int support in s_supports)
            {
                Dictionary<string, double[]>[] ofTables = [.. kind.Where(table => table.Rows.Rows >= support + 30).Select(table => Evaluate(table, methods, support, draws))];
                Print(kind.Key, support, draws, methods, ofTables);
            }
        }
    }

    // The metrics of each method on one table, in the order of the methods.
    private static Dictionary<string, double[]> Evaluate(RealTable table, Method[] methods, int support, int draws)
    {
        var sums = new Dictionary<string, double[]>();
        List<(float, bool)>[] probabilities = [.. methods.Select(_ => new List<(float, bool)>())];
        for (int draw = 0; draw < draws; draw++)
        {
            var (rows, query) = table.Draw(new Random(1000 * support + draw), support, MaximumQuery);
            for (int m = 0; m < methods.Length; m++)
            {
                float[][] predictions = methods[m].Predict(rows, query);
                foreach (var (metric, value) in MetricsOf(table.Kind, predictions, query.Labels))
                {
                    if (!sums.TryGetValue(metric, out double[]? values))
                        sums[metric] = values = new double[methods.Length];
                    values[m] += value / draws;
                }

                if (table.Kind == LabelKind.Binary)
                    probabilities[m].AddRange(predictions.Zip(query.Labels, (prediction, label) => (Math.Clamp(prediction[0], 0, 1), label == 1)));
            }
        }

        if (table.Kind == LabelKind.Binary)
            sums["ece"] = [.. probabilities.Select(TableMetrics.CalibrationError)];
        foreach (var (metric, values) in sums)
            Console.WriteLine($"{table.Name}, {support} rows, {metric}: {string.Join(", ", methods.Zip(values, (method, value) => $"{method.Name} {value:F3}"))}");
        return sums;
    }

    private static IEnumerable<(string Metric, double Value)> MetricsOf(LabelKind kind, float[][] predictions, float[] labels) => kind switch
    {
        LabelKind.Binary => [("auc", TableMetrics.AreaUnderRocCurve(predictions, labels)), ("log_loss", TableMetrics.Loss(kind, predictions, labels))],
        LabelKind.Multiclass => [("log_loss", TableMetrics.Loss(kind, predictions, labels))],
        _ => [("rmse", TableMetrics.RelativeError(predictions, labels))],
    };

    private static void Print(LabelKind kind, int support, int draws, Method[] methods, Dictionary<string, double[]>[] tables)
    {
        foreach (string metric in tables[0].Keys)
        {
            double sign = metric == "auc" ? 1 : -1;
            var means = new Dictionary<string, double>();
            var gains = new Dictionary<string, double[]>();
            for (int m = 0; m < methods.Length; m++)
            {
                means[methods[m].Name] = Math.Round(tables.Average(table => table[metric][m]), 4);
                MeanInterval gain = MeanInterval.Of(tables.Select(table => sign * (table[metric][0] - table[metric][m])));
                gains[methods[m].Name] = [Math.Round(gain.Mean, 4), Math.Round(gain.HalfWidth, 4)];
            }

            Console.WriteLine($"{kind}, {support} rows, {tables.Length} tables, {metric}: " + string.Join("; ", methods.Select(method =>
                string.Create(CultureInfo.InvariantCulture, $"{method.Name} {means[method.Name]:F4} (gain {gains[method.Name][0]:F4} ± {gains[method.Name][1]:F4})"))));
            Console.WriteLine("RESULT " + JsonSerializer.Serialize(new { evaluation = "real", kind = kind.ToString(), support, metric, tables = tables.Length, draws, means, gains }));
        }
    }
}
