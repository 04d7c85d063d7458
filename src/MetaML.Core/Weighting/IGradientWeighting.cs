namespace MetaML.Weighting;

/// <summary>A weighting that depends on the gradients of the drawn tasks. The outer step uses the gradient Σᵢ cᵢ gᵢ / n.</summary>
/// <remarks>
/// gᵢ is the gradient of task i's query loss by the encoder's parameters. The known methods need only the products gᵢ · gⱼ, and
/// their result is a linear combination of gradients. A method is therefore arithmetic on one small matrix. The coefficients c
/// weight the losses, so they also apply to the adapter's own parameters.
/// </remarks>
internal interface IGradientWeighting : ITaskWeighting
{
    /// <summary>Whether gᵢ is the gradient by only the encoder's last layer.</summary>
    bool UsesLastLayer => false;

    /// <summary>Computes c of the drawn tasks. Called after <see cref="ITaskWeighting.Observe"/>, and before the step.</summary>
    /// <param name="tasks">Numbers of the n drawn tasks. A pool of classes may occur more than once.</param>
    /// <param name="products">gᵢ · gⱼ, [n, n].</param>
    /// <param name="random">The only source of randomness.</param>
    /// <returns>c: [n].</returns>
    double[] Combine(IReadOnlyList<int> tasks, double[,] products, Random random);
}
