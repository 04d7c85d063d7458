using System.Globalization;
using System.Text;
using System.Text.Json;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Reporting.Tests;

public class FileTests
{
    [Fact]
    public void SaveCsv_Experiment_ReadsBackTheSameBits()
    {
        using var folder = new TemporaryFolder();
        ExperimentResult result = SomeResults.Experiment(tasks: 3, name: task => $"a,\"b\"\nc{task}", relatedTasks: 4, weightedTasks: 2);
        IReadOnlyList<string> files = result.SaveCsv(folder["csv"]);
        Assert.Equal(["runs", "tasks", "transfer", "learning", "weights", "importance", "combinations", "relatedness"], files.Select(Path.GetFileNameWithoutExtension));

        List<Dictionary<string, string>> runs = Read(files[0]);
        Assert.Equal(result.RunDetails.Count, runs.Count);
        for (int i = 0; i < runs.Count; i++)
        {
            RunDetail run = result.RunDetails[i];
            Assert.Equal(run.TrainerName, runs[i]["strategy"]);
            Assert.Equal(run.Exception?.Message ?? "", runs[i]["error"]);
            Assert.Equal(run.Score?.Mean, runs[i]["mean"].Length == 0 ? null : Double(runs[i]["mean"]));
            Assert.Equal(run == result.BestRun, bool.Parse(runs[i]["best"]));
        }

        List<Dictionary<string, string>> tasks = Read(files[1]);
        FewShotEvaluation[] sets = [result.Validation, result.Test!];
        Assert.Equal(sets.Sum(set => set.Curves.Sum(curve => curve.Points.Sum(point => point.Evaluation.Tasks.Count))), tasks.Count);
        foreach (Dictionary<string, string> row in tasks.Where(row => row["set"] == "test"))
        {
            TaskMetrics task = result.Test![row["strategy"]].Points.Single(point => point.SupportSize.ToString(CultureInfo.InvariantCulture) == row["support"])
                .Evaluation.Tasks.Single(each => each.Task == row["task"]);
            Assert.All(task.Values, value => Assert.Equal(value.Value, Double(row[value.Key.ToString()]))); // NaN too
        }

        Assert.Equal(result.Transfer!.Tasks.Select(task => task.Gain), Read(files[2]).Select(row => Double(row["gain"])));
        Assert.Equal(result.RunDetails.Sum(run => run.LearningCurve.Count), Read(files[3]).Count);
        Assert.Equal(result.RunDetails.Sum(run => run.LearningCurve.Sum(point => point.TaskWeights.Count)), Read(files[4]).Count);
        Assert.Equal(result.Importance.Select(feature => (feature.Name, feature.Decrease.Mean)), Read(files[5]).Select(row => (row["feature"], Double(row["decrease"]))));
        CombinedStrategy[] combinations = [result.Ensemble!, result.Routed!];
        Assert.Equal(combinations.SelectMany(one => one.Weights.Select(weight => weight.Key).Concat(one.Routes.Values)), Read(files[6]).Select(row => row["strategy"]));
        Assert.Equal(result.Relatedness!.Values.SelectMany(row => row), Read(files[7]).Select(row => Double(row["value"])));
    }

