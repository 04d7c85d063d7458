using static TorchSharp.torch;

namespace MetaML.Encoders.Images;

/// <summary>Where an image's variant takes its pixels from: x' = XX x + XY y + X, y' = YX x + YY y + Y, about the centre.</summary>
/// <param name="XX">Across from across.</param>
/// <param name="XY">Across from down.</param>
/// <param name="X">Shift across, as a share of the width.</param>
/// <param name="YX">Down from across.</param>
/// <param name="YY">Down from down.</param>
/// <param name="Y">Shift down, as a share of the height.</param>
/// <remarks>Pixels between pixels are interpolated linearly; those outside are the nearest of the edge.</remarks>
internal readonly record struct AffineMap(float XX, float XY, float X, float YX, float YY, float Y)
{
    /// <summary>Each image by its own map.</summary>
    /// <param name="images">Float [images, channels, height, width].</param>
    /// <param name="maps">One for each image, or a single one for all.</param>
    /// <param name="shape">Of an image.</param>
    public static Tensor Apply(Tensor images, IReadOnlyList<AffineMap> maps, ImageShape shape)
    {
        // Libtorch's coordinates run from −1 to 1 over either side, whatever its length.
        float aspect = (float)shape.Height / shape.Width;
        var theta = new float[maps.Count * 6];
        for (int i = 0; i < maps.Count; i++)
        {
            AffineMap map = maps[i];
            float[] row = [map.XX, map.XY * aspect, 2 * map.X, map.YX / aspect, map.YY, 2 * map.Y];
            row.CopyTo(theta, i * 6);
        }

        long count = images.shape[0];
        Tensor all = tensor(theta, [maps.Count, 2, 3], dtype: images.dtype, device: images.device).expand(count, 2, 3);
        Tensor grid = nn.functional.affine_grid(all, [count, shape.Channels, shape.Height, shape.Width], align_corners: false);
        return nn.functional.grid_sample(images, grid, GridSampleMode.Bilinear, GridSamplePaddingMode.Border, align_corners: false);
    }

    /// <summary>One image, outside libtorch.</summary>
    /// <param name="image">[height, width, channels].</param>
    /// <param name="shape">Of the image.</param>
    /// <param name="variant">Receives as many values.</param>
    public void Apply(ReadOnlySpan<float> image, ImageShape shape, Span<float> variant)
    {
        var (channels, height, width) = shape;
        for (int v = 0; v < height; v++)
        {
            float down = v + 0.5f - height / 2f;
            for (int u = 0; u < width; u++)
            {
                float across = u + 0.5f - width / 2f;
                float x = Math.Clamp(XX * across + XY * down + X * width + width / 2f - 0.5f, 0, width - 1);
                float y = Math.Clamp(YX * across + YY * down + Y * height + height / 2f - 0.5f, 0, height - 1);
                int left = (int)x, top = (int)y, right = Math.Min(left + 1, width - 1), bottom = Math.Min(top + 1, height - 1);
                float toRight = x - left, toBottom = y - top;
                for (int c = 0; c < channels; c++)
                {
                    float upper = Between(image[(top * width + left) * channels + c], image[(top * width + right) * channels + c], toRight);
                    float lower = Between(image[(bottom * width + left) * channels + c], image[(bottom * width + right) * channels + c], toRight);
                    variant[(v * width + u) * channels + c] = Between(upper, lower, toBottom);
                }
            }
        }
    }

    private static float Between(float from, float to, float share) => from + (to - from) * share;
}
