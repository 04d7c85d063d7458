namespace MetaML.Encoders;

/// <summary>How the parameters of one inner step are laid out, and what dropout keeps in it.</summary>
/// <param name="Loss">What is differentiated.</param>
/// <param name="Parts">The parameters in their order, the head's last.</param>
/// <param name="Kept">Of each hidden layer, float [tasks, rows, units]; none where nothing is dropped.</param>
internal sealed record PerceptronStep(PerceptronLoss Loss, PerceptronPart[] Parts, Tensor[] Kept)
{
    /// <summary>Number of values that a task has of its own.</summary>
    public int OwnCount { get; } = Parts.Where(part => part.IsOwn).Sum(part => part.Count);

    /// <summary>Number of values that gradients are wanted by.</summary>
    public int WantedCount { get; } = Parts.Where(part => part.WantedAt >= 0).Sum(part => part.Count);
}

/// <summary>Where a parameter lies.</summary>
/// <param name="At">Among all parameters.</param>
/// <param name="Count">Number of values.</param>
/// <param name="IsOwn">Whether each task has its own.</param>
/// <param name="From">Among those that each task has, or among those that are shared.</param>
/// <param name="WantedAt">Among the gradients; −1 where none is wanted.</param>
internal readonly record struct PerceptronPart(int At, int Count, bool IsOwn, int From, int WantedAt);
