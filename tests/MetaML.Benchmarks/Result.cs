using System.Text.Json;

namespace MetaML.Benchmarks;

/// <summary>Prints a result as a line for other programs.</summary>
internal static class Result
{
    public static void Print(object values) => Console.WriteLine("RESULT " + JsonSerializer.Serialize(values));
}
