using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MetaML.Tool.Output;

/// <summary>What the user sees: results on the standard output, progress and messages on the standard error. Where the output is redirected, plain lines without colours or frames.</summary>
/// <param name="output">The standard output.</param>
/// <param name="error">The standard error.</param>
/// <param name="isJson">Whether the result is one JSON document, and texts are left out.</param>
internal sealed class Screen(IAnsiConsole output, IAnsiConsole error, bool isJson)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new FiniteNumber() },
    };

    public bool IsJson => isJson;

    /// <summary>The console for progress.</summary>
    public IAnsiConsole Progress => error;

    /// <summary>Whether progress is shown in place, because a person sees it.</summary>
    public bool IsLive => error.Profile.Capabilities.Interactive && error.Profile.Out.IsTerminal;

    /// <summary>Writes a line of the result.</summary>
    public void Line(string text = "")
    {
        if (!isJson)
            output.Profile.Out.Writer.WriteLine(text);
    }

    /// <summary>Writes a line of progress, or a note.</summary>
    public void Note(string text) => error.Profile.Out.Writer.WriteLine(text);

    /// <summary>Writes a table of the result.</summary>
    /// <param name="columns">The headings.</param>
    /// <param name="rows">The rows.</param>
    public void Table(string[] columns, IEnumerable<string[]> rows)
    {
        if (isJson)
            return;
        string[][] cells = [.. rows];
        if (output.Profile.Out.IsTerminal)
        {
            Table table = new Table { Border = TableBorder.Rounded }.AddColumns(Array.ConvertAll(columns, Markup.Escape));
            foreach (string[] row in cells)
                table.AddRow(Array.ConvertAll<string, IRenderable>(row, cell => new Text(cell)));
            output.Write(table);
            return;
        }

        int[] widths = [.. columns.Select((column, i) => cells.Select(row => row[i].Length).Append(column.Length).Max())];
        foreach (string[] row in cells.Prepend(columns))
            Line(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>Writes the result as JSON, where it was asked for.</summary>
    public void Json(object result)
    {
        if (isJson)
            output.Profile.Out.Writer.WriteLine(JsonSerializer.Serialize(result, s_json));
    }

    /// <summary>Runs work that takes long, and shows what it does at the moment.</summary>
    /// <param name="title">What the work does.</param>
    /// <param name="work">The work. It reports what it does.</param>
    public T Run<T>(string title, Func<IProgress<string>, T> work)
    {
        if (!IsLive)
        {
            Note(title);
            return work(new Messages(Note));
        }

        return error.Status().Start(Markup.Escape(title), status => work(new Messages(text => status.Status = Markup.Escape($"{title} {text}"))));
    }

    /// <summary>Reports at once, on the thread that reports.</summary>
    public sealed class Messages(Action<string> show) : IProgress<string>
    {
        public void Report(string value) => show(value);
    }

    // JSON has no NaN.
    private sealed class FiniteNumber : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
