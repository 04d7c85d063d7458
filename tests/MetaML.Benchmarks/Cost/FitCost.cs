using System.Diagnostics;
using MetaML.Benchmarks.Speed;
using Microsoft.ML;

namespace MetaML.Benchmarks.Cost;

/// <summary>The cost of a Fit: processor seconds of all threads, elapsed seconds, and the largest resident memory of the process so far.</summary>
/// <param name="ProcessorSeconds">User and system time of all threads of the process during Fit.</param>
/// <param name="Seconds">Elapsed time of Fit.</param>
/// <param name="PeakMegabytes">Peak of the process from its start.</param>
internal sealed record FitCost(double ProcessorSeconds, double Seconds, double PeakMegabytes)
{
    /// <summary>Fits a regression trainer.</summary>
    /// <param name="tasks">The data.</param>
    /// <param name="options">Default options, or those of the linear prior.</param>
    public static FitCost OfRegression(LinearTasks tasks, MetaLearnerOptions options)
    {
        var ml = new MLContext(seed: 1);
        return Of(ml.Regression.Trainers.MetaLearner(options), tasks.View(ml));
    }

    /// <summary>Fits any estimator.</summary>
    public static FitCost Of<T>(IEstimator<T> estimator, IDataView data)
        where T : class, ITransformer
    {
        using var process = Process.GetCurrentProcess();
        GC.Collect();
        TimeSpan before = process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        T model = estimator.Fit(data);
        clock.Stop();
        process.Refresh();
        double processor = (process.TotalProcessorTime - before).TotalSeconds;
        GC.KeepAlive(model);
        return new FitCost(processor, clock.Elapsed.TotalSeconds, process.PeakWorkingSet64 / 1e6);
    }

    /// <summary>Options of the linear learner alone: no encoder, and a prior by empirical Bayes.</summary>
    public static MetaLearnerOptions LinearPrior => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() };

    /// <summary>Prints the cost for readers and for programs.</summary>
    /// <param name="name">The benchmark.</param>
    /// <param name="setting">The data and the learner.</param>
    /// <param name="aim">Most processor seconds; null for none.</param>
    public void Print(string name, string setting, double? aim)
    {
        Console.WriteLine($"{name}, {setting}: {ProcessorSeconds:F2} processor seconds{(aim is { } most ? $" (aim {most:F0})" : "")}, {Seconds:F2} elapsed, peak {PeakMegabytes:F0} MB. {Machine.Description}");
        Result.Print(new { speed = name, setting, value = Math.Round(ProcessorSeconds, 2), unit = "processor s", seconds = Math.Round(Seconds, 2), peakMegabytes = Math.Round(PeakMegabytes), aim });
    }
}
