using Xunit;

namespace MetaML.TestKit;

/// <summary>A theory on <see cref="MixedData"/>; it is skipped where the data are absent.</summary>
internal sealed class MixedDataTheoryAttribute : TheoryAttribute
{
    public MixedDataTheoryAttribute()
    {
        if (MixedData.Folder is null)
            Skip = "The folder shared/data/mixed, with lme4's data and results, is not above the repository.";
    }
}
