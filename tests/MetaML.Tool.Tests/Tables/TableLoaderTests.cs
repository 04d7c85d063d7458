using MetaML.TestKit;
using MetaML.Tool.Columns;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Tool.Tests.Tables;

public sealed class TableLoaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Load_EachKindOfColumn_GivesItsValues()
    {
        TablePlan plan = Plan("shop;day;price;weather;sales\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"{i % 5};{new DateTime(2024, 1, 1).AddDays(i):dd.MM.yyyy};{i},5;{(i % 2 == 0 ? "sun" : "")};{i * 2}\n")), new() { Task = "SHOP", Label = "sales" });
        Assert.Equal((LabelKind.Regression, "shop"), (plan.LabelKind, plan.TaskColumn));
        TableView view = Load(plan, LabelUse.Required).View;
        Assert.Equal(["shop", "sales", "day (days)", "day (season, sine)", "day (season, cosine)", "day (weekday)", "price", "weather"], view.Schema.Select(column => column.Name));
        Assert.Equal([8766f, 8767f], view.GetColumn<float>("day (days)").Take(2)); // days since the year 2000
        Assert.Equal(["Mon", "Tue"], view.GetColumn<string>("day (weekday)").Take(2));
        Assert.Equal([0.5f, 1.5f], view.GetColumn<float>("price").Take(2));
        Assert.Equal(["sun", ""], view.GetColumn<string>("weather").Take(2));
        Assert.Equal(["0", "1"], view.GetColumn<string>("shop").Take(2));
    }

    [Fact]
    public void Load_SeveralTaskColumns_AreOneTask()
    {
        LoadedTable table = Load(Plan("a,b,x,y\n" + Rows(i => $"{i % 2},{i % 3},{i},{i * 2}")), LabelUse.Required);
        Assert.Equal(6, table.TaskNames.Count);
        Assert.Equal("0 / 0", table.TaskNames.Keys.First());

        TablePlan Plan(string text) => this.Plan(text, new() { Task = "a, b", Label = "y" });
    }

    [Fact]
    public void Load_RowsWithoutLabel_AreLeftOut_UnlessLabelsAreIgnored()
    {
        TablePlan plan = Plan("shop,x,y\n" + Rows(i => $"{i % 5},{i * 3 % 7},{(i % 4 == 0 ? "?" : i % 3 == 0 ? "yes" : "no")}"), new() { Task = "shop", Label = "y" });
        Assert.Equal(("yes", "no", LabelKind.Binary), (plan.Positive, plan.Negative, plan.LabelKind));
        Assert.Equal((30, 10), (Load(plan, LabelUse.Required).View.RowCount, Load(plan, LabelUse.Required).SkippedRows));
        Assert.Equal(40, Load(plan, LabelUse.Ignored).View.RowCount);
    }

    [Theory]
    [InlineData("s1,abc,3", "Column 'x' must contain numbers; got 'abc' on line 2.")]
    [InlineData(",1,3", "Column 'shop' must name the task of each row; got '' on line 2.")]
    [InlineData("s1,1,abc", "Labels in column 'y' must be numbers; got 'abc' on line 2.")]
    public void Load_ACellThatDoesNotFit_IsAnErrorWithItsLine(string row, string message)
    {
        TablePlan plan = Plan("shop,x,y\n" + Rows(i => $"{i % 5},{i},{i * 2}"), new() { Task = "shop", Label = "y" });
        File.WriteAllText(_folder["a.csv"], $"shop,x,y\n{row}\n");
        Assert.StartsWith(message, Assert.Throws<ToolException>(() => Load(plan, LabelUse.Required)).Message);
    }

    [Fact]
    public void Load_WithoutAColumnOfThePlan_NamesIt()
    {
        TablePlan plan = Plan("shop,x,y\n" + Rows(i => $"{i % 5},{i},{i * 2}"), new() { Task = "shop", Label = "y" });
        File.WriteAllText(_folder["a.csv"], "shop,y\n1,2\n");
        Assert.Contains("must have the column 'x' for the features", Assert.Throws<ToolException>(() => Load(plan, LabelUse.Required)).Message);
        File.WriteAllText(_folder["a.csv"], "shop,x\n1,2\n");
        Assert.Equal(1, Load(plan, LabelUse.Ignored).View.RowCount); // rows to predict need no label
        Assert.Contains("must have the column 'y' for the label", Assert.Throws<ToolException>(() => Load(plan, LabelUse.Required)).Message);
    }

    [Theory]
    [InlineData(null, "y", "--task must be the column that tells the tasks apart, such as a store, a customer or a machine; none was given. Suggestions: --task \"shop\" (5 tasks, 8 rows in the median).")]
    [InlineData("shp", "y", "--task must be a column of '{0}'; got 'shp'. Did you mean 'shop'?")]
    [InlineData("shop", null, "--label must be the column to predict; none was given.")]
    [InlineData("shop", "shop", "--label must be another column than the task; got 'shop' for both.")]
    [InlineData("shop", "zzz", "--label must be a column of '{0}'; got 'zzz'. Columns: 'shop', 'x', 'y', 'one', 'day', 'remark'.")]
    [InlineData("one", "y", "Column 'one' must have at least two values to be the task; got only 'k'.")]
    [InlineData("remark", "y", "Column 'remark' must have several rows for each of its values to be the task")]
    [InlineData("shop", "one", "Column 'one' must have at least two values to be the label; got only 'k'.")]
    [InlineData("shop", "day", "Column 'day' must contain numbers or classes to be the label; got dates such as 2024-01-01.")]
    [InlineData("shop", "remark", "Column 'remark' must contain numbers or classes to be the label; got 40 different texts")]
    public void Plan_AColumnThatDoesNotFit_IsAnErrorWithItsCure(string? task, string? label, string message)
    {
        string text = "shop,x,y,one,day,remark\n" + Rows(i => $"shop {i % 5},{i * 3 % 7},{i * 2},k,2024-01-{1 + i % 28:00},a long remark about {i}");
        Assert.StartsWith(message.Replace("{0}", _folder["a.csv"], StringComparison.Ordinal), Assert.Throws<ToolException>(() => Plan(text, new() { Task = task, Label = label })).Message);
    }

    [Fact]
    public void Plan_ChoicesOfTheUser_AreFollowed()
    {
        string text = "shop,x,zip,remark,y\n" + Rows(i => $"shop {i % 5},{i * 3 % 7},{i % 4},word{i % 3},{i % 2}");
        TablePlan plan = Plan(text, new() { Task = "shop", Label = "y", Ignored = ["x"], Categories = ["zip"], Texts = ["remark"], Positive = "0" });
        Assert.Equal([("zip", ColumnKind.Category), ("remark", ColumnKind.Text)], plan.Features.Select(column => (column.Name, column.Kind)));
        Assert.Equal(("0", "1"), (plan.Positive, plan.Negative));
        Assert.Equal(LabelKind.Multiclass, Plan(text, new() { Task = "shop", Label = "y", Kind = LabelKind.Multiclass }).LabelKind);
        Assert.Contains("must have two values for --kind binary; got 4", Assert.Throws<ToolException>(() => Plan(text, new() { Task = "shop", Label = "zip", Kind = LabelKind.Binary })).Message);
        Assert.Contains("--positive must be a value of column 'y', '0' or '1'; got '2'", Assert.Throws<ToolException>(() => Plan(text, new() { Task = "shop", Label = "y", Positive = "2" })).Message);
        Assert.Contains("must have at least one column for features", Assert.Throws<ToolException>(() => Plan(text, new() { Task = "shop", Label = "y", Ignored = ["x", "zip", "remark"] })).Message);
    }

    public void Dispose() => _folder.Dispose();

    private static string Rows(Func<int, string> row) => string.Concat(Enumerable.Range(0, 40).Select(i => row(i) + "\n"));

    private TablePlan Plan(string text, PlanRequest request)
    {
        File.WriteAllText(_folder["a.csv"], text);
        return new Planner(TableDescription.Of(TableFile.Open(_folder["a.csv"]), []), request).Make();
    }

    private LoadedTable Load(TablePlan plan, LabelUse labels) => TableLoader.Load(TableFile.Open(_folder["a.csv"]), plan, labels);
}
