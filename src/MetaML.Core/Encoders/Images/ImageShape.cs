namespace MetaML.Encoders.Images;

/// <summary>The dimensions of an image.</summary>
internal readonly record struct ImageShape(int Channels, int Height, int Width)
{
    public long Count => (long)Channels * Height * Width;
}
