using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests.Adapters;

/// <summary>Every adapter in single precision beside double precision, on support that makes numbers hard: finite, and within the error that docs/Security.md states.</summary>
public sealed class NumericsTests
{
    public static TheoryData<AdapterCase> Cases => AdapterConformance.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapt_IllConditionedSupport_IsWithinTheStatedError(AdapterCase adapter)
    {
        foreach (string form in IllConditioned.Forms)
            Assert.All(IllConditioned.Scales, scale => Assert.InRange(IllConditioned.Error(adapter, form, scale), 0, IllConditioned.StatedError(adapter)));
    }
}
