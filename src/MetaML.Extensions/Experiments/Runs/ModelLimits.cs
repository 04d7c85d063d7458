using System.Diagnostics;
using System.Globalization;
using MetaML.Extensions.Experiments.Checkpoints;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>The limits of an experiment on its models, and the measurement of what they limit.</summary>
internal sealed class ModelLimits(MLContext context, TaskExperimentSettings settings)
{
    /// <summary>The number of predictions that are timed.</summary>
    public const int TimedRows = 100;

    private const int WarmUp = 20;

    /// <summary>The largest memory use of the process during a run; null for no limit.</summary>
    public long? MemoryBytes => settings.MaximumMemoryBytes;

    /// <summary>Measures the cost of a model.</summary>
    /// <param name="saved">The model whose size is measured.</param>
    /// <param name="scoring">The model that scores.</param>
    /// <param name="rows">Rows that it can score.</param>
    public ModelCost Measure(ITransformer saved, ITransformer scoring, IDataView rows) => new(Milliseconds(scoring, rows), Bytes(saved));

    /// <summary>Checks a model.</summary>
    /// <exception cref="InvalidOperationException">The model exceeds a limit.</exception>
    public void Check(ModelCost cost)
    {
        if (settings.MaximumPredictionMilliseconds is { } milliseconds && !(cost.Milliseconds <= milliseconds))
            throw Exceeded($"predict a row in at most {milliseconds} ms", cost.Milliseconds is { } actual ? Text($"{actual:G3} ms") : "a model that does not predict row by row", nameof(settings.MaximumPredictionMilliseconds));
        if (settings.MaximumModelBytes is { } bytes && !(cost.Bytes <= bytes))
            throw Exceeded($"have at most {bytes:N0} bytes", cost.Bytes is { } actual ? Text($"{actual:N0}") : "a model that cannot be saved", nameof(settings.MaximumModelBytes));
    }

    /// <summary>Whether an ensemble of models is within the limits. Each row is predicted by all of them.</summary>
    public bool Allows(IEnumerable<RunDetail> runs) =>
        !(runs.Sum(run => run.PredictionMilliseconds ?? 0) > settings.MaximumPredictionMilliseconds) && AllowsSizes(runs);

    /// <summary>Whether several models together are within the limit of size.</summary>
    public bool AllowsSizes(IEnumerable<RunDetail> runs) => !(runs.Sum(run => run.ModelBytes ?? 0) > settings.MaximumModelBytes);

    /// <summary>The error of a run that used too much memory.</summary>
    public InvalidOperationException MemoryExceeded(PeakMemory peak) =>
        new(string.Create(CultureInfo.InvariantCulture, $"The process must use at most {settings.MaximumMemoryBytes:N0} bytes during a run; got {peak.ProcessBytes:N0}. The run was stopped. Raise TaskExperimentSettings.{nameof(settings.MaximumMemoryBytes)}, or give smaller data."));

    private static InvalidOperationException Exceeded(FormattableString constraint, string actual, string setting) => new(
        $"The model must {Text(constraint)}; got {actual}. The strategy is left out. Raise TaskExperimentSettings.{setting} to use it.");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // As in a PredictionEngine: row by row, after some rows that warm up.
    private static double? Milliseconds(ITransformer model, IDataView rows)
    {
        try
        {
            return model.IsRowToRowMapper ? MillisecondsByRow(model, rows) : null;
        }
        catch (Exception) // a transformer of a user can throw any exception
        {
            return null;
        }
    }

    private static double? MillisecondsByRow(ITransformer model, IDataView rows)
    {
        IRowToRowMapper mapper = model.GetRowToRowMapper(rows.Schema);
        DataViewSchema.Column[] score = [mapper.OutputSchema[DefaultColumnNames.Score]];
        var times = new List<double>();
        while (times.Count < WarmUp + TimedRows)
        {
            using DataViewRowCursor cursor = rows.GetRowCursor(mapper.GetDependencies(score));
            using DataViewRow row = mapper.GetRow(cursor, score);
            Action predict = score[0].Type is VectorDataViewType ? Predict<VBuffer<float>>(row, score[0]) : Predict<float>(row, score[0]);
            int before = times.Count;
            while (cursor.MoveNext() && times.Count < WarmUp + TimedRows)
            {
                long start = Stopwatch.GetTimestamp();
                predict();
                times.Add(1e3 * (Stopwatch.GetTimestamp() - start) / Stopwatch.Frequency); // a TimeSpan would round to 100 ns, longer than a linear model takes
            }

            if (times.Count == before)
                return null; // no rows
        }

        return times.Skip(WarmUp).Order().ElementAt(TimedRows / 2);
    }

    private static Action Predict<T>(DataViewRow row, DataViewSchema.Column score)
    {
        ValueGetter<T> getter = row.GetGetter<T>(score);
        T value = default!;
        return () => getter(ref value);
    }

    private long? Bytes(ITransformer model)
    {
        try
        {
            using var stream = new MemoryStream();
            context.Model.Save(model, null, stream);
            return stream.Length;
        }
        catch (Exception) // a transformer of a user can throw any exception
        {
            return null;
        }
    }
}
