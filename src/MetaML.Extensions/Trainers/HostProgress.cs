using MetaML.Extensions.Interop;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Trainers;

/// <summary>Told of every outer step: the place to look at the host's cancel flag, which is set by AutoML, and to write its log.</summary>
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
