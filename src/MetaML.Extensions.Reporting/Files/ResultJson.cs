using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Reporting.Files;

/// <summary>Writes results as JSON, with the properties of the result types. Models and ML.NET's metrics are left out. Exceptions are written as their messages, NaN as null.</summary>
internal static class ResultJson
{
    private static readonly Type[] s_leftOut =
        [typeof(ITransformer), typeof(IEstimator<ITransformer>), typeof(BinaryClassificationMetrics), typeof(MulticlassClassificationMetrics), typeof(RegressionMetrics)];

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DictionaryKeyPolicy = null, // names of tasks stay as they are
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        Converters = { new JsonStringEnumConverter(), new FiniteNumber(), new Message() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RemoveProperties } },
    };

    public static void Write<T>(Stream stream, T result) => JsonSerializer.Serialize(stream, result, s_options);

    private static void RemoveProperties(JsonTypeInfo type)
    {
        for (int i = type.Properties.Count - 1; i >= 0; i--)
        {
            if (s_leftOut.Any(leftOut => leftOut.IsAssignableFrom(type.Properties[i].PropertyType)))
                type.Properties.RemoveAt(i);
        }

        if (type.Type == typeof(RunDetail)) // the curve of the strategy contains these metrics
            Remove(type, nameof(RunDetail.ValidationMetrics));
        if (type.Type == typeof(ExperimentResult))
        {
            Remove(type, nameof(ExperimentResult.BestRun));
            JsonPropertyInfo number = type.CreateJsonPropertyInfo(typeof(int), "bestRunNumber");
            number.Get = result => ((ExperimentResult)result).RunDetails.ToList().IndexOf(((ExperimentResult)result).BestRun);
            type.Properties.Add(number);
        }
    }

    private static void Remove(JsonTypeInfo type, string property) =>
        type.Properties.Remove(type.Properties.First(each => string.Equals(each.Name, property, StringComparison.OrdinalIgnoreCase)));

    private sealed class FiniteNumber : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override bool HandleNull => true;

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }

    private sealed class Message : JsonConverter<Exception>
    {
        public override bool CanConvert(Type typeToConvert) => typeof(Exception).IsAssignableFrom(typeToConvert);

        public override Exception Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new InvalidOperationException(reader.GetString());

        public override void Write(Utf8JsonWriter writer, Exception value, JsonSerializerOptions options) => writer.WriteStringValue($"{value.GetType().Name}: {value.Message}");
    }
}
