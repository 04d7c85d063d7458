using System.Globalization;
using System.Text.Json;
using MetaML.Pretrained.Tables;

namespace MetaML.PriorFitting.Evaluation;

/// <summary>Compares the prior-fitted network with ML.NET's trainers on draws of real tables.</summary>
/// <param name="draws">The number of draws of each table and size of support. All methods have the same draws.</param>
/// <param name="views">The number of views of the network.</param>
/// <param name="results">The file of results, or null. What it contains is not computed again, so that methods can be run one after the other.</param>
internal sealed class RealEvaluation(int draws, int views, string? results)
{
    private const int MaximumQuery = 500;
    private static readonly int[] s_supports = [20, 50, 100];

    private readonly List<Result> _results = results is not null && File.Exists(results) ? [.. File.ReadLines(results).Select(line => JsonSerializer.Deserialize<Result>(line)!)] : [];

    /// <summary>Evaluates methods on tables of one kind, and prints means over the tables.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="only">The beginning of the names of the methods that are run; empty for all.</param>
    public void Run(IReadOnlyList<RealTable> tables, string only)
    {
        LabelKind kind = tables[0].Kind;
        Method[] methods = Method.Of(kind, views);
        foreach (int support in s_supports)
        {
            foreach (RealTable table in tables.Where(table => table.Rows.Rows >= support + 30))
            {
                foreach (Method method in methods.Where(method => method.Name.StartsWith(only, StringComparison.Ordinal) && !_results.Exists(known => known.Is(table, support, method))))
                    Add(new Result(table.Name, support, method.Name, Evaluate(table, method, support)));
            }

            Print(kind, support, methods, [.. tables.Select(table => table.Name)]);
        }
    }

    private void Add(Result result)
    {
        _results.Add(result);
        Console.WriteLine($"{result.Table}, {result.Support} rows, {result.Method}: {string.Join(", ", result.Metrics.Select(metric => $"{metric.Key} {metric.Value:F4}"))}");
        if (results is not null)
            File.AppendAllText(results, JsonSerializer.Serialize(result) + Environment.NewLine);
    }

    // The means of the metrics over the draws. The calibration error is that of the predictions of all draws.
    private Dictionary<string, double> Evaluate(RealTable table, Method method, int support)
    {
        var means = new Dictionary<string, double>();
        var answers = new List<(float, bool)>();
        for (int draw = 0; draw < draws; draw++)
        {
            var (rows, query) = table.Draw(new Random(1000 * support + draw), support, MaximumQuery);
            float[][] predictions = method.Predict(rows, query);
            foreach (var (metric, value) in MetricsOf(table.Kind, predictions, query.Labels))
                means[metric] = means.GetValueOrDefault(metric) + value / draws;
            if (table.Kind == LabelKind.Binary)
                answers.AddRange(predictions.Zip(query.Labels, (prediction, label) => (Math.Clamp(prediction[0], 0, 1), label == 1)));
        }

        if (table.Kind == LabelKind.Binary)
            means["ece"] = TableMetrics.CalibrationError(answers);
        return means;
    }

    private static IEnumerable<(string Metric, double Value)> MetricsOf(LabelKind kind, float[][] predictions, float[] labels) => kind switch
    {
        LabelKind.Binary => [("auc", TableMetrics.AreaUnderRocCurve(predictions, labels)), ("log_loss", TableMetrics.Loss(kind, predictions, labels))],
        LabelKind.Multiclass => [("log_loss", TableMetrics.Loss(kind, predictions, labels))],
        _ => [("rmse", TableMetrics.RelativeError(predictions, labels))],
    };

    // Means over the tables, and the gains of the first method over each other one with 95 % intervals of the paired differences.
    private void Print(LabelKind kind, int support, Method[] methods, string[] tables)
    {
        Dictionary<string, Result>[] complete = [.. _results.Where(result => result.Support == support && tables.Contains(result.Table)).GroupBy(result => result.Table)
            .Select(table => table.ToDictionary(result => result.Method)).Where(table => table.ContainsKey(methods[0].Name))];
        methods = [.. methods.Where(method => complete.All(table => table.ContainsKey(method.Name)))]; // those that were run on all tables
        if (complete.Length == 0)
            return;
        foreach (string metric in complete[0][methods[0].Name].Metrics.Keys)
        {
            double sign = metric == "auc" ? 1 : -1;
            double Of(Dictionary<string, Result> table, Method method) => table[method.Name].Metrics[metric];
            var means = methods.ToDictionary(method => method.Name, method => Math.Round(complete.Average(table => Of(table, method)), 4));
            var gains = methods.Skip(1).ToDictionary(method => method.Name, method => MeanInterval.Of(complete.Select(table => sign * (Of(table, methods[0]) - Of(table, method)))));
            Console.WriteLine($"{kind}, {support} rows, {complete.Length} tables, {metric}: {methods[0].Name} {means[methods[0].Name]:F3}; " + string.Join("; ", gains.Select(pair =>
                string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {means[pair.Key]:F3}, gain {pair.Value}"))));
            Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
            {
                evaluation = "real tables", kind = kind.ToString(), support, metric, tables = complete.Length, draws, means,
                gains = gains.ToDictionary(pair => pair.Key, pair => new[] { Math.Round(pair.Value.Mean, 4), Math.Round(pair.Value.HalfWidth, 4) }),
            }));
        }
    }

    private sealed record Result(string Table, int Support, string Method, Dictionary<string, double> Metrics)
    {
        public bool Is(RealTable table, int support, Method method) => Table == table.Name && Support == support && Method == method.Name;
    }
}
