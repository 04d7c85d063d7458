namespace MetaML.Numerics;

/// <summary>A loop on all cores that throws the exception of a matrix that is singular in double precision as itself, and not inside an AggregateException.</summary>
internal static class ParallelLoop
{
    /// <summary>Runs the body for each number from 0.</summary>
    /// <param name="count">How many numbers.</param>
    /// <param name="body">The body; it must not depend on other numbers.</param>
    /// <exception cref="ArithmeticException">A body threw it.</exception>
    public static void For(int count, Action<int> body)
    {
        try
        {
            Parallel.For(0, count, body);
        }
        catch (AggregateException exception) when (exception.InnerException is ArithmeticException inner)
        {
            throw inner;
        }
    }
}
