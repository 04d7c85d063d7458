namespace MetaML.Benchmarks.Quality;

/// <summary>Cuts a drawing to its ink: the smallest square around it, with a margin, drawn again with fewer pixels.</summary>
/// <remarks>Where on the paper, and how large, somebody wrote says nothing about what the character is.</remarks>
internal static class InkCrop
{
    private const float Paper = 255, HalfInk = Paper / 2;
    private const double Margin = 0.1; // on either side, as a share of the square's side
    private const int Samples = 4; // of a pixel, across and down

    /// <summary>The drawing with paper 0 and ink 1.</summary>
    /// <param name="drawing">[side, side] grey values, paper 255 and ink 0.</param>
    /// <param name="side">Of the drawing, in pixels.</param>
    /// <param name="newSide">Of what is returned, in pixels.</param>
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

    // Between pixels' centres linearly; outside there is paper.
    private static float InkAt(float[] drawing, int side, double x, double y)
    {
        int column = (int)Math.Floor(x - 0.5), row = (int)Math.Floor(y - 0.5);
        float across = (float)(x - 0.5 - column), down = (float)(y - 0.5 - row);
        float Ink(int v, int u) => v < 0 || u < 0 || v >= side || u >= side ? 0 : 1 - drawing[v * side + u] / Paper;
        return (1 - down) * ((1 - across) * Ink(row, column) + across * Ink(row, column + 1)) + down * ((1 - across) * Ink(row + 1, column) + across * Ink(row + 1, column + 1));
    }
}
