using MetaML.Graphs;
using static TorchSharp.torch;

namespace MetaML.Encoders.Images;

/// <summary>An affine map from the pixels of an image's variant to those of the image: x' = XX x + XY y + X, y' = YX x + YY y + Y, about the centre.</summary>
/// <param name="XX">The factor of x in x'.</param>
/// <param name="XY">The factor of y in x'.</param>
/// <param name="X">The horizontal shift, as a share of the width.</param>
/// <param name="YX">The factor of x in y'.</param>
/// <param name="YY">The factor of y in y'.</param>
/// <param name="Y">The vertical shift, as a share of the height.</param>
/// <remarks>Values between pixels are interpolated linearly. A position outside the image has the value of the nearest edge pixel.</remarks>
internal readonly record struct AffineMap(float XX, float XY, float X, float YX, float YY, float Y)
{
    /// <summary>Applies a map to each image.</summary>
    /// <param name="images">Float [images, channels, height, width].</param>
    /// <param name="maps">One for each image, or a single one for all.</param>
    /// <param name="shape">The shape of an image.</param>
    public static Tensor Apply(Tensor images, IReadOnlyList<AffineMap> maps, ImageShape shape)
    {
        // Coordinates of libtorch run from −1 to 1 over each side, for any length.
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

    /// <summary>Applies the map to one image, without libtorch.</summary>
    /// <param name="image">[height, width, channels].</param>
    /// <param name="shape">The shape of the image.</param>
    /// <param name="variant">Receives [height, width, channels].</param>
    public void Apply(ReadOnlySpan<float> image, ImageShape shape, Span<float> variant)
    {
        int channels = shape.Channels, width = shape.Width;
        for (int pixel = 0; pixel < shape.Height * width; pixel++)
        {
            var (left, top, right, bottom, toRight, toBottom) = PositionOf(pixel, shape);
            for (int c = 0; c < channels; c++)
            {
                float upper = Interpolate(image[(top * width + left) * channels + c], image[(top * width + right) * channels + c], toRight);
                float lower = Interpolate(image[(bottom * width + left) * channels + c], image[(bottom * width + right) * channels + c], toRight);
                variant[pixel * channels + c] = Interpolate(upper, lower, toBottom);
            }
        }
    }

    /// <summary>Applies the map to images in a graph of operators.</summary>
    /// <param name="images">[rows, channels, height, width].</param>
    /// <param name="shape">The shape of an image.</param>
    /// <returns>[rows, channels, height, width].</returns>
    public GraphTensor Apply(GraphTensor images, ImageShape shape)
    {
        AffineMap map = this;
        int pixels = shape.Height * shape.Width;
        var positions = Enumerable.Range(0, pixels).Select(pixel => map.PositionOf(pixel, shape)).ToArray();
        GraphTensor values = images.Reshape(-1, shape.Channels, pixels);
        GraphTensor At(Func<Position, int> row, Func<Position, int> column) => values.Gather(images.Graph.Constant(positions.Select(at => (long)(row(at) * shape.Width + column(at))), pixels), 2);
        GraphTensor Between(GraphTensor from, GraphTensor to, Func<Position, float> share) => from + (to - from) * images.Graph.Constant(positions.Select(share), pixels);
        GraphTensor upper = Between(At(at => at.Top, at => at.Left), At(at => at.Top, at => at.Right), at => at.ToRight);
        GraphTensor lower = Between(At(at => at.Bottom, at => at.Left), At(at => at.Bottom, at => at.Right), at => at.ToRight);
        return Between(upper, lower, at => at.ToBottom).Reshape(-1, shape.Channels, shape.Height, shape.Width);
    }

    // Where the value of a pixel of the variant comes from.
    private Position PositionOf(int pixel, ImageShape shape)
    {
        var (_, height, width) = shape;
        float across = pixel % width + 0.5f - width / 2f, down = pixel / width + 0.5f - height / 2f;
        float x = Math.Clamp(XX * across + XY * down + X * width + width / 2f - 0.5f, 0, width - 1);
        float y = Math.Clamp(YX * across + YY * down + Y * height + height / 2f - 0.5f, 0, height - 1);
        int left = (int)x, top = (int)y;
        return new Position(left, top, Math.Min(left + 1, width - 1), Math.Min(top + 1, height - 1), x - left, y - top);
    }

    private static float Interpolate(float from, float to, float share) => from + (to - from) * share;

    // A point between four pixels, with its distances from the left and top ones.
    private readonly record struct Position(int Left, int Top, int Right, int Bottom, float ToRight, float ToBottom);
}
