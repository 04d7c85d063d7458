using Microsoft.ML.Data;

namespace FewShotImages;

/// <summary>Generates alphabets of artificial characters in the format of Omniglot: images of 105 × 105 pixels, black lines on white, in alphabet/character/drawing.png.</summary>
/// <remarks>A character has two to four curved strokes. Each drawing bends, rotates, stretches and shifts them a little, and has its own line width.</remarks>
internal static class Scribbles
{
    private const int Side = 105;

    /// <summary>Writes the drawings to a folder.</summary>
    /// <param name="folder">The folder. It is created if it does not exist.</param>
    /// <param name="alphabets">Number of alphabets.</param>
    /// <param name="characters">Number of characters of each alphabet.</param>
    /// <param name="drawings">Number of drawings of each character.</param>
    public static void Draw(string folder, int alphabets, int characters, int drawings)
    {
        var random = new Random(1);
        for (int alphabet = 0; alphabet < alphabets; alphabet++)
        {
            for (int character = 0; character < characters; character++)
            {
                (double X, double Y)[][] strokes = [.. Enumerable.Range(0, random.Next(2, 5)).Select(_ => new[] { Point(random), Point(random), Point(random) })];
                string path = Path.Combine(folder, $"alphabet {alphabet + 1:00}", $"character {character + 1:00}");
                Directory.CreateDirectory(path);
                for (int drawing = 0; drawing < drawings; drawing++)
                {
                    using var image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Bgra32, Pixels(strokes, random));
                    image.Save(Path.Combine(path, $"{drawing + 1:00}.png"));
                }
            }
        }
    }

    private static byte[] Pixels((double X, double Y)[][] strokes, Random random)
    {
        double angle = 0.15 * Normal(random), width = 1 + 0.1 * Normal(random), height = 1 + 0.1 * Normal(random);
        double right = 0.04 * Normal(random), down = 0.04 * Normal(random), pen = 1.2 + 0.8 * random.NextDouble();
        byte[] pixels = new byte[4 * Side * Side];
        Array.Fill(pixels, byte.MaxValue);
        foreach ((double X, double Y)[] stroke in strokes)
        {
            (double X, double Y)[] bent = Array.ConvertAll(stroke, point => (X: point.X + 0.05 * Normal(random), Y: point.Y + 0.05 * Normal(random)));
            for (double t = 0; t <= 1; t += 0.005)
            {
                double x = Curve(t, bent[0].X, bent[1].X, bent[2].X) - 0.5, y = Curve(t, bent[0].Y, bent[1].Y, bent[2].Y) - 0.5;
                double turnedX = Math.Cos(angle) * width * x - Math.Sin(angle) * height * y, turnedY = Math.Sin(angle) * width * x + Math.Cos(angle) * height * y;
                Dot(pixels, Side * (0.5 + right + turnedX), Side * (0.5 + down + turnedY), pen);
            }
        }

        return pixels;
    }

    // A quadratic Bézier curve that passes through its middle point at t = ½.
    private static double Curve(double t, double start, double middle, double end)
    {
        double control = 2 * middle - (start + end) / 2;
        return (1 - t) * (1 - t) * start + 2 * t * (1 - t) * control + t * t * end;
    }

    private static void Dot(byte[] pixels, double x, double y, double radius)
    {
        for (int row = Math.Max(0, (int)(y - radius)); row <= Math.Min(Side - 1, (int)(y + radius)); row++)
        {
            for (int column = Math.Max(0, (int)(x - radius)); column <= Math.Min(Side - 1, (int)(x + radius)); column++)
                pixels.AsSpan(4 * (row * Side + column), 3).Clear();
        }
    }

    private static (double X, double Y) Point(Random random) => (0.15 + 0.7 * random.NextDouble(), 0.15 + 0.7 * random.NextDouble());

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
