using System.Reflection;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;

namespace MetaML.Tool.Learning;

/// <summary>A model that metaml wrote, with the plan of its training file.</summary>
/// <param name="Path">The path of the file.</param>
/// <param name="Transformer">The chain from the table to the prediction.</param>
/// <param name="Plan">How the columns of a file are read.</param>
internal sealed record ModelFile(string Path, ITransformer Transformer, TablePlan Plan)
{
    /// <summary>Whether a file may be a model: it is a zip archive.</summary>
    public static bool IsModel(string path)
    {
        if (!File.Exists(path))
            return false;
        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("PK\u0003\u0004"u8);
    }

    /// <summary>Loads a model.</summary>
    /// <exception cref="ToolException">The file is not a model that metaml wrote.</exception>
    public static ModelFile Load(MLContext ml, string path)
    {
        if (!File.Exists(path))
            throw new ToolException($"'{path}' must be an existing model; there is no such file. Check the path, or make a model with 'metaml train'.");
        if (!IsModel(path))
            throw new ToolException($"'{path}' must be a model that 'metaml train' or 'metaml adapt' wrote; it is another file. Give the model first, and the table after it.");
        try
        {
            ITransformer model = ml.MetaLearning().LoadChecked(path, out DataViewSchema? schema, LoadOptions());
            return new ModelFile(path, model, TablePlan.Of(path, schema));
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new ToolException($"'{path}' must be a complete model. {error.Message}");
        }
    }

    // A model of 'train --trees' contains trees of ML.NET.
    private static CheckedLoadOptions LoadOptions()
    {
        Assembly data = typeof(RegressionPredictionTransformer<>).Assembly, trees = typeof(FastTreeRegressionTrainer).Assembly;
        return new CheckedLoadOptions
        {
            TrustedLoaders =
            {
                ["RegressionPredXfer"] = data,
                ["BinaryPredXfer"] = data,
                ["FeatWCaliPredExec"] = data,
                ["PlattCaliExec"] = data,
                ["FastTreeRegressionExec"] = trees,
                ["FastTreeBinaryExec"] = trees,
            },
        };
    }

    /// <summary>Saves a model, completely or not at all.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The chain.</param>
    /// <param name="table">The rows, whose schema contains the plan.</param>
    /// <param name="path">The path.</param>
    public static void Save(MLContext ml, ITransformer model, LoadedTable table, string path) => ml.MetaLearning().SaveAtomic(model, table.View.Schema, path);
}
