using MetaML.TestKit;

namespace MetaML.Benchmarks.Reliability;

/// <summary>Compares the scores of saved models with those of the version that saved them, or adds missing models.</summary>
internal static class Golden
{
    public static void Run(bool write)
    {
        if (write)
            GoldenModels.Write();
        var wrong = GoldenModels.Names.Select(name => (Name: name, Difference: GoldenModels.Difference(name))).Where(model => model.Difference is not null).ToArray();
        foreach (var (name, difference) in wrong)
            Console.WriteLine($"{name}: {difference}");
        Result.Print(new { reliability = "golden", models = GoldenModels.Names.Count(), wrong = wrong.Length, written = write });
    }
}
