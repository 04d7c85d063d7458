using System.Text.RegularExpressions;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Consumer.Tests.Cookbook;

/// <summary>docs/Cookbook.md contains the code of all recipes of <see cref="CookbookRecipes"/>, in their order.</summary>
public sealed partial class CookbookTests
{
    [Fact]
    public void Page_ShowsTheRecipesVerbatim()
    {
        string[] recipes = [.. Recipe().Matches(Text("tests/MetaML.Consumer.Tests/Cookbook/CookbookRecipes.cs")).Select(recipe => Unindented(recipe.Groups[1].Value))];
        string[] blocks = [.. CodeBlock().Matches(Text("docs/Cookbook.md")).Select(block => block.Groups[1].Value)];
        Assert.True(recipes.Length > 15);
        Assert.Equal(recipes, blocks);
    }

    private static string Text(string path) => File.ReadAllText(Path.Combine(SiblingProgram.Root, path)).ReplaceLineEndings("\n");

    // Removes the indentation of a method's body, and an empty line at its end.
    private static string Unindented(string code) => string.Join('\n', code.Split('\n').Select(line => line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line)).TrimEnd();

    [GeneratedRegex(@"^        // <recipe>\n(.*?)^        // </recipe>", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Recipe();

    [GeneratedRegex(@"^```csharp\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
