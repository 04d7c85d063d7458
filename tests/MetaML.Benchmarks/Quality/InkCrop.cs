namespace MetaML.Benchmarks.Quality;

/// <summary>Crops a drawing to the smallest square that contains its ink, with a margin, and scales it to fewer pixels.</summary>
/// <remarks>The position and size of a character on the paper do not depend on the character.</remarks>
internal static class InkCrop
{
    private const float Paper = 255, HalfInk = Paper / 2;
    private const double Margin = 0.1; // on each side, relative to the side of the square
    private const int Samples = 4; // samples of a pixel in each direction

    /// <summary>Crops and scales a drawing. In the result paper is 0 and ink is 1.</summary>
    /// <param name="drawing">[side, side] grey values; paper is 255 and ink is 0.</param>
    /// <param name="side">Side of the drawing, in pixels.</param>
    /// <param name="newSide">Side of the result, in pixels.</param>
    public static float[] Apply(float[] drawing, int side, int newSide)
    {
        int[] ink = [.. Enumerable.Range(0, drawing.Length).Where(i => drawing[i] < HalfInk)];
        int left = ink.Min(i => i % side), right = ink.Max(i => i % side) + 1, top = ink[0] / side, bottom = ink[^1] / side + 1;
        double square = Math.Max(right - left, bottom - top) * (1 + 2 * Margin), step = square / newSide / Samples;
        double firstX = (left + right - square + step) / 2, firstY = (top + bottom - square + step) / 2;

        var result = new float[newSide * newSide];
        for (int v = 0; v < newSide * Samples; v++)
        {
            for (int u = 0; u < newSide * Samples; u++)
                result[v / Samples * newSide + u / Samples] += InkAt(drawing, side, firstX + u * step, firstY + v * step) / (Samples * Samples);
        }

        return result;
    }

    // Interpolates linearly between the centres of pixels. Outside the drawing there is paper.
    private static float InkAt(float[] drawing, int side, double x, double y)
    {
        int column = (int)Math.Floor(x - 0.5), row = (int)Math.Floor(y - 0.5);
        float across = (float)(x - 0.5 - column), down = (float)(y - 0.5 - row);
        float Ink(int v, int u) => v < 0 || u < 0 || v >= side || u >= side ? 0 : 1 - drawing[v * side + u] / Paper;
        return (1 - down) * ((1 - across) * Ink(row, column) + across * Ink(row, column + 1)) + down * ((1 - across) * Ink(row + 1, column) + across * Ink(row + 1, column + 1));
    }
}
