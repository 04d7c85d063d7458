namespace MetaML.Extensions.Persistence;

/// <summary>How much a file may still make its reader allocate beyond the bytes that it holds.</summary>
/// <param name="bytes">At the start.</param>
/// <param name="what">What is counted, for the error.</param>
/// <param name="remedy">What to do about an honest file.</param>
internal sealed class ByteBudget(long bytes, string what, string remedy)
{
    private long _taken;

    /// <summary>Takes bytes.</summary>
    /// <exception cref="InvalidDataException">There are not so many left.</exception>
    public void Take(long count)
    {
        if (count < 0 || count > bytes - _taken)
            throw new InvalidDataException($"{what} must be at most {bytes} bytes. The file is damaged or hostile. {remedy}");
        _taken += count;
    }
}
