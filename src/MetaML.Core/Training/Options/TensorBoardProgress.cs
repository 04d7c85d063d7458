using TorchSharp;
using TorchSharp.Modules;

namespace MetaML;

/// <summary>Writes losses and task weights to an event file of TensorBoard.</summary>
/// <remarks>
/// Series: <c>loss/training</c>; <c>loss/validation</c>, with a point after each validation; <c>task weight/{task}</c>, or, with
/// more than twenty tasks, <c>task weight/least</c>, <c>task weight/median</c> and <c>task weight/greatest</c>. The file grows
/// during training. TorchSharp's SummaryWriter writes it without the native library. Use one object for each training; it is not
/// thread-safe.
/// </remarks>
/// <example>
/// <code>
/// var options = new MetaLearnerOptions { Progress = new TensorBoardProgress("runs/first", interval: 10) };
/// ITransformer trained = ml.Regression.Trainers.MetaLearner(options).Fit(trainingTasks);
/// </code>
/// </example>
public sealed class TensorBoardProgress : IProgress<TrainingProgress>
{
    private const int TasksNamed = 20;

    private readonly SummaryWriter _writer;
    private readonly int _interval;
    private double? _validationLoss;

    /// <summary>Starts an event file.</summary>
    /// <param name="folder">The folder for the files of this training. TensorBoard's <c>--logdir</c> names it or its parent. It is created if it does not exist.</param>
    /// <param name="interval">Number of outer steps between points, at least 1. The last step is always written.</param>
    /// <exception cref="ArgumentException">The folder is empty, or the interval is below 1.</exception>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The process has no permission to write to the folder.</exception>
    public TensorBoardProgress(string folder, int interval = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        _writer = torch.utils.tensorboard.SummaryWriter(folder);
        _interval = interval;
    }

    /// <summary>Writes the losses and weights of a step.</summary>
    /// <param name="value">The progress from the trainer.</param>
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
