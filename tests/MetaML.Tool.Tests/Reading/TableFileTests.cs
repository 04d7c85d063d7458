using System.IO.Compression;
using System.Text;
using MetaML.TestKit;
using MetaML.Tool.Reading;
using Parquet;
using Parquet.Schema;
using Xunit;

namespace MetaML.Tool.Tests.Reading;

public sealed class TableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("a,b\n1,x\n2,y\n", "comma")]
    [InlineData("a;b\n1,5;x\n2,5;y\n", "semicolon")]
    [InlineData("a\tb\n1\tx, y\n2\ty, z\n", "tab")]
    [InlineData("a|b\r\n1|x\r\n2|y\r\n", "vertical bar")]
    [InlineData("\n\na,b\n1,x\n\n2,y\n\n", "comma")]
    public void Open_FindsTheSeparator(string text, string separator)
    {
        TableFile file = TableFile.Open(Write("a.csv", text));
        Assert.Equal($"text, utf-8, {separator} between cells", file.Format);
        Assert.Equal(["a", "b"], file.Names);
        Assert.Equal(2, Rows(file).Count);
    }

    [Fact]
    public void Rows_QuotedCells_KeepSeparatorsQuotesAndLines()
    {
        TableFile file = TableFile.Open(Write("a.csv", "name,remark\r\n\"Smith, J\",\"said \"\"hi\"\"\nand left\"\r\n x , y \r\n"));
        Assert.Equal([["Smith, J", "said \"hi\"\nand left"], ["x", "y"]], Rows(file));
    }

    [Fact]
    public void Open_AnyEncoding_ReadsTheSameText()
    {
        const string Text = "straße,stadt\nRing,Köln\n";
        File.WriteAllText(_folder["bom.csv"], Text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        File.WriteAllText(_folder["utf16.csv"], Text, Encoding.Unicode);
        File.WriteAllText(_folder["latin.csv"], Text, Encoding.Latin1);
        using (var gzip = new GZipStream(File.Create(_folder["text.csv.gz"]), CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(Text));
        foreach (string name in new[] { "bom.csv", "utf16.csv", "latin.csv", "text.csv.gz" })
        {
            TableFile file = TableFile.Open(_folder[name]);
            Assert.Equal(["straße", "stadt"], file.Names);
            Assert.Equal([["Ring", "Köln"]], Rows(file));
            Assert.Equal(name == "latin.csv", file.Notes.Any(note => note.Contains("Windows-1252", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Open_RepeatedAndMissingNames_AreMadeDifferent()
    {
        TableFile file = TableFile.Open(Write("a.csv", "a,a,,b\n1,2,3,4\n"));
        Assert.Equal(["a", "a (2)", "column 3", "b"], file.Names);
        Assert.Equal(2, file.Notes.Count);
    }

    [Fact]
    public void Open_FirstLineOfNumbers_IsARow()
    {
        TableFile file = TableFile.Open(Write("a.csv", "1,2\n3,4\n"));
        Assert.Equal(["column 1", "column 2"], file.Names);
        Assert.Equal([["1", "2"], ["3", "4"]], Rows(file));
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("\n\n", "it is empty")]
    [InlineData("a,b,c\n1,2,3\n4,5\n", "Line 3 of ")]
    [InlineData("a,b\n1,2,3\n", "must have 2 cells, as the header has; got 3")]
    [InlineData("a,b\n\"x\ny\",1\nz,1,2\n", "Line 4 of ")] // a cell with a line break counts as two lines
    [InlineData("a,b\n1,\"x\n2,y\n3,z\n", "one on line 2 is not")]
    [InlineData("a,\"b\n1,2\n3,4\n", "one on line 1 is not")]
    [InlineData("\n\na,\"b\n1,2\n", "one on line 3 is not")]
    [InlineData("a\0b\n", "bytes that are 0")]
    [InlineData("PK\u0003\u0004xx", "zip archive")]
    [InlineData("PAR1xxxxxxxxxxxxxxxxxxxx", "complete Parquet file")]
    public void Rows_OfAWrongFile_GiveTheLineAndTheCure(string text, string message)
    {
        string path = Write("a.csv", text);
        Assert.Contains(message, Assert.Throws<ToolException>(() => Rows(TableFile.Open(path))).Message);
    }

    [Fact]
    public void Open_AbsentFile_FolderAndTooManyColumns_AreErrors()
    {
        Assert.Contains("no such file", Assert.Throws<ToolException>(() => TableFile.Open(_folder["absent.csv"])).Message);
        Assert.Contains("it is a folder", Assert.Throws<ToolException>(() => TableFile.Open(_folder["."])).Message);
        string wide = string.Join(',', Enumerable.Range(0, TableFile.MaximumColumns + 1).Select(i => $"c{i}"));
        Assert.Contains("at most 20,000 columns; got 20,001", Assert.Throws<ToolException>(() => TableFile.Open(Write("wide.csv", wide + "\n"))).Message);
    }

    [Fact]
    public async Task Rows_OfParquet_AreThoseThatWereWritten()
    {
        DataField[] fields = [new DataField<string>("shop"), new DataField<int?>("count"), new DataField<double>("price"), new DataField<DateTime>("day"), new DataField<bool>("open")];
        using (FileStream stream = File.Create(_folder["a.parquet"]))
        {
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream);
            for (int group = 0; group < 2; group++)
            {
                using ParquetRowGroupWriter rows = writer.CreateRowGroup();
                await rows.WriteAsync(fields[0], new string?[] { "a", null });
                await rows.WriteAsync<int>(fields[1], new int?[] { group, null }.AsMemory());
                await rows.WriteAsync<double>(fields[2], new[] { 1.5, -2 }.AsMemory());
                await rows.WriteAsync<DateTime>(fields[3], new[] { new DateTime(2024, 2, 29, 0, 0, 0, DateTimeKind.Utc), new DateTime(2024, 3, 1, 0, 0, 0, DateTimeKind.Utc) }.AsMemory());
                await rows.WriteAsync<bool>(fields[4], new[] { true, false }.AsMemory());
            }
        }

        TableFile file = TableFile.Open(_folder["a.parquet"]);
        Assert.Equal("Parquet", file.Format);
        Assert.Equal(["shop", "count", "price", "day", "open"], file.Names);
        Assert.Equal(
            [["a", "0", "1.5", "2024-02-29T00:00:00", "True"], ["", "", "-2", "2024-03-01T00:00:00", "False"], ["a", "1", "1.5", "2024-02-29T00:00:00", "True"], ["", "", "-2", "2024-03-01T00:00:00", "False"]],
            Rows(file));
    }

    public void Dispose() => _folder.Dispose();

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }

    private static List<string[]> Rows(TableFile file)
    {
        var all = new List<string[]>();
        using RowReader rows = file.OpenRows();
        while (rows.Read())
            all.Add([.. rows.Names.Select((_, i) => rows[i].ToString())]);
        return all;
    }
}
