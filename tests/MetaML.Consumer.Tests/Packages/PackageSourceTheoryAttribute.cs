using Xunit;

namespace MetaML.Consumer.Tests.Packages;

/// <summary>A theory that installs packages: skipped where none of the user's sources can be reached.</summary>
internal sealed class PackageSourceTheoryAttribute : TheoryAttribute
{
    public PackageSourceTheoryAttribute() => Skip = new PackageSourceFactAttribute().Skip;
}
