using MetaML.Files;

namespace MetaML.Training.Loop;

/// <summary>Where an outer loop gets gradients and validation losses from: from tasks in this process, or from shards of the tasks.</summary>
internal interface IGradientSource : IResumable, IDisposable
{
    /// <summary>Number of validation episodes, after <see cref="Evaluate"/>.</summary>
    int ValidationEpisodes { get; }

    /// <summary>The weights of the tasks by name, as they are now, even if they are read later; empty if there are none.</summary>
    IEnumerable<KeyValuePair<string, double>> TaskWeights { get; }

    /// <summary>Draws the episodes of an outer step, and differentiates their weighted mean loss at θ.</summary>
    /// <param name="iteration">The number of the step, from 1. The draws depend only on it and on the seed.</param>
    /// <param name="progress">The progress of training, from 0 to 1.</param>
    /// <param name="descend">Receives the gradient, float [parameters], which it may overwrite, and changes θ.</param>
    /// <returns>The mean loss before the step.</returns>
    /// <exception cref="InvalidOperationException">The loss is not finite.</exception>
    double Step(int iteration, double progress, Action<Tensor> descend);

    /// <summary>The mean loss of the validation episodes at θ, which are the same each time; null if nothing is held out.</summary>
    double? Evaluate();
}