    [Fact]
    public void Save_Decisions_HoldsEachValue()
    {
        using var folder = new TemporaryFolder();
        DecisionComparison result = SomeResults.Decisions(tasks: 3);
        List<Dictionary<string, string>> rows = Read(Assert.Single(result.SaveCsv(folder["csv"])));
        Assert.Equal(3 * 3 * 30, rows.Count);
        Assert.All(rows, row => Assert.Equal(result.Curves.Single(curve => curve.Learner == row["learner"]).Values[row["task"]][int.Parse(row["decision"], CultureInfo.InvariantCulture) - 1], Double(row["profit lost"])));
        result.SaveJson(folder["result.json"]);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(folder["result.json"]));
        JsonElement curve = json.RootElement.GetProperty("curves")[1];
        Assert.Equal(result.Curves[1].Overall.Mean, curve.GetProperty("overall").GetProperty("mean").GetDouble());
        Assert.Equal(result.Curves[1].Values["customer 2"], curve.GetProperty("values").GetProperty("customer 2").EnumerateArray().Select(value => value.GetDouble()));
        Assert.Equal(2, result.SavePng(folder["png"]).Count);
    }

    [Fact]
    public void SaveCsv_AnyCulture_SameBytes()
    {
        Assert.Equal(Written(), Foreign.Culture(Written));

        static string Written()
        {
            using var folder = new TemporaryFolder();
            IEnumerable<string> files = [.. SomeResults.Experiment().SaveCsv(folder["e"]), .. SomeResults.FewShot().SaveCsv(folder["f"]), .. SomeResults.Evaluation().SaveCsv(folder["t"])];
            return string.Concat(files.Select(File.ReadAllText));
        }
    }

    [Fact]
    public void SaveJson_Experiment_ReadsBackTheSameNumbers()
    {
        ExperimentResult result = SomeResults.Experiment();
        using JsonDocument json = Json(path => result.SaveJson(path));
        JsonElement root = json.RootElement;
        Assert.False(root.GetProperty("ensemble").TryGetProperty("model", out _));
        Assert.Equal("meta-learned, ridge", root.GetProperty("ensemble").GetProperty("weights")[0].GetProperty("key").GetString());
        Assert.Equal(result.Recommendation, root.GetProperty("recommendation").GetString());
        Assert.Equal("Helps", root.GetProperty("verdict").GetString());
        Assert.Equal(result.RunDetails.Count, root.GetProperty("runDetails").GetArrayLength());
        Assert.Equal(result.BestRun.TrainerName, root.GetProperty("runDetails")[root.GetProperty("bestRunNumber").GetInt32()].GetProperty("trainerName").GetString());
        Assert.Equal("InvalidOperationException: Training must see two classes; got one.", root.GetProperty("runDetails")[2].GetProperty("exception").GetString());
        Assert.Equal(result.Transfer!.Tasks.Select(task => task.Gain), root.GetProperty("transfer").GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("gain").GetDouble()));
        Assert.Equal(result.Description.SearchInSeconds, root.GetProperty("description").GetProperty("searchInSeconds").GetDouble());
        Assert.Equal(result.RunDetails[0].LearningCurve[9].TaskWeights["training clinic 2"], root.GetProperty("runDetails")[0].GetProperty("learningCurve")[9].GetProperty("taskWeights").GetProperty("training clinic 2").GetDouble());

        JsonElement values = root.GetProperty("test").GetProperty("curves")[0].GetProperty("points")[0].GetProperty("evaluation").GetProperty("tasks")[0].GetProperty("values");
        TaskMetrics first = result.Test!.Curves[0].Points[0].Evaluation.Tasks[0];
        Assert.Equal(first[TaskMetric.Accuracy], values.GetProperty("Accuracy").GetDouble());
        Assert.Equal(JsonValueKind.Null, values.GetProperty("AreaUnderRocCurve").ValueKind); // NaN
    }

    [Fact]
    public void SaveJson_EveryKind_IsJsonInAnyCulture()
    {
        using JsonDocument fewShot = Json(path => SomeResults.FewShot().SaveJson(path)), foreign = Foreign.Culture(() => Json(path => SomeResults.FewShot().SaveJson(path)));
        Assert.Equal(fewShot.RootElement.GetRawText(), foreign.RootElement.GetRawText());
        using JsonDocument evaluation = Json(path => SomeResults.Evaluation().SaveJson(path));
        Assert.Equal(10, evaluation.RootElement.GetProperty("tasks").GetArrayLength());
    }

    [Fact]
    public void SavePng_WritesEveryPlot()
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<string> files = SomeResults.Experiment().SavePng(folder["plots"]);
        Assert.Equal(Directory.GetFiles(folder["plots"]).Order(), files.Order());
        Assert.True(files.Count >= 6);
        Assert.All(files, file => Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(file)[..4]));
        Assert.NotEmpty(SomeResults.FewShot().SavePng(folder["few"]));
        Assert.NotEmpty(SomeResults.Evaluation().SavePng(folder["tasks"]));
    }

    [Fact]
    public void SavePng_LeavesMlNetsImageTransformsAlone()
    {
        using var folder = new TemporaryFolder();
        string picture = SomeResults.Evaluation().SavePng(folder["plots"])[0];
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Picture { File = picture }]);
        var pipeline = ml.Transforms.LoadImages("Image", "", nameof(Picture.File))
            .Append(ml.Transforms.ResizeImages("Image", 28, 28))
            .Append(ml.Transforms.ExtractPixels("Pixels", "Image"));
        float[] pixels = pipeline.Fit(data).Transform(data).GetColumn<float[]>("Pixels").Single();
        Assert.Equal(3 * 28 * 28, pixels.Length);
        Assert.InRange(pixels.Average(), 128, 255); // the background of a plot is white
    }

    [Fact]
    public void Save_UnwritablePath_SaysSoAndKeepsWhatIsThere()
    {
        using var folder = new TemporaryFolder();
        ExperimentResult result = SomeResults.Experiment(tasks: 3);
        foreach (Action<string> save in new Action<string>[] { path => result.SaveHtml(path), path => result.SaveJson(path) })
        {
            string path = Path.Combine(folder["absent"], "report");
            Assert.Contains(path, Assert.Throws<IOException>(() => save(path)).Message);
        }

        File.WriteAllText(folder["file"], "mine");
        Assert.Contains(folder["file"], Assert.Throws<IOException>(() => result.SavePng(folder["file"])).Message);
        Assert.Contains(folder["file"], Assert.Throws<IOException>(() => result.SaveCsv(folder["file"])).Message);
        Assert.Equal("mine", File.ReadAllText(folder["file"]));
        Assert.Single(Directory.GetFileSystemEntries(Path.GetDirectoryName(folder["file"])!));
    }

    [Fact]
    public void SaveCsv_SecondFileUnwritable_KeepsTheFirst()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder["csv"], "tasks.csv"));
        Assert.Throws<IOException>(() => SomeResults.Experiment(tasks: 3).SaveCsv(folder["csv"]));
        Assert.Equal(["runs.csv", "tasks.csv"], Directory.GetFileSystemEntries(folder["csv"]).Select(Path.GetFileName).Order());
        Assert.NotEmpty(File.ReadAllText(Path.Combine(folder["csv"], "runs.csv")));
    }

    [Fact]
    public void Save_Null_Throws()
    {
        Assert.Throws<ArgumentNullException>("result", () => ((ExperimentResult)null!).SaveHtml("x"));
        Assert.Throws<ArgumentNullException>("result", () => ((FewShotEvaluation)null!).SaveCsv("x"));
        Assert.Throws<ArgumentException>(() => SomeResults.Evaluation().SaveHtml(" "));
    }

    private sealed class Picture
    {
        public string File { get; set; } = "";
    }

    private static JsonDocument Json(Action<string> save)
    {
        using var folder = new TemporaryFolder();
        save(folder["result.json"]);
        return JsonDocument.Parse(File.ReadAllText(folder["result.json"]));
    }

    private static double Double(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static List<Dictionary<string, string>> Read(string path)
    {
        List<List<string>> rows = Rows(File.ReadAllText(path));
        return [.. rows.Skip(1).Select(row => row.Select((field, i) => (field, i)).ToDictionary(pair => rows[0][pair.i], pair => pair.field))];
    }

    // RFC 4180.
    private static List<List<string>> Rows(string csv)
    {
        var rows = new List<List<string>> { new() };
        var field = new StringBuilder();
        bool isQuoted = false;
        for (int i = 0; i < csv.Length; i++)
        {
            if (isQuoted && csv[i] == '"' && i + 1 < csv.Length && csv[i + 1] == '"')
                field.Append(csv[i++]);
            else if (csv[i] == '"')
                isQuoted = !isQuoted;
            else if (!isQuoted && csv[i] is ',' or '\n' && !isQuoted)
            {
                rows[^1].Add(field.ToString());
                field.Clear();
                if (csv[i] == '\n')
                    rows.Add([]);
            }
            else
                field.Append(csv[i]);
        }

        rows.RemoveAt(rows.Count - 1);
        return rows;
    }
}
