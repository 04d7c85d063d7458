namespace MetaML.Extensions.Trainers;

/// <summary>What options leave open about the encoder, and the feature column says.</summary>
internal static class ColumnEncoder
{
    /// <summary>The options given, completed by the column's dimensions; where none are given, those of a convolutional encoder for images.</summary>
    /// <param name="options">May be null.</param>
    /// <param name="dimensions">Of the feature column; three for images.</param>
    public static EncoderOptions? Of(EncoderOptions? options, IReadOnlyList<int> dimensions) =>
        (options ?? (dimensions.Count == 3 ? new ConvolutionalEncoderOptions() : null))?.WithShape(dimensions);
}
