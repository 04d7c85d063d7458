using MetaML.Encoders;
using MetaML.Heads;

namespace MetaML.Adapters;

/// <summary>An adapter that changes the encoder, and can also do so without libtorch if the encoder is a multi-layer perceptron. The result equals that of <see cref="IAdapter.Adapt"/> up to rounding.</summary>
/// <remarks><see cref="IManagedAdapter"/> receives embedded rows and returns a head. These adapters need the rows before the encoder, and return encoder parameters too.</remarks>
internal interface IManagedEncoderAdapter : IAdapter
{
    /// <summary>Adapts to one task.</summary>
    /// <param name="parameters">Values in the order of <see cref="IAdapter.Parameters"/>.</param>
    /// <param name="encoder">A multi-layer perceptron: <see cref="IEncoder.MlpShape"/> is not null.</param>
    /// <param name="shared">The shared parameters of the encoder, in its order.</param>
    /// <param name="support">The task's rows. In place of embeddings it has scaled features. There may be no rows.</param>
    /// <param name="columns">Ascending: the features that <paramref name="support"/> holds; all others are 0. Null if it holds all features.</param>
    /// <returns>The head, and the encoder's parameters. Those that the adapter does not change are the arrays of <paramref name="shared"/>.</returns>
    (LinearHead Head, float[][] EncoderParameters) Adapt(IReadOnlyList<float[]> parameters, IEncoder encoder, IReadOnlyList<float[]> shared, EmbeddedTask support, int[]? columns);
}
