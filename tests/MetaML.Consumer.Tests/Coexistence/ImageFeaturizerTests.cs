using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Consumer.Tests.Coexistence;

/// <summary>A pipeline that loads image files before the trainer. The label of each task says whether one quarter of the image is bright.</summary>
public sealed class ImageFeaturizerTests
{
    private const int Size = 8;

    [Fact]
    public void Images_FittedAdaptedSavedAndLoaded_AreToldApart()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        IDataView Rows(int firstTask, int tasks, int rows, int seed) => ml.Data.LoadFromEnumerable(Pictures(folder, firstTask, tasks, rows, seed).ToArray());
        IDataView training = Rows(0, 12, 30, 1), support = Rows(12, 1, 20, 2), query = Rows(12, 1, 60, 3);

        var pipeline = ml.Transforms.LoadImages("Image", folder["."], nameof(Picture.File))
            .Append(ml.Transforms.ResizeImages("Image", Size / 2, Size / 2))
            .Append(ml.Transforms.ExtractPixels("Features", "Image", scaleImage: 1f / 255))
            .Append(ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
            {
                LabelColumnName = nameof(Picture.IsBright),
                Encoder = new MlpEncoderOptions { HiddenUnits = [32], EmbeddingDimension = 8 },
                MaximumNumberOfIterations = 200,
            }));
        ITransformer adapted = ml.MetaLearning().Adapt(pipeline.Fit(training), support);
        IDataView scored = adapted.Transform(query);
        double accuracy = ml.BinaryClassification.Evaluate(scored, nameof(Picture.IsBright)).Accuracy;
        Assert.True(accuracy > 0.8, $"accuracy {accuracy}");

        ml.Model.Save(adapted, training.Schema, folder["model.zip"]);
        ITransformer loaded = new MLContext().Model.Load(folder["model.zip"], out _);
        Assert.Equal(scored.GetColumn<float>("Score"), loaded.Transform(query).GetColumn<float>("Score"));
    }

    private static IEnumerable<Picture> Pictures(TemporaryFolder folder, int firstTask, int tasks, int rows, int seed)
    {
        for (int task = firstTask; task < firstTask + tasks; task++)
        {
            var random = new Random(100 * seed + task);
            for (int row = 0; row < rows; row++)
            {
                bool[] isBright = [.. Enumerable.Range(0, 4).Select(_ => random.Next(2) == 1)];
                byte[] pixels = new byte[Size * Size * 4];
                for (int i = 0; i < Size * Size; i++)
                {
                    int quarter = i / Size / (Size / 2) * 2 + i % Size / (Size / 2);
                    byte grey = (byte)(random.Next(100) + (isBright[quarter] ? 120 : 20));
                    pixels.AsSpan(4 * i, 3).Fill(grey);
                    pixels[4 * i + 3] = byte.MaxValue;
                }

                string file = $"{seed}-{task}-{row}.png";
                using (var image = MLImage.CreateFromPixels(Size, Size, MLPixelFormat.Bgra32, pixels))
                    image.Save(folder[file]);
                yield return new Picture { Task = $"quarter {task % 4} of {task}", File = file, IsBright = isBright[task % 4] };
            }
        }
    }

    private sealed class Picture
    {
        public string Task { get; set; } = "";

        public string File { get; set; } = "";

        public bool IsBright { get; set; }
    }
}
