using System.Diagnostics;
using MetaML.Data;
using MetaML.Training;

namespace MetaML.Benchmarks.Speed;

/// <summary>Meta-training by this library, measured.</summary>
internal static class Training
{
    private const int Uncounted = 5; // iterations until all is warm

    /// <summary>Tasks per second over many outer steps: drawing and gathering episodes, forward, backward, and the optimiser's step.</summary>
    /// <param name="set">What to train on.</param>
    /// <param name="options">Encoder, adapter and episodes.</param>
    /// <param name="iterations">Outer steps that are counted.</param>
    public static Contender Of(TaskSet set, MetaTrainingOptions options, int iterations) => new("meta-learner", () =>
    {
        long start = 0;
        MetaTrainer.Train(set, options with
        {
            MaximumNumberOfIterations = Uncounted + iterations,
            ValidationFraction = 0,
            EarlyStopping = null,
            NumberOfThreads = 1,
            Seed = 1,
            Progress = new Told(progress => start = progress.Iteration == Uncounted ? Stopwatch.GetTimestamp() : start),
        });
        return iterations * options.Episodes.TasksPerIteration / Stopwatch.GetElapsedTime(start).TotalSeconds;
    });

    private sealed class Told(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
