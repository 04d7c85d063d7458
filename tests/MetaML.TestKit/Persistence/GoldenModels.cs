using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.TestKit;

/// <summary>Saved models with their scores. Later versions must load them and give the same scores.</summary>
internal static class GoldenModels
{
    private const string RowsFile = "rows.idv", ScoresEnding = ".scores.txt";

    // Other processors sum in another order.
    private const double Tolerance = 1e-4;

    /// <summary>The folder of the models.</summary>
    public static string Folder => Path.Combine(SiblingProgram.Root, "tests", "MetaML.Extensions.Tests", "Golden");

    /// <summary>Writes missing models, rows and scores. Existing files are not changed.</summary>
    public static void Write()
    {
        Directory.CreateDirectory(Folder);
        MLContext ml = TrainerCase.NewContext();
        IDataView rows = new TrainerCase("multiclass", "Key").Data(ml, Some.Tasks(2, 8, firstTask: 2)); // of known tasks, with a key column
        if (!File.Exists(Path.Combine(Folder, RowsFile)))
        {
            using FileStream file = File.Create(Path.Combine(Folder, RowsFile));
            ml.Data.SaveAsBinary(rows, file);
        }

        foreach (var (name, file) in SavedModels.All().Where(model => model.Name != "encoder"))
        {
            string path = Path.Combine(Folder, name.Replace(' ', '-') + ".zip");
            if (!File.Exists(path))
                File.WriteAllBytes(path, file);
            if (!File.Exists(Path.ChangeExtension(path, ScoresEnding)))
                File.WriteAllLines(Path.ChangeExtension(path, ScoresEnding), Scores(ml, path).Select(score => score.ToString("R", CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>The names of the models.</summary>
    public static IEnumerable<string> Names => Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*.zip").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal) : [];

    /// <summary>Loads a model and compares its scores.</summary>
    /// <returns>A description of the error; null for none.</returns>
    public static string? Difference(string name)
    {
        string path = Path.Combine(Folder, name + ".zip");
        double[] expected = [.. File.ReadLines(Path.ChangeExtension(path, ScoresEnding)).Select(line => double.Parse(line, CultureInfo.InvariantCulture))];
        float[] scores = Scores(TrainerCase.NewContext(), path);
        if (scores.Length != expected.Length || expected.Length == 0)
            return $"{scores.Length} scores instead of {expected.Length}";
        double scale = expected.Where(double.IsFinite).Max(Math.Abs);
        int worst = Enumerable.Range(0, scores.Length).MaxBy(Distance);
        return Distance(worst) <= Tolerance * scale ? null : $"score {worst} is {scores[worst]} instead of {expected[worst]}";

        // Models from versions without deviations have none.
        double Distance(int i) => double.IsNaN(expected[i]) && float.IsNaN(scores[i]) ? 0 : double.IsFinite(scores[i]) ? Math.Abs(scores[i] - expected[i]) : double.PositiveInfinity;
    }

    // With both ways of loading, and after adaptation.
    private static float[] Scores(MLContext ml, string path)
    {
        IDataView rows = ml.Data.LoadFromBinary(Path.Combine(Folder, RowsFile));
        ITransformer checkedModel = ml.MetaLearning().LoadChecked(path, out _), model = ml.Model.Load(path, out _);
        float[] first = Of(checkedModel.Transform(rows));
        if (!first.AsSpan().SequenceEqual(Of(model.Transform(rows))))
            throw new InvalidOperationException("LoadChecked and Load must give the same model.");
        return [.. first, .. Of(ml.MetaLearning().Adapt(model, rows).Transform(rows))];
    }

    // The scores of every output, and their standard deviations if there are any.
    private static float[] Of(IDataView scored) => [.. scored.Schema
        .Where(column => !column.IsHidden && (column.Name.EndsWith("Score", StringComparison.Ordinal) || column.Name.EndsWith("ScoreStandardDeviation", StringComparison.Ordinal)))
        .SelectMany(column => column.Type is VectorDataViewType ? scored.GetColumn<float[]>(column).SelectMany(row => row) : scored.GetColumn<float>(column))];
}
