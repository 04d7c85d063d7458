using MetaML.Extensions;

namespace Compare;

/// <summary>Writes a line for every run, when it ends.</summary>
internal sealed class Report : IProgress<RunDetail>
{
    void IProgress<RunDetail>.Report(RunDetail run) =>
        Console.WriteLine($"{run.RuntimeInSeconds,6:F1} s  {run.PeakMemory.ProcessBytes >> 20,5} MiB  {run.Score?.ToString() ?? "failed",16}  {run.TrainerName}{(run.MaximumNumberOfIterations is { } steps ? $", at most {steps} steps" : "")}");
}
