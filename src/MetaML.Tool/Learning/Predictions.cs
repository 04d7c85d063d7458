using MetaML.Tool.Tables;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Tool.Learning;

/// <summary>The predictions of rows, as columns for a file.</summary>
internal static class Predictions
{
    // Of a normal distribution, 90 % lie within this number of standard deviations.
    private const float DeviationsOf90Percent = 1.645f;

    private const string Known = "IsKnownTask", Deviation = "ScoreStandardDeviation";

    /// <summary>The names of the columns.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="scored">The scored rows.</param>
    public static string[] Names(TablePlan plan, DataViewSchema scored) => plan.LabelKind == LabelKind.Regression
        ? [plan.LabelColumn + " predicted", .. scored.GetColumnOrNull(Deviation) is null ? Array.Empty<string>() : ["low (90 %)", "high (90 %)"], "known task"]
        : [plan.LabelColumn + " predicted", plan.LabelKind == LabelKind.Binary ? $"probability of {plan.Positive}" : "probability", "known task"];

    /// <summary>The cells of each row, in the order of the rows. A missing prediction is an empty cell.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="scored">The scored rows.</param>
    public static IEnumerable<string[]> Read(TablePlan plan, IDataView scored)
    {
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema.Where(column => column.Name is "Score" or "Probability" or "PredictedLabel" or Deviation or Known));
        ValueGetter<bool> known = cursor.GetGetter<bool>(scored.Schema[Known]);
        Func<string[]> cells = plan.LabelKind switch
        {
            LabelKind.Regression => Number(cursor),
            LabelKind.Binary => Binary(cursor, plan),
            _ => Class(cursor),
        };
        while (cursor.MoveNext())
        {
            bool isKnown = false;
            known(ref isKnown);
            yield return [.. cells(), isKnown ? "yes" : "no"];
        }
    }

    private static Func<string[]> Number(DataViewRowCursor cursor)
    {
        ValueGetter<float> score = cursor.GetGetter<float>(cursor.Schema["Score"]);
        ValueGetter<float>? deviation = cursor.Schema.GetColumnOrNull(Deviation) is { } column ? cursor.GetGetter<float>(column) : null;
        return () =>
        {
            float value = 0, margin = 0;
            score(ref value);
            if (deviation is null)
                return [Text(value)];
            deviation(ref margin);
            margin *= DeviationsOf90Percent;
            return [Text(value), Text(value - margin), Text(value + margin)];
        };
    }

    private static Func<string[]> Binary(DataViewRowCursor cursor, TablePlan plan)
    {
        ValueGetter<bool> label = cursor.GetGetter<bool>(cursor.Schema["PredictedLabel"]);
        ValueGetter<float> probability = cursor.GetGetter<float>(cursor.Schema["Probability"]);
        return () =>
        {
            bool isPositive = false;
            float value = 0;
            label(ref isPositive);
            probability(ref value);
            return [float.IsNaN(value) ? "" : isPositive ? plan.Positive! : plan.Negative!, Text(value)];
        };
    }

    private static Func<string[]> Class(DataViewRowCursor cursor)
    {
        DataViewSchema.Column column = cursor.Schema["PredictedLabel"];
        VBuffer<ReadOnlyMemory<char>> values = default;
        column.GetKeyValues(ref values);
        string[] names = [.. values.DenseValues().Select(value => value.ToString())];
        ValueGetter<uint> label = cursor.GetGetter<uint>(column);
        ValueGetter<VBuffer<float>> score = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Score"]);
        VBuffer<float> scores = default;
        return () =>
        {
            uint key = 0;
            label(ref key);
            score(ref scores);
            return key == 0 ? ["", ""] : [names[key - 1], Text(scores.GetItemOrDefault((int)key - 1))];
        };
    }

    private static string Text(float value) => float.IsNaN(value) ? "" : value.ToString("G7", System.Globalization.CultureInfo.InvariantCulture);
}
