using System.Diagnostics;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests;

/// <summary>libtorch in processes that lack it, or that use TorchSharp first.</summary>
public sealed class NativeLibraryTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData("train")]
    [InlineData("choose")]
    public void Fit_WithoutNativeLibrary_PrintsTwoLines_AndCopiesNothing(string command)
    {
        string output = SiblingProgram.OutputOf(ScoringProcess.Project), copies = Path.Combine(output, "cpu"); // TorchSharp copies to this folder
        if (Directory.Exists(copies))
            Directory.Delete(copies, recursive: true);
        string[] before = Directory.GetFileSystemEntries(output, "*", SearchOption.AllDirectories);

        string[] lines = ScoringProcess.Train(_ml, command == "train" ? _ml.Data.LoadFromEnumerable(Some.Tasks()) : _ml.Data.LoadFromEnumerable(Products()), command);
        Assert.Equal(2, lines.Length);
        Assert.Contains("requires the native library libtorch, and no folder of the application contains", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("Add it to the application: dotnet add package libtorch-cpu-", lines[1], StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFileSystemEntries(output, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(GradientScope.All)]
    [InlineData(GradientScope.Context)]
    [InlineData(GradientScope.Film)]
    public void Adapt_PerceptronWithoutNativeLibrary_ScoresToTheSameBits(GradientScope scope)
    {
        IDataView Rows(int tasks, int first) => _ml.Data.LoadFromEnumerable(Some.Tasks(tasks, firstTask: first));
        MetaLearnerTransformer model = _ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
        {
            LabelColumnName = "Answer",
            Encoder = new MlpEncoderOptions { HiddenUnits = [12, 12], EmbeddingDimension = 6, LayerNormalization = true, Residual = true, LinearPath = true, Dropout = 0.1 },
            Adapter = new GradientAdapterOptions { Scope = scope },
            MaximumNumberOfIterations = 20,
        }).Fit(Rows(12, 0));
        float[] adapted = [.. _ml.MetaLearning().Adapt(model, Rows(1, 70)).Transform(Rows(1, 70)).GetColumn<float>("Score")];
        Assert.Equal(adapted, ScoringProcess.Scores(_ml, model, Rows(1, 70), Rows(1, 70)));
        Assert.NotEqual(adapted, ScoringProcess.Scores(_ml, model, Rows(1, 70))); // the scores of an unknown task
    }

    // Tasks with too many features for a kernel, and a dependence that a network could learn.
    private static IEnumerable<Product> Products()
    {
        var random = new Random(1);
        for (int i = 0; i < 1500; i++)
        {
            float[] x = [.. Enumerable.Range(0, Product.FeatureCount).Select(_ => (float)(2 * random.NextDouble() - 1))];
            yield return new Product { Task = $"task{i % 30}", Features = x, Value = x[0] * x[1] + x[2] * x[3] };
        }
    }

    private sealed class Product
    {
        public const int FeatureCount = 60;

        public string Task { get; set; } = "";

        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Value { get; set; }
    }

    [OldSystemFact]
    public void MetaLearning_BeforeTorchSharp_MakesTorchSharpLoad() =>
        Assert.Equal(["TorchSharp: works", "MetaML: works"], Outcomes("catalog-first"));

    [OldSystemFact]
    public void EnsureLoaded_AfterTorchSharpFailed_SaysThatItWasUsedFirst_AndTheCure()
    {
        string[] lines = Outcomes("torch-first");
        Assert.Contains("MetaML: TorchSharp was used before MetaML and failed to load libtorch; .NET repeats that failure until the process ends.", lines);
        Assert.StartsWith("Call MetaML.TorchRuntime.EnsureLoaded() in the first line of the program", lines[^1], StringComparison.Ordinal);
    }

    // Without a package cache, from which TorchSharp would copy libtorch.
    private static string[] Outcomes(string order)
    {
        using var folder = new TemporaryFolder();
        using Process process = SiblingProgram.Start("tests/MetaML.TrainingProcess", $"NUGET_PACKAGES={folder["."]}", order);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
