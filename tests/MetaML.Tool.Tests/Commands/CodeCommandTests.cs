using MetaML.TestKit;
using Xunit;

namespace MetaML.Tool.Tests.Commands;

/// <summary>The C# project of a training. A test of the packages compiles and runs one.</summary>
public sealed class CodeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Code_Table_WritesThePipelineOfTrain()
    {
        File.WriteAllText(_folder["shops.csv"], Shops.Csv(0, 6, 10));
        ToolRun.Succeeding("code", _folder["shops.csv"], "-t", "shop", "-l", "mood", "--ignore", "sales", "-o", _folder["Learn"], "--seed", "7");
        Assert.Equal(["Learn.csproj", "Program.cs", "Row.cs"], Directory.GetFiles(_folder["Learn"]).Select(path => Path.GetFileName(path)).Order());
        string program = File.ReadAllText(_folder["Learn/Program.cs"]), row = File.ReadAllText(_folder["Learn/Row.cs"]);
        Assert.Contains("ml.MulticlassClassification.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = \"mood\", TaskColumnName = \"shop\", Seed = 7 })", program, StringComparison.Ordinal);
        Assert.Contains("[ColumnName(\"sold_out\")]\n    public string SoldOut", row.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.DoesNotContain("Sales", row, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_WithTrees_AddsTheirScoreAndTheirPackage()
    {
        File.WriteAllText(_folder["shops.csv"], Shops.Csv(0, 6, 10));
        ToolRun.Succeeding("code", _folder["shops.csv"], "-t", "shop", "-l", "sales", "--trees", "-o", _folder["Learn"]);
        string program = File.ReadAllText(_folder["Learn/Program.cs"]);
        Assert.Contains(".Append(ml.MetaLearning().PooledScore(ml.Regression.Trainers.FastTree(", program, StringComparison.Ordinal);
        Assert.Contains(".Append(ml.Transforms.Concatenate(\"Features\", \"Features\", \"Trees\"))", program, StringComparison.Ordinal);
        Assert.Contains("<PackageReference Include=\"Microsoft.ML.FastTree\"", File.ReadAllText(_folder["Learn/Learn.csproj"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Code_NamesThatCSharpDoesNotAllow_AreEscaped()
    {
        File.WriteAllText(_folder["odd.csv"], "shop;\"a \"\"b\\\";1st;row;class;y\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"s{i % 5};{i * 3 % 7};{i % 9};{i % 4};{i % 3};{i * 2}\n")));
        ToolRun.Succeeding("code", _folder["odd.csv"], "-t", "shop", "-l", "y", "-o", _folder["Odd"]);
        string row = File.ReadAllText(_folder["Odd/Row.cs"]);
        Assert.Contains("public float Column1st ", row, StringComparison.Ordinal);
        Assert.Contains("public float Row2 ", row, StringComparison.Ordinal);
        Assert.Contains("public float Class ", row, StringComparison.Ordinal);
        Assert.Contains("cells[\"a \\\"b\\\\\"]", row, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_FolderWithFiles_OrColumnsWithoutNames_AreRefused()
    {
        File.WriteAllText(_folder["shops.csv"], Shops.Csv(0, 6, 10));
        Assert.Contains("must be a folder that is absent or empty", ToolRun.Refused("code", _folder["shops.csv"], "-t", "shop", "-l", "sales", "-o", _folder["."]), StringComparison.Ordinal);
        File.WriteAllText(_folder["twice.csv"], "a,a,b\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{i % 5},{i * 7 % 11},{i}\n")));
        Assert.Contains("The name 'a' occurs twice", ToolRun.Refused("code", _folder["twice.csv"], "-t", "a", "-l", "b", "-o", _folder["Twice"]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["Twice"]));
    }

    public void Dispose() => _folder.Dispose();
}
