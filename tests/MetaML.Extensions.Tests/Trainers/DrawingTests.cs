using System.Buffers.Binary;
using System.IO.Compression;
using MetaML.Files;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

/// <summary>Characters in PNG files of several forms, told apart from one drawing of each.</summary>
public sealed class DrawingTests : IClassFixture<DrawingTests.Trained>
{
    private const int Side = 20, Ways = 5;

    private static readonly Form s_usual = new(40, 8, IsInverted: false, Left: 2, Top: 2, Size: 36);

    private readonly MLContext _ml = TrainerCase.NewContext();
    private readonly Trained _trained;

    public DrawingTests(Trained trained) => _trained = trained;

    public static TheoryData<string, Form> Forms => new()
    {
        { "ink and paper swapped", s_usual with { IsInverted = true } },
        { "cropped to the ink", s_usual with { Left = 0, Top = 0, Size = 40 } },
        { "small, in a corner", s_usual with { Left = 18, Top = 17, Size = 22 } },
        { "a smaller file", s_usual with { Side = 20, Left = 1, Top = 1, Size = 18 } },
        { "a larger file", s_usual with { Side = 60, Left = 3, Top = 3, Size = 54 } },
        { "one bit of depth", s_usual with { Depth = 1 } },
        { "16 bits of depth", s_usual with { Depth = 16 } },
        { "one bit, swapped, small", new(40, 1, IsInverted: true, Left: 0, Top: 12, Size: 24) },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Transform_QueriesOfAnotherForm_AreAsAccurate(string name, Form form)
    {
        Assert.NotEmpty(name);
        double usual = Accuracy(_trained.Model, s_usual), other = Accuracy(_trained.Model, form);
        Assert.True(usual > 0.7, $"accuracy {usual}");
        Assert.True(other > usual - 0.1, $"accuracy {other}, in the usual form {usual}");
    }

    [Fact]
    public void Transform_SwappedDrawingsWithoutNormalization_AreNotRecognized() =>
        Assert.True(Accuracy(Trained.Fit(_ml, normalizes: false), s_usual with { IsInverted = true }) < Accuracy(_trained.Model, s_usual) - 0.3);

    [Fact]
    public void Save_NormalizedDrawings_LoadedModelScoresTheSame()
    {
        using var stream = new MemoryStream();
        _ml.Model.Save(_trained.Model, null, stream);
        stream.Position = 0;
        Assert.Equal(Scores(_trained.Model, s_usual with { IsInverted = true }), Scores(_ml.Model.Load(stream, out _), s_usual with { IsInverted = true }));
    }

    [Fact]
    public void Fit_TasksConstructedWithoutLabels_NewCharactersAreToldApart()
    {
        ITransformer pixels = Trained.Pixels(_ml).Fit(_ml.Data.LoadFromEnumerable(Drawing.Of(0, 1, 1, 0, s_usual)));
        IDataView tasks = _ml.MetaLearning().ConstructTasks(pixels.Transform(_ml.Data.LoadFromEnumerable(Drawing.Of(0, 20, 8, 0, s_usual))), new CopyTaskOptions { FeatureColumnName = "Pixels" });
        MetaLearnerOptions options = Trained.Options(null);
        options.Episodes.Queries = 1;
        ITransformer learner = _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(tasks);
        IDataView Rows(int drawings, int first) => _ml.Transforms.CopyColumns("Label", nameof(Drawing.Character)).Fit(pixels.Transform(_ml.Data.LoadFromEnumerable(Drawing.Of(20, 6, 1, 0, s_usual))))
            .Transform(pixels.Transform(_ml.Data.LoadFromEnumerable(Drawing.Of(20, 6, drawings, first, s_usual))));
        ITransformer adapted = _ml.MetaLearning().Adapt(learner, Rows(1, 0));
        double accuracy = _ml.MulticlassClassification.Evaluate(adapted.Transform(Rows(6, 1))).MicroAccuracy;
        Assert.True(accuracy > 0.5, $"accuracy {accuracy}"); // by chance 0.17
    }

    private double Accuracy(ITransformer model, Form form) => _ml.MulticlassClassification.Evaluate(Scored(model, form)).MicroAccuracy;

    private float[] Scores(ITransformer model, Form form) => [.. Scored(model, form).GetColumn<VBuffer<float>>("Score").SelectMany(scores => scores.DenseValues())];

    // Two alphabets that training did not see. The first drawing of a character is the support.
    private IDataView Scored(ITransformer model, Form form)
    {
        ITransformer adapted = _ml.MetaLearning().Adapt(model, _ml.Data.LoadFromEnumerable(Drawing.Of(20, 6, 1, 0, s_usual)));
        return adapted.Transform(_ml.Data.LoadFromEnumerable(Drawing.Of(20, 6, 6, 1, form)));
    }

    /// <summary>The form of a file.</summary>
    /// <param name="Side">Height and width, in pixels.</param>
    /// <param name="Depth">Bits of a pixel: 1, 8 or 16.</param>
    /// <param name="IsInverted">Whether ink is white and paper is black.</param>
    /// <param name="Left">The left edge of the drawing, in pixels.</param>
    /// <param name="Top">The upper edge of the drawing.</param>
    /// <param name="Size">Height and width of the drawing.</param>
    public sealed record Form(int Side, int Depth, bool IsInverted, int Left, int Top, int Size)
    {
        /// <summary>Draws strokes between points of the unit square.</summary>
        internal MLImage Draw(IReadOnlyList<(double X, double Y)> points)
        {
            bool IsInk(int x, int y) => Enumerable.Range(0, points.Count - 1).Any(i => Distance(points[i], points[i + 1], (x + 0.5 - Left) / Size, (y + 0.5 - Top) / Size) < 0.05);
            var rows = new MemoryStream();
            for (int y = 0; y < Side; y++)
            {
                rows.WriteByte(0); // no filter
                for (int x = 0; x < Side; x += Depth == 1 ? 8 : 1)
                {
                    int bits = 0; // 1 for white
                    for (int i = 0; i < (Depth == 1 ? 8 : 1); i++)
                        bits = 2 * bits + (x + i < Side && IsInk(x + i, y) == IsInverted ? 1 : 0);
                    rows.Write(Depth == 1 ? [(byte)bits] : Enumerable.Repeat((byte)(255 * bits), Depth / 8).ToArray());
                }
            }

            return MLImage.CreateFromStream(new MemoryStream(Png(Side, Depth, rows.ToArray())));
        }

        private static double Distance((double X, double Y) from, (double X, double Y) to, double x, double y)
        {
            double dx = to.X - from.X, dy = to.Y - from.Y, along = Math.Clamp(((x - from.X) * dx + (y - from.Y) * dy) / (dx * dx + dy * dy), 0, 1);
            return Math.Sqrt(Math.Pow(from.X + along * dx - x, 2) + Math.Pow(from.Y + along * dy - y, 2));
        }

        // A grey PNG file.
        private static byte[] Png(int side, int depth, byte[] rows)
        {
            var file = new MemoryStream();
            file.Write([137, 80, 78, 71, 13, 10, 26, 10]);
            void Chunk(string type, byte[] data)
            {
                byte[] body = [.. type.Select(letter => (byte)letter), .. data], number = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
                file.Write(number);
                file.Write(body);
                BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Append(0, body));
                file.Write(number);
            }

            byte[] header = [0, 0, 0, (byte)side, 0, 0, 0, (byte)side, (byte)depth, 0, 0, 0, 0];
            var packed = new MemoryStream();
            using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                zlib.Write(rows);
            Chunk("IHDR", header);
            Chunk("IDAT", packed.ToArray());
            Chunk("IEND", []);
            return file.ToArray();
        }
    }

