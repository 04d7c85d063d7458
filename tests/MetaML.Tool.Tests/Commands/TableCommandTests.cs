using System.Text.Json;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Tool.Tests.Commands;

/// <summary>Describe and compare, and the command line itself.</summary>
public sealed class TableCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TableCommandTests() => File.WriteAllText(_folder["shops.csv"], Shops.Csv(0, 30, 24));

    [Fact]
    public void Describe_Table_ShowsColumnsAndTasks()
    {
        string output = ToolRun.Succeeding("describe", _folder["shops.csv"]).Output;
        Assert.Contains("720 rows, 8 columns (text, utf-8, comma between cells)", output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^price +number +60 +0\.\d+ to 3\.\d+, \d+ different +number; mean where missing, and an indicator", output);
        Assert.Matches(@"(?m)^day +date +2024-01-01 to 2024-06-10 +days, weekday\r?$", output);
        Assert.Contains("Possible tasks: shop (30 tasks, 24 rows in the median)", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_Json_IsOneDocument()
    {
        JsonElement json = ToolRun.Succeeding("describe", _folder["shops.csv"], "--json").Json;
        Assert.Equal(720, json.GetProperty("rowCount").GetInt32());
        Assert.Equal("category", json.GetProperty("columns")[0].GetProperty("kind").GetString());
        Assert.Equal("shop", json.GetProperty("taskSuggestions")[0].GetProperty("column").GetString());
    }

    [Fact]
    public void Compare_TasksWithMuchInCommon_LearningAcrossThemIsBest()
    {
        string[] arguments = ["compare", _folder["shops.csv"], "-t", "shop", "-l", "sales", "--ignore", "mood", "--ignore", "sold_out", "--ignore", "remark", "--rows", "4", "--time", "20"];
        JsonElement json = ToolRun.Succeeding([.. arguments, "--json", "--report", _folder["report.html"]]).Json;
        Assert.True(json.GetProperty("gain").GetProperty("mean").GetDouble() > 0);
        Assert.StartsWith("across tasks, meta-learned", json.GetProperty("best").GetString(), StringComparison.Ordinal); // with or without trees
        Assert.Empty(json.GetProperty("failed").EnumerateArray());
        Assert.Contains("across tasks, meta-learned", File.ReadAllText(_folder["report.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_RareLabel_IsJudgedByLogLoss()
    {
        string[] rows = Shops.Csv(0, 16, 24).Trim().Split('\n');
        File.WriteAllLines(_folder["rare.csv"], rows.Select((row, i) => i == 0 ? row + ",returned" : row + (i % 13 == 0 ? ",yes" : ",no")));
        string output = ToolRun.Succeeding("compare", _folder["rare.csv"], "-t", "shop", "-l", "returned", "--ignore", "remark", "--rows", "6", "--time", "15").Output;
        Assert.Contains("the probability of 'yes' against 'no'", output, StringComparison.Ordinal);
        Assert.Contains("log-loss on ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("describe", "missing required argument 'FILE'")]
    [InlineData("describ x.csv", "Unknown command 'describ'")]
    [InlineData("describe x.csv --colour", "Unknown option 'colour'")]
    [InlineData("compare x.csv --time 0", "--time must be at least 1 second; got 0.")]
    [InlineData("compare x.csv --rows 5,5", "--rows must be different positive numbers")]
    [InlineData("predict m.zip x.csv --json", "--json needs --output <FILE>")]
    public void CommandLine_WithAMistake_IsRefused(string arguments, string message) =>
        Assert.Contains(message, ToolRun.Refused(arguments.Split(' ')), StringComparison.Ordinal);

    [Fact]
    public void Json_OfAnError_HasItsMessage()
    {
        ToolRun run = ToolRun.Of(default, "describe", _folder["absent.csv"], "--json");
        Assert.Equal(ToolApp.Refused, run.ExitCode);
        Assert.Contains("must be an existing file", run.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Version_IsThatOfThePackages() => Assert.Equal("0.1.0", ToolRun.Succeeding("--version").Output.Trim());

    public void Dispose() => _folder.Dispose();
}
