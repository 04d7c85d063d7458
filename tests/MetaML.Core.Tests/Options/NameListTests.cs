using MetaML.Options;
using Xunit;

namespace MetaML.Core.Tests.Options;

public sealed class NameListTests
{
    [Theory]
    [InlineData(1, "'1'")]
    [InlineData(5, "'1', '2', '3', '4', '5'")]
    [InlineData(6, "'1', '2', '3', '4', '5', …")]
    [InlineData(1000, "'1', '2', '3', '4', '5', …")]
    public void Of_Names_ShowsTheFirstFive(int count, string expected) =>
        Assert.Equal(expected, NameList.Of(Enumerable.Range(1, count).Select(number => $"{number}")));

    [Fact]
    public void OfTexts_Texts_AreNotQuoted() => Assert.Equal("a (2 rows), b (1 row)", NameList.OfTexts(["a (2 rows)", "b (1 row)"]));
}
