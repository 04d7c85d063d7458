using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Trainers;

/// <summary>What options of a training leave open, and the MLContext and the data say: seed, device, progress, the shape of the features.</summary>
/// <param name="host">The trainer's host.</param>
/// <param name="channel">The log of this training.</param>
/// <param name="features">The feature column: a vector of known size.</param>
internal sealed class TrainingHost(IHost host, IChannel channel, DataViewSchema.Column features)
{
    private readonly IReadOnlyList<int> _dimensions = ((VectorDataViewType)features.Type).Dimensions;

    /// <summary>Whether the processor may serve in place of the device that was asked for.</summary>
    public bool FallsBackToCpu => HostSettings.FallsBackToCpu(host);

    /// <summary>The options' seed, else the context's.</summary>
    public int? Seed(int? given) => given ?? HostSettings.Seed(host);

    /// <summary>The options' device, else the context's.</summary>
    public string? Device(string? given) => given ?? HostSettings.Device(host);

    /// <summary>The options' progress, after the context's: its log, and its cancel flag.</summary>
    public HostProgress Progress(IProgress<TrainingProgress>? given) => new(host, channel, given);

    /// <summary>The options' encoder, completed by the column's dimensions; where none is given, a convolutional one for images, which have three dimensions.</summary>
    public EncoderOptions? Encoder(EncoderOptions? given) => (given ?? (_dimensions.Count == 3 ? new ConvolutionalEncoderOptions() : null))?.WithShape(_dimensions);

    /// <summary>Why the encoder was chosen; nothing where it was given, or is chosen later.</summary>
    public IReadOnlyList<string> Reasons(EncoderOptions? given) =>
        given is null && Encoder(null) is not null ? [$"Encoder: Convolutional, since column '{features.Name}' holds images, {string.Join(" × ", _dimensions)}."] : [];
}
