using MetaML.TestKit;
using MetaML.Tool.Columns;
using MetaML.Tool.Reading;
using Xunit;

namespace MetaML.Tool.Tests.Columns;

public sealed class TableDescriptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Of_EachKindOfColumn_IsRecognised()
    {
        TableDescription table = Describe("id,shop,price,share,day,remark,empty,same,some,code\n" + string.Concat(Enumerable.Range(1, 40).Select(i =>
            $"{i},shop {i % 5},{i * 0.5},{i % 9} %,2024-{1 + i % 12:00}-{1 + i % 28:00},this is the long remark {i},NA,x,{(i % 3 == 0 ? "" : "yes")},k{i}\n")));
        Assert.Equal(
            [ColumnKind.Identifier, ColumnKind.Category, ColumnKind.Number, ColumnKind.Number, ColumnKind.Date, ColumnKind.Text, ColumnKind.Empty, ColumnKind.Constant, ColumnKind.Category, ColumnKind.Identifier],
            table.Columns.Select(column => column.Kind));
        Assert.Equal(40, table.RowCount);
        Assert.Equal(40, table.Columns[6].MissingCount);
        Assert.Equal(13, table.Columns[8].MissingCount);
        Assert.Equal((0.5, 20.0), (table.Columns[2].Minimum!.Value, table.Columns[2].Maximum!.Value));
        Assert.Equal(new TaskSuggestion("shop", 5, 8), Assert.Single(table.TaskSuggestions));
    }

    [Theory]
    [InlineData("2024-05-06", "2024-12-31", "yyyy-MM-dd")]
    [InlineData("2024-05-06T10:20:30Z", "2024-12-31T00:00:00Z", "yyyy-MM-ddTHH:mm:ssK")]
    [InlineData("6.5.2024", "31.12.2024", "d.M.yyyy")]
    [InlineData("6/5/2024", "31/12/2024", "d/M/yyyy")]
    [InlineData("5/6/2024", "12/31/2024", "M/d/yyyy")]
    [InlineData("May 6, 2024", "December 31, 2024", "MMMM d, yyyy")]
    public void Of_Dates_FindsTheFormatOfAll(string first, string last, string format)
    {
        ColumnDescription column = Describe($"a;b\n1;{first}\n2;{last}\n3;{last}\n").Columns[1];
        Assert.Equal(format, column.DateFormat);
        Assert.Equal((new DateTime(2024, 5, 6), new DateTime(2024, 12, 31)), (column.FirstDate!.Value.Date, column.LastDate!.Value.Date));
    }

    [Fact]
    public void Of_DayAndMonthThatCannotBeToldApart_SaysSo()
    {
        Assert.Contains("'b' has dates in which day and month cannot be told apart", Assert.Single(Describe("a,b\n1,2/3/2024\n2,4/5/2024\n").Notes));
    }

    [Fact]
    public void Of_DecimalCommas_AreNumbers()
    {
        ColumnDescription column = Describe("a;b\n1,5;x\n2;y\n3,25;z\n").Columns[0];
        Assert.Equal((ColumnKind.Number, true, 3.25), (column.Kind, column.HasDecimalComma, column.Maximum));
    }

    [Fact]
    public void Of_AFewTextsAmongNumbers_AreShownWithTheFirstLine()
    {
        TableDescription table = Describe("a,b\n" + string.Concat(Enumerable.Range(1, 40).Select(i => $"{(i == 17 ? "abc" : i * 2)},{i % 4}\n")));
        Assert.Equal(new NotNumbers(1, "abc", "line 18"), table.Columns[0].NotNumbers);
        Assert.Contains("'abc' on line 18", Assert.Single(table.Notes));
        Assert.Null(Describe("a,b\n" + string.Concat(Enumerable.Range(1, 40).Select(i => $"{(i == 17 ? "abc" : i * 2)},{i % 4}\n")), ["abc"]).Columns[0].NotNumbers);
    }

    [Fact]
    public void Of_ManyValues_AreNotCountedFurther()
    {
        ColumnDescription column = Describe("a,b\n" + string.Concat(Enumerable.Range(0, ColumnStatistics.MostValues + 5).Select(i => $"{i * 1.5},x\n"))).Columns[0];
        Assert.Null(column.ValueCount);
        Assert.Empty(column.Values);
        Assert.Equal(ColumnKind.Number, column.Kind);
    }

    public void Dispose() => _folder.Dispose();

    private TableDescription Describe(string text, params string[] missing)
    {
        File.WriteAllText(_folder["a.csv"], text);
        return TableDescription.Of(TableFile.Open(_folder["a.csv"]), missing);
    }
}
