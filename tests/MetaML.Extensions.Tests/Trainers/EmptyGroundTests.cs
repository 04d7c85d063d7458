using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

/// <summary>Images in which most pixels are 0, such as handwritten characters.</summary>
public sealed class EmptyGroundTests
{
    private const int Side = 12;

    [Fact]
    public void Fit_MostPixelsZero_ImagesAreKeptWhole()
    {
        MLContext ml = TrainerCase.NewContext();
        var options = new MetaLearnerOptions { LabelColumnName = "IsUpper", Encoder = new ConvolutionalEncoderOptions { Blocks = 2, Filters = 8, Groups = 2 }, MaximumNumberOfIterations = 40 };
        ITransformer model = ml.BinaryClassification.Trainers.MetaLearner(options).Fit(ml.Data.LoadFromEnumerable(Images(0, 12)));
        ITransformer adapted = ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(Images(12, 1)));
        Assert.True(ml.BinaryClassification.Evaluate(adapted.Transform(ml.Data.LoadFromEnumerable(Images(12, 1))), "IsUpper").Accuracy > 0.9);
    }

    // A stroke in the upper or the lower half. Its column depends on the task.
    private static IEnumerable<Image> Images(int first, int tasks) =>
        from task in Enumerable.Range(first, tasks)
        from row in Enumerable.Range(0, 20)
        let random = new Random(100 * task + row)
        let isUpper = row % 2 == 0
        let top = (isUpper ? 0 : Side / 2) + random.Next(2)
        select new Image
        {
            Task = $"task {task}",
            IsUpper = isUpper,
            Features = [.. Enumerable.Range(0, Side * Side).Select(i => i % Side == task % Side && i / Side >= top && i / Side < top + 4 ? 1f : 0f)],
        };

    private sealed class Image
    {
        public string Task { get; set; } = "";

        public bool IsUpper { get; set; }

        [VectorType(Side * Side)]
        public float[] Features { get; set; } = [];
    }
}
