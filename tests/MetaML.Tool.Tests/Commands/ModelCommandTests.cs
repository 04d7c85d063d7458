using System.Globalization;
using System.Text.Json;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Tool.Tests.Commands;

/// <summary>Train, adapt, predict, evaluate and describe, one after the other.</summary>
public sealed class ModelCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ModelCommandTests()
    {
        File.WriteAllText(_folder["shops.csv"], Shops.Csv(0, 12, 25));
        File.WriteAllText(_folder["new.csv"], Shops.Csv(12, 2, 10));
        File.WriteAllText(_folder["rows.csv"], Shops.Csv(12, 2, 60));
    }

    [Theory]
    [InlineData("sales", "sales,", "low (90 %),high (90 %)")]
    [InlineData("sold_out", "mood,sales", "probability of yes")]
    [InlineData("mood", "sold_out,sales", "probability")]
    public void TrainAdaptPredictEvaluate_EachKindOfLabel_LearnsNewShops(string label, string ignored, string columns)
    {
        string[] ignore = [.. ignored.Split(',', StringSplitOptions.RemoveEmptyEntries).Where(name => name != label).Append(label == "sales" ? "mood" : "remark").Append(label == "sales" ? "sold_out" : "remark").Distinct().SelectMany(name => new[] { "--ignore", name })];
        JsonElement trained = ToolRun.Succeeding(["train", _folder["shops.csv"], "--task", "shop", "--label", label, .. ignore, "-o", _folder["model.zip"], "--json"]).Json;
        Assert.Equal((12, 300), (trained.GetProperty("taskCount").GetInt32(), trained.GetProperty("rowCount").GetInt32()));

        ToolRun adapted = ToolRun.Succeeding("adapt", _folder["model.zip"], _folder["new.csv"], "-o", _folder["adapted.zip"]);
        Assert.Contains("shop 12: learned from 10 rows", adapted.Output, StringComparison.Ordinal);

        ToolRun.Succeeding("predict", _folder["adapted.zip"], _folder["rows.csv"], "-o", _folder["scores.csv"]);
        string[] lines = File.ReadAllLines(_folder["scores.csv"]);
        Assert.Equal($"{Shops.Header},{label} predicted,{columns},known task", lines[0]);
        Assert.Equal(121, lines.Length);
        Assert.All(lines.Skip(1), line => Assert.EndsWith(",yes", line, StringComparison.Ordinal));
        Assert.Equal(File.ReadAllLines(_folder["rows.csv"])[5], lines[5][..File.ReadAllLines(_folder["rows.csv"])[5].Length]); // input cells are unchanged

        JsonElement metric = ToolRun.Succeeding("evaluate", _folder["adapted.zip"], _folder["rows.csv"], "--json").Json.GetProperty("metrics")[0];
        Assert.True(label == "sales" ? metric.GetProperty("mean").GetDouble() < 1.3 : metric.GetProperty("mean").GetDouble() > 0.75, metric.ToString());
        Assert.Contains("Tasks: 14", ToolRun.Succeeding("describe", _folder["adapted.zip"]).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sales", "mood", "sold_out")]
    [InlineData("sold_out", "mood", "sales", "remark")]
    public void Train_OnTheScoreOfTrees_IsLoadedAndAdapted(string label, params string[] ignored)
    {
        ToolRun.Succeeding(["train", _folder["shops.csv"], "--task", "shop", "--label", label, .. ignored.SelectMany(name => new[] { "--ignore", name }), "--trees", "-o", _folder["model.zip"]]);
        Assert.Single(((TransformerChain<ITransformer>)new MLContext().Model.Load(_folder["model.zip"], out _)).OfType<PooledScoreTransformer>());
        ToolRun.Succeeding("adapt", _folder["model.zip"], _folder["new.csv"], "-o", _folder["adapted.zip"]);
        JsonElement metric = ToolRun.Succeeding("evaluate", _folder["adapted.zip"], _folder["rows.csv"], "--json").Json.GetProperty("metrics")[0];
        Assert.True(label == "sales" ? metric.GetProperty("mean").GetDouble() < 1.3 : metric.GetProperty("mean").GetDouble() > 0.75, metric.ToString());
    }

    [Fact]
    public void Train_OnTheScoreOfTrees_WithClasses_IsRefused() => Assert.Contains(
        "--trees must be used with a label of two values, or of numbers", ToolRun.Refused("train", _folder["shops.csv"], "-t", "shop", "-l", "mood", "--trees"), StringComparison.Ordinal);

    [Fact]
    public void Predict_UnknownTask_IsAnAverageTask_AndSaysSo()
    {
        Train();
        ToolRun run = ToolRun.Succeeding("predict", _folder["model.zip"], _folder["rows.csv"]);
        Assert.Contains("does not know 2 of 2 tasks, such as 'shop 12'", run.Error, StringComparison.Ordinal);
        string[] lines = run.Output.ReplaceLineEndings("\n").Trim().Split('\n');
        Assert.Equal(121, lines.Length);
        Assert.All(lines.Skip(1), line => Assert.EndsWith(",no", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Evaluate_WithAdapt_LearnsEachTaskFromItsRows()
    {
        Train();
        JsonElement prior = ToolRun.Succeeding("evaluate", _folder["model.zip"], _folder["rows.csv"], "--json").Json;
        JsonElement adapted = ToolRun.Succeeding("evaluate", _folder["model.zip"], _folder["rows.csv"], "--adapt", "10", "--json", "--report", _folder["report.html"]).Json;
        Assert.Equal(2, prior.GetProperty("unknownTaskCount").GetInt32());
        Assert.True(adapted.GetProperty("metrics")[0].GetProperty("mean").GetDouble() < prior.GetProperty("metrics")[0].GetProperty("mean").GetDouble());
        Assert.True(File.Exists(_folder["report.html"]));
    }

    [Fact]
    public void Train_SameSeed_GivesTheSamePredictions()
    {
        Train();
        string first = ToolRun.Succeeding("predict", _folder["model.zip"], _folder["shops.csv"]).Output;
        Train();
        Assert.Equal(first, ToolRun.Succeeding("predict", _folder["model.zip"], _folder["shops.csv"]).Output);
    }

    /// <summary>The file is an ordinary model of ML.NET.</summary>
    [Fact]
    public void Train_Model_IsLoadedByMlNet()
    {
        Train();
        ITransformer model = new MLContext().Model.Load(_folder["model.zip"], out DataViewSchema schema);
        Assert.Equal(["shop", "sales", "day (days)", "day (weekday)", "price", "weather"], schema.Select(column => column.Name).Where(name => !name.Contains("season", StringComparison.Ordinal)));
        Assert.NotNull(model.GetOutputSchema(schema).GetColumnOrNull("Score"));
    }

    [Fact]
    public void Predict_GapsThatTrainingDidNotHave_AreFilled()
    {
        File.WriteAllText(_folder["full.csv"], Shops.Csv(0, 12, 25).Replace(",NA,", ",1.5,", StringComparison.Ordinal));
        ToolRun.Succeeding("train", _folder["full.csv"], "-t", "shop", "-l", "sales", "--ignore", "remark", "--ignore", "mood", "--ignore", "sold_out", "-o", _folder["model.zip"]);
        File.WriteAllText(_folder["one.csv"], "shop,day,price,weather\nshop 3,,,\n");
        string cells = ToolRun.Succeeding("predict", _folder["model.zip"], _folder["one.csv"]).Output.ReplaceLineEndings("\n").Trim().Split('\n')[1];
        Assert.InRange(float.Parse(cells.Split(',')[4], CultureInfo.InvariantCulture), 5, 15);
    }

    [Fact]
    public void Commands_WrongModels_AreErrors()
    {
        Train();
        Assert.Contains("no such file", ToolRun.Refused("predict", _folder["absent.zip"], _folder["rows.csv"]), StringComparison.Ordinal);
        Assert.Contains("Give the model first", ToolRun.Refused("predict", _folder["rows.csv"], _folder["model.zip"]), StringComparison.Ordinal);
        Assert.Contains("it is a zip archive", ToolRun.Refused("train", _folder["model.zip"], "-t", "a", "-l", "b"), StringComparison.Ordinal);
        byte[] bytes = File.ReadAllBytes(_folder["model.zip"]);
        File.WriteAllBytes(_folder["cut.zip"], bytes[..(bytes.Length / 2)]);
        Assert.Contains("must be a complete model", ToolRun.Refused("describe", _folder["cut.zip"]), StringComparison.Ordinal);
        var ml = new MLContext();
        IDataView data = ml.Data.LoadFromEnumerable(new[] { new { X = 1f }, new { X = 2f } });
        ml.Model.Save(ml.Transforms.Concatenate("Features", "X").Fit(data), data.Schema, _folder["other.zip"]);
        Assert.Contains("must be a model that 'metaml train' or 'metaml adapt' wrote", ToolRun.Refused("describe", _folder["other.zip"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Train_Cancelled_WritesNothing()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        ToolRun run = ToolRun.Of(stop.Token, "train", _folder["shops.csv"], "-t", "shop", "-l", "sales", "-o", _folder["model.zip"]);
        Assert.Equal(ToolApp.Cancelled, run.ExitCode);
        Assert.False(File.Exists(_folder["model.zip"]));
    }

    public void Dispose() => _folder.Dispose();

    private void Train() => ToolRun.Succeeding("train", _folder["shops.csv"], "-t", "shop", "-l", "sales", "--ignore", "remark", "--ignore", "mood", "--ignore", "sold_out", "-o", _folder["model.zip"]);
}
