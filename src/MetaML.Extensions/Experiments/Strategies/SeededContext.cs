using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Experiments.Strategies;

/// <summary>Creates contexts whose random numbers depend on a seed alone.</summary>
/// <remarks>A trainer of ML.NET draws from the generator of its context. With a common context, a run would depend on the runs before it, and differ if these are taken from a checkpoint.</remarks>
internal static class SeededContext
{
    /// <summary>A new context. Its warnings and errors go to the given context.</summary>
    public static MLContext Of(MLContext context, int seed)
    {
        var seeded = new MLContext(seed) { TempFilePath = context.TempFilePath };
        seeded.Log += (_, message) => Forward(message, context);
        return seeded;
    }

    private static void Forward(LoggingEventArgs message, IChannelProvider receiver)
    {
        if (message.Kind is not (ChannelMessageKind.Warning or ChannelMessageKind.Error))
            return;
        using IChannel channel = receiver.Start(message.Source);
        if (message.Kind == ChannelMessageKind.Warning)
            channel.Warning(message.RawMessage);
        else
            channel.Error(message.RawMessage);
    }
}
