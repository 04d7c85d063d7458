namespace MetaML.Extensions.Persistence;

/// <summary>Limits the number of bytes that a file makes its reader allocate.</summary>
/// <param name="limit">The largest number of bytes.</param>
/// <param name="subject">The quantity that is limited, for the error message.</param>
/// <param name="cure">The advice for a file that is trusted, for the error message.</param>
internal sealed class ByteBudget(long limit, string subject, string cure)
{
    private long _reserved;

    /// <summary>Reserves bytes.</summary>
    /// <exception cref="InvalidDataException">The limit is exceeded.</exception>
    public void Reserve(long count)
    {
        if (count < 0 || count > limit - _reserved)
            throw new InvalidDataException($"{subject} must be at most {limit} bytes. The file is damaged or hostile. {cure}");
        _reserved += count;
    }
}
