using MetaML.Files;

namespace MetaML.Weighting;

/// <summary>Computes the weights of tasks, from their losses.</summary>
internal interface ITaskWeighting : IResumable
{
    /// <summary>The weights of all training tasks, in their order; mean 1.</summary>
    IReadOnlyList<double> Weights { get; }

    /// <summary>Receives the losses of an outer step, before its weights are used.</summary>
    /// <param name="tasks">Numbers of the drawn tasks.</param>
    /// <param name="losses">The query losses of the drawn tasks.</param>
    /// <param name="random">The only source of randomness.</param>
    void Observe(IReadOnlyList<int> tasks, IReadOnlyList<double> losses, Random random);
}
