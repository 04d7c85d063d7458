using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace MetaML.Benchmarks.Quality;

/// <summary>The handwritten characters of an alphabet, with 20 drawings of each. They are read with ML.NET's image transforms and cropped to their ink.</summary>
/// <param name="Alphabet">The name of the alphabet.</param>
/// <param name="Characters">[characters][drawings][pixels].</param>
internal sealed record OmniglotImages(string Alphabet, float[][][] Characters)
{
    /// <summary>Reads the alphabets of an archive with PNG files in folders Alphabet/characterNN.</summary>
    public static OmniglotImages[] Read(string archive)
    {
        var ml = new MLContext(seed: 1);
        OmniglotDrawing[] drawings = [.. OmniglotDrawing.Read(archive)];
        IDataView view = ml.Data.LoadFromEnumerable(drawings);
        var pixels = ml.Transforms.ExtractPixels("Pixels", nameof(OmniglotDrawing.Image), colorsToExtract: ImagePixelExtractingEstimator.ColorBits.Red);
        IEnumerable<float[]> features = pixels.Fit(view).Transform(view).GetColumn<float[]>("Pixels").Select(drawing => InkCrop.Apply(drawing, OmniglotDrawing.Side, ImageRow.Side));
        return [.. drawings.Zip(features).GroupBy(pair => pair.First.Alphabet).Select(alphabet => new OmniglotImages(
            alphabet.Key,
            [.. alphabet.GroupBy(pair => pair.First.Character).Select(character => character.Select(pair => pair.Second).ToArray())]))];
    }

    /// <summary>The characters rotated by a number of quarter turns. They count as different characters, as is usual for these data.</summary>
    public OmniglotImages Turn(int quarters) => quarters == 0
        ? this
        : Map("turned", (x, y) => (y, ImageRow.Side - 1 - x)).Turn(quarters - 1);

    /// <summary>The reflected characters. They also count as different characters.</summary>
    public OmniglotImages Mirror() => Map("mirrored", (x, y) => (ImageRow.Side - 1 - x, y));

    /// <summary>A drawing at half its size, in the upper left quarter of the image.</summary>
    public static float[] Halve(float[] drawing)
    {
        const int Side = ImageRow.Side;
        var small = new float[Side * Side];
        for (int i = 0; i < drawing.Length; i++)
            small[i / Side / 2 * Side + i % Side / 2] += drawing[i] / 4;
        return small;
    }

    // The function gives the source pixel of each pixel.
    private OmniglotImages Map(string suffix, Func<int, int, (int X, int Y)> source)
    {
        const int Side = ImageRow.Side;
        int[] from = [.. Enumerable.Range(0, Side * Side).Select(i => source(i % Side, i / Side)).Select(pixel => pixel.Y * Side + pixel.X)];
        return new OmniglotImages($"{Alphabet}, {suffix}", Array.ConvertAll(Characters, character => Array.ConvertAll(character, image => Array.ConvertAll(from, i => image[i]))));
    }
}
