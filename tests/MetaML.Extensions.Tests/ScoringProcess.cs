using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests;

/// <summary>Runs tests/MetaML.ScoringProcess, which has no native torch library.</summary>
internal static class ScoringProcess
{
    /// <summary>The scores that another process gives; fails if a torch library was loaded there.</summary>
    public static float[] Scores(MLContext ml, ITransformer model, IDataView rows, IDataView? support = null)
    {
        using var folder = new TemporaryFolder();
        string modelPath = folder["model.zip"], rowsPath = folder["rows.idv"], supportPath = folder["support.idv"];
        ml.Model.Save(model, rows.Schema, modelPath);
        Save(ml, rows, rowsPath);
        if (support is not null)
            Save(ml, support, supportPath);
        string[] lines = Run(support is null ? ["score", modelPath, rowsPath] : ["adapt", modelPath, rowsPath, supportPath]);
        Assert.Equal("torch is not loaded", lines[^1]);
        return Array.ConvertAll(lines[..^1], line => float.Parse(line, CultureInfo.InvariantCulture));
    }

    /// <summary>What the process prints on training.</summary>
    public static string Train(MLContext ml, IDataView rows)
    {
        using var folder = new TemporaryFolder();
        Save(ml, rows, folder["rows.idv"]);
        return string.Join("\n", Run("train", folder["rows.idv"]));
    }

    private static void Save(MLContext ml, IDataView data, string path)
    {
        using FileStream stream = File.Create(path);
        ml.Data.SaveAsBinary(data, stream);
    }

    private static string[] Run(params string[] arguments)
    {
        // bin/<configuration>/<framework> of this project and of that one have the same names.
        string[] parts = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
        string program = string.Join(Path.DirectorySeparatorChar, [.. parts[..^4], "MetaML.ScoringProcess", .. parts[^3..], "MetaML.ScoringProcess.dll"]);
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result + output);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
