using System.Diagnostics;
using MetaML.Data;
using MetaML.Training;

namespace MetaML.Benchmarks.Speed;

/// <summary>Measures meta-training with this library.</summary>
internal static class Training
{
    private const int WarmUpIterations = 5;

    /// <summary>Tasks per second over many outer steps. A step includes drawing episodes, gathering their rows, the forward and backward pass, and the step of the optimiser.</summary>
    /// <param name="set">The training tasks.</param>
    /// <param name="options">Encoder, adapter and episodes.</param>
    /// <param name="iterations">Number of outer steps that are counted.</param>
    public static Contender Of(TaskSet set, MetaTrainingOptions options, int iterations) => new("meta-learner", () =>
    {
        long start = 0;
        MetaTrainer.Train(set, options with
        {
            MaximumNumberOfIterations = WarmUpIterations + iterations,
            ValidationFraction = 0,
            EarlyStopping = null,
            NumberOfThreads = 1,
            Seed = 1,
            Progress = new SynchronousProgress(progress => start = progress.Iteration == WarmUpIterations ? Stopwatch.GetTimestamp() : start),
        });
        return iterations * options.Episodes.TasksPerIteration / Stopwatch.GetElapsedTime(start).TotalSeconds;
    });

    private sealed class SynchronousProgress(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
