using System.Numerics.Tensors;
using MetaML.Files;
using MetaML.Parameters;
using MetaML.Training.Loop;
using static TorchSharp.torch;

namespace MetaML.Training.Shards;

/// <summary>Gradients from shards of the tasks: g = Σₖ (nₖ / n) gₖ, with nₖ the number of tasks of shard k and gₖ the gradient of the mean loss of the tasks that it draws.</summary>
/// <remarks>
/// A step draws the same number of tasks from each shard, so that all shards have the same work. The expected value of g is that of tasks
/// that are drawn from all tasks alike. Sums are taken in the order of the shards. The same holds for the validation loss.
/// </remarks>
/// <param name="parameters">θ.</param>
/// <param name="differentiate">The answers of all shards to <see cref="GradientShard.Differentiate"/>, in their order.</param>
/// <param name="validate">The answers of all shards to <see cref="GradientShard.Validate"/>, in their order.</param>
internal sealed class ShardedGradients(TrainedParameters parameters, Func<float[], int, double, IReadOnlyList<ShardGradient>> differentiate, Func<float[], IReadOnlyList<ShardValidation>> validate) : IGradientSource
{
    private IReadOnlyList<ShardValidation> _shards = []; // at the last evaluation

    /// <inheritdoc/>
    public int ValidationEpisodes => _shards.Sum(shard => shard.Episodes);

    /// <summary>Number of tasks of all shards, after <see cref="Evaluate"/>.</summary>
    public int Tasks => _shards.Sum(shard => shard.Tasks);

    /// <summary>Number of rows of all shards, after <see cref="Evaluate"/>.</summary>
    public long Rows => _shards.Sum(shard => shard.Rows);

    /// <summary>None: all tasks have the same weight.</summary>
    public IEnumerable<KeyValuePair<string, double>> TaskWeights => [];

    /// <inheritdoc/>
    public double Step(int iteration, double progress, Action<Tensor> descend)
    {
        using var scope = NewDisposeScope();
        double tasks = Tasks, loss = 0;
        var gradient = new float[parameters.Count];
        foreach (var (answer, shard) in differentiate(ParameterSet.ToArray(parameters.Theta), iteration, progress).Zip(_shards))
        {
            TensorPrimitives.MultiplyAdd(answer.Gradient, (float)(shard.Tasks / tasks), gradient, gradient);
            loss += shard.Tasks / tasks * answer.Loss;
        }

        descend(tensor(gradient, device: parameters.Theta.device));
        return loss;
    }

    /// <inheritdoc/>
    public double? Evaluate()
    {
        _shards = validate(ParameterSet.ToArray(parameters.Theta));
        double tasks = _shards.Where(shard => shard.Episodes > 0).Sum(shard => shard.Tasks);
        return tasks > 0 ? _shards.Where(shard => shard.Episodes > 0).Sum(shard => shard.Tasks / tasks * shard.Loss) : null;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
    }

    public void Dispose()
    {
    }
}
