using MetaML.Models;

namespace MetaML.Extensions.Orleans.Serving;

/// <summary>A task as a model knows it. Immutable.</summary>
/// <param name="Outputs">The head of each output of the model, with its statistics; null for an output that does not know the task.</param>
internal sealed record TaskHeads(IReadOnlyList<AdaptedTask?> Outputs)
{
    /// <summary>Number of rows of the task.</summary>
    public int RowCount => Outputs.Max(output => output?.RowCount ?? 0);

    /// <summary>Whether rows can be added and taken away.</summary>
    public bool HasStatistics => Outputs.All(output => output is null || output.HasStatistics);
}
