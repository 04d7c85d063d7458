using TorchSharp;
using TorchSharp.Modules;

namespace MetaML;

/// <summary>Writes losses and task weights to an event file that TensorBoard shows.</summary>
/// <remarks>
/// Series: <c>loss/training</c>; <c>loss/validation</c>, a point whenever it was evaluated anew; <c>task weight/{task}</c>, or,
/// with more than twenty tasks, <c>task weight/least</c>, <c>median</c> and <c>greatest</c>. The file is written as training
/// goes, by TorchSharp's SummaryWriter, which takes plain numbers for this: the native library is not needed. One object
/// serves one training; it is not safe for several at once.
/// </remarks>
public sealed class TensorBoardProgress : IProgress<TrainingProgress>
{
    private const int TasksNamed = 20;

    private readonly SummaryWriter _writer;
    private readonly int _interval;
    private double? _validationLoss;

    /// <summary>Begins an event file.</summary>
    /// <param name="folder">The folder of this training's files, which TensorBoard's <c>--logdir</c> names, or its parent; it is made where it is absent.</param>
    /// <param name="interval">Outer steps from one point to the next, at least 1; the last step is always written.</param>
    /// <exception cref="ArgumentException">The folder is empty, or the interval is below 1.</exception>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder must not be written to.</exception>
    public TensorBoardProgress(string folder, int interval = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        _writer = torch.utils.tensorboard.SummaryWriter(folder);
        _interval = interval;
    }

    /// <summary>Writes where training stands.</summary>
    /// <param name="value">What the trainer reports.</param>
    public void Report(TrainingProgress value)
    {
        if (value.Iteration % _interval != 0 && value.Iteration != value.MaximumNumberOfIterations)
            return;
        Write("loss/training", value.TrainingLoss, value.Iteration);
        if (value.ValidationLoss is { } loss && loss != _validationLoss)
            Write("loss/validation", loss, value.Iteration);
        _validationLoss = value.ValidationLoss;

        KeyValuePair<string, double>[] weights = [.. value.TaskWeights.OrderBy(weight => weight.Value)];
        if (weights.Length > TasksNamed)
            weights = [new("least", weights[0].Value), new("median", weights[weights.Length / 2].Value), new("greatest", weights[^1].Value)];
        foreach ((string name, double weight) in weights)
            Write($"task weight/{name}", weight, value.Iteration);
    }

    private void Write(string series, double value, int iteration) => _writer.add_scalar(series, (float)value, iteration);
}
