using MetaML.Native;
using MetaML.Parameters;
using MetaML.Pretrained.Network;
using MetaML.PriorFitting.Prior;
using static TorchSharp.torch;

namespace MetaML.PriorFitting.Training;

/// <summary>Losses on made-up tables that are never trained on: the same ones for every network.</summary>
internal sealed record Validation
{
    private const int Seed = 20_000_000, QueryRows = 64, Tables = 48;
    private static readonly int[] s_supports = [20, 50, 100, 300];

    /// <summary>The mean cross-entropy of two classes, of more classes, and of bins, for each size of the support.</summary>
    public required IReadOnlyList<(int Support, double Binary, double Multiclass, double Bins)> Losses { get; init; }

    /// <summary>The tables of one size of support.</summary>
    public static MadeTable[] TablesOf(NetworkShape shape, int support, int classes)
    {
        var prior = new TablePrior(shape.Slots);
        return [.. Enumerable.Range(0, Tables).Select(table =>
        {
            var random = new Random(BatchSource.HashCode(Seed + support, table + 1000 * classes));
            return prior.Draw(random, classes > 2 ? random.Next(3, NetworkShape.MaximumClasses + 1) : classes, support, QueryRows);
        })];
    }

    /// <summary>Evaluates a network.</summary>
    public static Validation Of(NetworkWeights weights) => new()
    {
        Losses = [.. s_supports.Select(support => (support, Loss(weights, support, 2), Loss(weights, support, 3), Loss(weights, support, 0)))],
    };

    /// <summary>One line.</summary>
    public string Summary() => string.Join("; ", Losses.Select(loss => $"{loss.Support} rows: binary {loss.Binary:F4}, multiclass {loss.Multiclass:F4}, bins {loss.Bins:F4}"));

    private static double Loss(NetworkWeights weights, int support, int classes)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        var network = new TorchNetwork(weights.Shape, ParameterSet.FromArrays(weights.Shape.Parameters, weights.Parameters));
        var (_, ofClasses, bins) = network.Loss(new TableBatch(weights.Shape, TablesOf(weights.Shape, support, classes)));
        return (classes == 0 ? bins : ofClasses).Value() / Tables;
    }
}
