using MetaML.Options;

namespace MetaML.Statistics;

/// <summary>What a model keeps of the rows of its tasks.</summary>
/// <param name="BufferRows">The largest number of rows that a task keeps if its head is not a function of sums over rows.</param>
internal sealed record StatisticsOptions(int BufferRows)
{
    /// <summary>Checks options that were read from a file.</summary>
    /// <exception cref="ArgumentException">The number is outside its range.</exception>
    public void Validate() => OptionCheck.AtLeast<int>(this, nameof(BufferRows), BufferRows, 1);
}