    /// <summary>A model of twenty alphabets of six characters.</summary>
    public sealed class Trained
    {
        internal ITransformer Model { get; } = Fit(TrainerCase.NewContext(), null);

        internal static ITransformer Fit(MLContext ml, bool? normalizes)
        {
            return Pixels(ml)
                .Append(ml.Transforms.Conversion.MapValueToKey("Label", nameof(Drawing.Character)))
                .Append(ml.MulticlassClassification.Trainers.MetaLearner(Options(normalizes)))
                .Fit(ml.Data.LoadFromEnumerable(Drawing.Of(0, 20, 8, 0, s_usual)));
        }

        internal static IEstimator<ITransformer> Pixels(MLContext ml) => ml.Transforms.ResizeImages("Resized", Side, Side, nameof(Drawing.Image), ImageResizingEstimator.ResizingKind.Fill)
            .Append(ml.Transforms.ExtractPixels("Pixels", "Resized", colorsToExtract: ImagePixelExtractingEstimator.ColorBits.Red));

        internal static MetaLearnerOptions Options(bool? normalizes) => new()
        {
            FeatureColumnName = "Pixels",
            Encoder = new ConvolutionalEncoderOptions { Blocks = 3, Filters = 16, NormalizeDrawings = normalizes },
            Episodes = new EpisodeOptions { Ways = Ways, Shots = 1, Queries = 2, TasksPerIteration = 4 },
            MaximumNumberOfIterations = 60,
            LearningRate = 0.003,
            ValidationFraction = 0,
        };
    }

    private sealed class Drawing
    {
        public string Task { get; set; } = "";

        public string Character { get; set; } = "";

        [ImageType(1, 1)] // of any size: it is resized
        public MLImage? Image { get; set; }

        /// <summary>The drawings of six characters of each alphabet: strokes between four points, which vary with the hand.</summary>
        public static IEnumerable<Drawing> Of(int firstAlphabet, int alphabets, int drawings, int firstDrawing, Form form) =>
            from alphabet in Enumerable.Range(firstAlphabet, alphabets)
            from character in Enumerable.Range(0, 6)
            let points = Points(new Random(100 * alphabet + character), 1)
            from drawing in Enumerable.Range(firstDrawing, drawings)
            let hand = Points(new Random(10_000 * alphabet + 100 * character + drawing), 0.08)
            select new Drawing
            {
                Task = $"alphabet {alphabet}",
                Character = $"{alphabet}/{character}",
                Image = form.Draw([.. points.Zip(hand, (point, shift) => (0.05 + 0.82 * point.X + shift.X, 0.05 + 0.82 * point.Y + shift.Y))]),
            };

        private static (double X, double Y)[] Points(Random random, double size) => [.. Enumerable.Range(0, 4).Select(_ => (size * random.NextDouble(), size * random.NextDouble()))];
    }
}
