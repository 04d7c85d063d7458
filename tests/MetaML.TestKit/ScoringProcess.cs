using System.Globalization;
using Microsoft.ML;
using Xunit;

namespace MetaML.TestKit;

/// <summary>Runs tests/MetaML.ScoringProcess, which has no native torch library.</summary>
internal static class ScoringProcess
{
    /// <summary>The folder of the project.</summary>
    public const string Project = "tests/MetaML.ScoringProcess";

    /// <summary>Scores in another process. The test fails if that process loads a torch library.</summary>
    public static float[] Scores(MLContext ml, ITransformer model, IDataView rows, IDataView? support = null)
    {
        using var folder = new TemporaryFolder();
        string modelPath = folder["model.zip"], rowsPath = folder["rows.idv"], supportPath = folder["support.idv"];
        ml.Model.Save(model, rows.Schema, modelPath);
        Save(ml, rows, rowsPath);
        if (support is not null)
            Save(ml, support, supportPath);
        return Parse(Run(support is null ? ["score", modelPath, rowsPath] : ["adapt", modelPath, rowsPath, supportPath]));
    }

    /// <summary>The lines that the process prints when it trains.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="rows">The training rows.</param>
    /// <param name="command">"train" for a network, "choose" for the default learner.</param>
    public static string[] Train(MLContext ml, IDataView rows, string command = "train")
    {
        using var folder = new TemporaryFolder();
        Save(ml, rows, folder["rows.idv"]);
        return Run(command, folder["rows.idv"]);
    }

    /// <summary>Fits a model by empirical Bayes and scores it in another process. The test fails if that process loads a torch library.</summary>
    public static float[] FitScores(MLContext ml, IDataView rows)
    {
        using var folder = new TemporaryFolder();
        Save(ml, rows, folder["rows.idv"]);
        return Parse(Run("fit", folder["rows.idv"]));
    }

    private static float[] Parse(string[] lines)
    {
        Assert.Equal("torch is not loaded", lines[^1]);
        return Array.ConvertAll(lines[..^1], line => float.Parse(line, CultureInfo.InvariantCulture));
    }

    private static void Save(MLContext ml, IDataView data, string path)
    {
        using FileStream stream = File.Create(path);
        ml.Data.SaveAsBinary(data, stream);
    }

    private static string[] Run(params string[] arguments) =>
        SiblingProgram.Run(Project, null, arguments).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
