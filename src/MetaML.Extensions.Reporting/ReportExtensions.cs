using System.Text;
using MetaML.Extensions.Reporting.Content;
using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Files;
using MetaML.Extensions.Reporting.Html;

namespace MetaML;

/// <summary>Results as reports to look at, pictures and files for other programs.</summary>
/// <remarks>
/// Every file is written whole or not at all: one that is there already stays as it is until the new one is finished. What
/// cannot be written is an <see cref="IOException"/> that names the path; files finished before it stay.
/// </remarks>
public static class ReportExtensions
{
    /// <summary>Writes a report: one HTML file with all its plots, fonts and scripts, which needs no network.</summary>
    /// <param name="result">What to report on.</param>
    /// <param name="path">The file, in a folder that exists.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void SaveHtml(this ExperimentResult result, string path) => SaveHtml(ExperimentReport.Of(NotNull(result)), path);

    /// <inheritdoc cref="SaveHtml(ExperimentResult, string)"/>
    public static void SaveHtml(this FewShotEvaluation result, string path) => SaveHtml(FewShotReport.Of(NotNull(result)), path);

    /// <inheritdoc cref="SaveHtml(ExperimentResult, string)"/>
    public static void SaveHtml(this TaskEvaluation result, string path) => SaveHtml(EvaluationReport.Of(NotNull(result)), path);

    /// <summary>Writes the report's plots as PNG files, on white, at twice the size that they have on a screen.</summary>
    /// <param name="result">What to report on.</param>
    /// <param name="folder">The folder; it is made where it is absent.</param>
    /// <returns>The files' paths.</returns>
    /// <exception cref="IOException">The folder or a file cannot be written.</exception>
    public static IReadOnlyList<string> SavePng(this ExperimentResult result, string folder) => SavePng(ExperimentReport.Of(NotNull(result)), folder);

    /// <inheritdoc cref="SavePng(ExperimentResult, string)"/>
    public static IReadOnlyList<string> SavePng(this FewShotEvaluation result, string folder) => SavePng(FewShotReport.Of(NotNull(result)), folder);

    /// <inheritdoc cref="SavePng(ExperimentResult, string)"/>
    public static IReadOnlyList<string> SavePng(this TaskEvaluation result, string folder) => SavePng(EvaluationReport.Of(NotNull(result)), folder);

    /// <summary>
    /// Writes the result's numbers as CSV files, UTF-8, with a full stop in numbers whatever the culture: <c>runs.csv</c>,
    /// <c>tasks.csv</c> (a row for each set, strategy, support size and task) and, where there is such data,
    /// <c>transfer.csv</c>, <c>learning.csv</c>, <c>weights.csv</c> and <c>relatedness.csv</c>.
    /// </summary>
    /// <param name="result">What to report on.</param>
    /// <param name="folder">The folder; it is made where it is absent.</param>
    /// <returns>The files' paths.</returns>
    /// <exception cref="IOException">The folder or a file cannot be written.</exception>
    public static IReadOnlyList<string> SaveCsv(this ExperimentResult result, string folder) => SaveCsv(ResultTables.Of(NotNull(result)), folder);

    /// <inheritdoc cref="SaveCsv(ExperimentResult, string)"/>
    public static IReadOnlyList<string> SaveCsv(this FewShotEvaluation result, string folder) => SaveCsv(ResultTables.Of(NotNull(result)), folder);

    /// <inheritdoc cref="SaveCsv(ExperimentResult, string)"/>
    public static IReadOnlyList<string> SaveCsv(this TaskEvaluation result, string folder) => SaveCsv(ResultTables.Of(NotNull(result)), folder);

    /// <summary>Writes the whole result but its models as JSON: property names as the types have them, in camel case; NaN as null; exceptions as text.</summary>
    /// <param name="result">What to report on.</param>
    /// <param name="path">The file, in a folder that exists.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void SaveJson(this ExperimentResult result, string path) => SaveJson(NotNull(result), path, ResultJson.Write);

    /// <inheritdoc cref="SaveJson(ExperimentResult, string)"/>
    public static void SaveJson(this FewShotEvaluation result, string path) => SaveJson(NotNull(result), path, ResultJson.Write);

    /// <inheritdoc cref="SaveJson(ExperimentResult, string)"/>
    public static void SaveJson(this TaskEvaluation result, string path) => SaveJson(NotNull(result), path, ResultJson.Write);

    private static void SaveHtml(Report report, string path)
    {
        byte[] page = Encoding.UTF8.GetBytes(HtmlPage.Of(report));
        ReportFile.Write(path, stream => stream.Write(page));
    }

    private static void SaveJson<T>(T result, string path, Action<Stream, T> write) => ReportFile.Write(path, stream => write(stream, result));

    private static List<string> SavePng(Report report, string folder)
    {
        ReportFile.MakeFolder(folder);
        var paths = new List<string>();
        foreach (Figure figure in report.Sections.SelectMany(section => section.Figures))
        {
            byte[] picture = figure.ToPng();
            paths.Add(Path.Combine(folder, $"{paths.Count + 1:00} {figure.Name}.png"));
            ReportFile.Write(paths[^1], stream => stream.Write(picture));
        }

        return paths;
    }

    private static List<string> SaveCsv(IEnumerable<CsvTable> tables, string folder)
    {
        ReportFile.MakeFolder(folder);
        var paths = new List<string>();
        foreach (CsvTable table in tables)
        {
            paths.Add(Path.Combine(folder, $"{table.Name}.csv"));
            ReportFile.Write(paths[^1], table.Write);
        }

        return paths;
    }

    private static T NotNull<T>(T? result, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(result))] string? name = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(result, name);
        return result;
    }
}
