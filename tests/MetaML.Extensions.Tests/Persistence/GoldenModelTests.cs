using MetaML.TestKit;
using Xunit;

namespace MetaML.Extensions.Tests.Persistence;

/// <summary>Models saved by earlier versions. They are written by <c>MetaML.Benchmarks -- reliability golden --write</c>, which adds missing files and replaces no file.</summary>
public sealed class GoldenModelTests
{
    public static TheoryData<string> Names => new(GoldenModels.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public void Load_SavedByAnEarlierVersion_ScoresTheSame(string name) => Assert.Null(GoldenModels.Difference(name));

    [Fact]
    public void Folder_HoldsEveryKindOfLabel() =>
        Assert.Superset(new HashSet<string> { "binary", "binary-chain", "multiclass", "multiclass-chain", "regression", "noise-per-task", "multi-output" }, GoldenModels.Names.ToHashSet());
}
