using System.Text.Json;

namespace MetaML.Benchmarks;

/// <summary>The line that programs read.</summary>
internal static class Result
{
    public static void Print(object values) => Console.WriteLine("RESULT " + JsonSerializer.Serialize(values));
}
