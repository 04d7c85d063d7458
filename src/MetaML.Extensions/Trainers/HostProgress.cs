using MetaML.Extensions.Interop;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Trainers;

/// <summary>Receives the progress of each outer step. It throws if the host is cancelled, for example by AutoML, and writes the host's log.</summary>
internal sealed class HostProgress(IHost host, IChannel channel, IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
{
    private const int LogInterval = 100;

    public void Report(TrainingProgress value)
    {
        HostSettings.ThrowIfCancelled(host);
        if (value.Iteration % LogInterval == 0)
            channel.Info($"Iteration {value.Iteration} of {value.MaximumNumberOfIterations}{(value.TimeShare > 0 ? $", {value.TimeShare:P0} of MaximumTrainingTime" : "")}: training loss {value.TrainingLoss:G4}, validation loss {value.ValidationLoss:G4}.");
        next?.Report(value);
    }
}
