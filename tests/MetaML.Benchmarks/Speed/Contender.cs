using System.Diagnostics;

namespace MetaML.Benchmarks.Speed;

/// <summary>One of the compared methods.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Run">Runs the method once and returns the measured value.</param>
internal sealed record Contender(string Name, Func<double> Run)
{
    /// <summary>A method that is measured in items per second.</summary>
    /// <param name="name">Its name in the table.</param>
    /// <param name="amount">Number of items (rows, tasks or episodes) of one run.</param>
    /// <param name="work">Processes these items.</param>
    public static Contender PerSecond(string name, double amount, Action work) => new(name, () =>
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return amount / Stopwatch.GetElapsedTime(start).TotalSeconds;
    });
}
