using System.Text;
using MetaML.Extensions.Reporting.Content;
using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Files;
using MetaML.Extensions.Reporting.Html;

namespace MetaML;

/// <summary>Writes results as reports, images, and files for other programs.</summary>
/// <remarks>
/// Each file is written completely or not at all. An existing file is replaced only when the new file is complete. If a file
/// cannot be written, the <see cref="IOException"/> names its path. Files that were completed before remain.
/// </remarks>
public static class ReportExtensions
{
    /// <summary>Writes a report as one HTML file. The file contains all plots, fonts and scripts, and needs no network.</summary>
    /// <param name="result">The result.</param>
    /// <param name="path">The path of the file. Its folder must exist.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <example>
    /// <code>
    /// ExperimentResult result = ml.MetaLearning().CreateExperiment(60).Execute(trainingTasks, "Demand", "Store");
    /// result.SaveHtml("report.html");
    /// </code>
    /// </example>
    public static void SaveHtml(this ExperimentResult result, string path) => SaveHtml(ExperimentReport.Of(NotNull(result)), path);

    /// <inheritdoc cref="SaveHtml(ExperimentResult, string)"/>
    public static void SaveHtml(this FewShotEvaluation result, string path) => SaveHtml(FewShotReport.Of(NotNull(result)), path);

    /// <inheritdoc cref="SaveHtml(ExperimentResult, string)"/>
    public static void SaveHtml(this TaskEvaluation result, string path) => SaveHtml(EvaluationReport.Of(NotNull(result)), path);

    /// <inheritdoc cref="SaveHtml(ExperimentResult, string)"/>
    public static void SaveHtml(this DecisionComparison result, string path) => SaveHtml(DecisionReport.Of(NotNull(result)), path);

    /// <summary>Writes what a model has learned as one HTML file: the effects of the population and of each task, how effects vary over tasks, and the choices that were made from the data. The file needs no network.</summary>
    /// <param name="description">The description of the model.</param>
    /// <param name="path">The path of the file. Its folder must exist.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <example>
    /// <code>
    /// ml.MetaLearning().Describe(model).SaveHtml("model.html");
    /// </code>
    /// </example>
    public static void SaveHtml(this ModelDescription description, string path) => SaveHtml(ModelReport.Of(NotNull(description)), path);

    /// <summary>Writes the plots of the report as PNG files, with a white background and twice the resolution of the screen.</summary>
    /// <param name="result">The result.</param>
    /// <param name="folder">The folder. It is created if it does not exist.</param>
    /// <returns>The paths of the files.</returns>
    /// <exception cref="IOException">The folder or a file cannot be written.</exception>
    public static IReadOnlyList<string> SavePng(this ExperimentResult result, string folder) => SavePng(ExperimentReport.Of(NotNull(result)), folder);

    /// <inheritdoc cref="SavePng(ExperimentResult, string)"/>
    public static IReadOnlyList<string> SavePng(this FewShotEvaluation result, string folder) => SavePng(FewShotReport.Of(NotNull(result)), folder);

    /// <inheritdoc cref="SavePng(ExperimentResult, string)"/>
    public static IReadOnlyList<string> SavePng(this TaskEvaluation result, string folder) => SavePng(EvaluationReport.Of(NotNull(result)), folder);

    /// <inheritdoc cref="SavePng(ExperimentResult, string)"/>
    public static IReadOnlyList<string> SavePng(this DecisionComparison result, string folder) => SavePng(DecisionReport.Of(NotNull(result)), folder);

    /// <inheritdoc cref="SavePng(ExperimentResult, string)"/>
    /// <param name="description">The description of a model.</param>
    /// <param name="folder">The folder. It is created if it does not exist.</param>
    public static IReadOnlyList<string> SavePng(this ModelDescription description, string folder) => SavePng(ModelReport.Of(NotNull(description)), folder);

    /// <summary>
    /// Writes the numbers of the result as CSV files: <c>runs.csv</c>, <c>tasks.csv</c> (a row for each set, strategy, support
    /// size and task) and, if the result has such data, <c>transfer.csv</c>, <c>learning.csv</c>, <c>weights.csv</c>, <c>importance.csv</c>,
    /// <c>combinations.csv</c> (a row for each weight and each route of a task) and <c>relatedness.csv</c>. The encoding is UTF-8. The decimal separator is a full stop in all cultures.
    /// </summary>
    /// <param name="result">The result.</param>
    /// <param name="folder">The folder. It is created if it does not exist.</param>
    /// <returns>The paths of the files.</returns>
    /// <exception cref="IOException">The folder or a file cannot be written.</exception>
    /// <example>
    /// <code>
    /// TaskEvaluation result = ml.MetaLearning().EvaluateTasks(model.Transform(queryRows), "Demand", "Store");
    /// foreach (string path in result.SaveCsv("tables"))
    ///     Console.WriteLine(path);
    /// </code>
    /// </example>
    public static IReadOnlyList<string> SaveCsv(this ExperimentResult result, string folder) => SaveCsv(ResultTables.Of(NotNull(result)), folder);

    /// <inheritdoc cref="SaveCsv(ExperimentResult, string)"/>
    public static IReadOnlyList<string> SaveCsv(this FewShotEvaluation result, string folder) => SaveCsv(ResultTables.Of(NotNull(result)), folder);

    /// <inheritdoc cref="SaveCsv(ExperimentResult, string)"/>
    public static IReadOnlyList<string> SaveCsv(this TaskEvaluation result, string folder) => SaveCsv(ResultTables.Of(NotNull(result)), folder);

    /// <summary>Writes the value of each decision as the CSV file <c>decisions.csv</c>, with a row for each learner, task and decision. The encoding is UTF-8. The decimal separator is a full stop in all cultures.</summary>
    /// <param name="result">The result.</param>
    /// <param name="folder">The folder. It is created if it does not exist.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="IOException">The folder or the file cannot be written.</exception>
    public static IReadOnlyList<string> SaveCsv(this DecisionComparison result, string folder) => SaveCsv(ResultTables.Of(NotNull(result)), folder);

    /// <summary>Writes the result as JSON, without its models. Property names are those of the types, in camel case. NaN is written as null, an exception as its type and message.</summary>
    /// <param name="result">The result.</param>
    /// <param name="path">The path of the file. Its folder must exist.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void SaveJson(this ExperimentResult result, string path) => SaveJson(NotNull(result), path, ResultJson.Write);

    /// <inheritdoc cref="SaveJson(ExperimentResult, string)"/>
    public static void SaveJson(this FewShotEvaluation result, string path) => SaveJson(NotNull(result), path, ResultJson.Write);

    /// <inheritdoc cref="SaveJson(ExperimentResult, string)"/>
    public static void SaveJson(this TaskEvaluation result, string path) => SaveJson(NotNull(result), path, ResultJson.Write);

    /// <inheritdoc cref="SaveJson(ExperimentResult, string)"/>
    public static void SaveJson(this DecisionComparison result, string path) => SaveJson(NotNull(result), path, ResultJson.Write);

    private static void SaveHtml(Report report, string path)
    {
        byte[] page = Encoding.UTF8.GetBytes(HtmlPage.Of(report));
        ReportFile.Write(path, stream => stream.Write(page));
    }

    private static void SaveJson<T>(T result, string path, Action<Stream, T> write) => ReportFile.Write(path, stream => write(stream, result));

    private static List<string> SavePng(Report report, string folder)
    {
        ReportFile.CreateFolder(folder);
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
        ReportFile.CreateFolder(folder);
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
