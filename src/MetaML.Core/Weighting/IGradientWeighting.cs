namespace MetaML.Weighting;

/// <summary>A weighting that looks at the gradients of the drawn tasks: the outer step goes along Σᵢ cᵢ gᵢ / n.</summary>
/// <remarks>
/// gᵢ is the gradient of task i's query loss by the encoder's parameters. All that the known methods need of them is how they
/// stand to each other, gᵢ · gⱼ, and what they give is a linear combination: so a method is plain arithmetic on one small
/// matrix, and its c weigh the losses, for the adapter's own parameters too.
/// </remarks>
internal interface IGradientWeighting : ITaskWeighting
{
    /// <summary>Whether gᵢ is by the encoder's last layer alone rather than by all of it.</summary>
    bool UsesLastLayer => false;

    /// <summary>c of the drawn tasks; called after <see cref="ITaskWeighting.Observe"/>, before the step.</summary>
    /// <param name="tasks">Numbers of the n drawn tasks; a pool of classes may be drawn more than once.</param>
    /// <param name="products">gᵢ · gⱼ, [n, n].</param>
    /// <param name="random">The only source of randomness.</param>
    /// <returns>[n].</returns>
    double[] Combine(IReadOnlyList<int> tasks, double[,] products, Random random);
}
