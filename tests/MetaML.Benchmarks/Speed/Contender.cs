using System.Diagnostics;

namespace MetaML.Benchmarks.Speed;

/// <summary>One way to do a piece of work.</summary>
/// <param name="Name">What it is called in the table.</param>
/// <param name="Run">Does the work once, and gives what is measured of it.</param>
internal sealed record Contender(string Name, Func<double> Run)
{
    /// <summary>Work that is measured by how much of it is done in a second.</summary>
    /// <param name="name">What it is called in the table.</param>
    /// <param name="amount">How many rows, tasks or episodes one run does.</param>
    /// <param name="work">Does them.</param>
    public static Contender PerSecond(string name, double amount, Action work) => new(name, () =>
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return amount / Stopwatch.GetElapsedTime(start).TotalSeconds;
    });
}
