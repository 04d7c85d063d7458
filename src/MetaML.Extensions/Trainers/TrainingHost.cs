using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Trainers;

/// <summary>Supplies the values that the options of a training leave unset, from the MLContext and the data: seed, device, progress, shape of the features.</summary>
/// <param name="host">The trainer's host.</param>
/// <param name="channel">The log of this training.</param>
/// <param name="features">The feature column: a vector of known size.</param>
internal sealed class TrainingHost(IHost host, IChannel channel, DataViewSchema.Column features)
{
    private readonly IReadOnlyList<int> _dimensions = ((VectorDataViewType)features.Type).Dimensions;

    /// <summary>Whether the CPU replaces a requested device that is not available.</summary>
    public bool FallsBackToCpu => HostSettings.FallsBackToCpu(host);

    /// <summary>The seed of the options. If it is not set, the seed of the context.</summary>
    public int? Seed(int? configured) => configured ?? HostSettings.Seed(host);

    /// <summary>The device of the options. If it is not set, the device of the context.</summary>
    public string? Device(string? configured) => configured ?? HostSettings.Device(host);

    /// <summary>A progress that checks the context for cancellation and writes its log, and then reports to the progress of the options.</summary>
    public HostProgress Progress(IProgress<TrainingProgress>? configured) => new(host, channel, configured);

    /// <summary>The encoder of the options, with the dimensions of the feature column. If it is not set, a convolutional encoder for images (columns with three dimensions), or null.</summary>
    public EncoderOptions? Encoder(EncoderOptions? configured) => (configured ?? (_dimensions.Count == 3 ? new ConvolutionalEncoderOptions() : null))?.WithShape(_dimensions);

    /// <summary>The reason for the encoder that <see cref="Encoder"/> chose; empty if the options set one, or if it is chosen later.</summary>
    public IReadOnlyList<string> Reasons(EncoderOptions? configured) =>
        configured is null && Encoder(null) is not null ? [$"Encoder: Convolutional, because column '{features.Name}' contains images of {string.Join(" × ", _dimensions)}."] : [];
}
