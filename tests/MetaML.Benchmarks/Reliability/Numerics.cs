using MetaML.TestKit;

namespace MetaML.Benchmarks.Reliability;

/// <summary>Compares single with double precision for every adapter and kind of label, on ill-conditioned support rows.</summary>
internal static class Numerics
{
    public static void Run()
    {
        double worst = 0;
        int cases = 0;
        foreach (var adapters in ((IEnumerable<object[]>)AdapterConformance.Cases).Select(row => (AdapterCase)row[0]).GroupBy(adapter => adapter.Name))
        {
            var errors = (from adapter in adapters from form in IllConditioned.Forms from scale in IllConditioned.Scales select (Error: IllConditioned.Error(adapter, form, scale), Where: $"{adapter.Kind}, {form}, features times {scale:0e+0}")).ToArray();
            var most = errors.MaxBy(error => error.Error);
            Console.WriteLine($"{adapters.Key,-45} {most.Error:0.0e+0}  {most.Where}");
            (worst, cases) = (Math.Max(worst, most.Error), cases + errors.Length);
        }

        Result.Print(new { reliability = "numerics", cases, worst_error = worst });
    }
}
