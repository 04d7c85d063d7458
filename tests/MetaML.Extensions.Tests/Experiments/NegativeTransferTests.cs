using System.Globalization;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Experiments;

public sealed class NegativeTransferTests
{
    /// <summary>A prototypical network is trained on the digits 0–5 and evaluated on 6–9. The nearest class mean of raw pixels is better, and the experiment must report negative transfer.</summary>
    [Fact]
    public void Execute_PrototypesOfOtherDigits_AreNamedAndNotRecommended()
    {
        var ml = new MLContext(seed: 1);
        (float[] Pixels, int Digit)[] images = [.. File.ReadLines(Path.Combine(SiblingProgram.Root, "examples/data/digits.csv")).Skip(1)
            .Select(line => line.Split(',').Select(field => float.Parse(field, CultureInfo.InvariantCulture)).ToArray())
            .Select(fields => (fields[..64], (int)fields[64]))];
        IDataView Tasks(string name, int[] digits, int count, int seed) => ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).SelectMany(task =>
        {
            // Each task has three digits as classes, and its own images.
            var random = new Random(seed + task);
            int[] chosen = [.. digits];
            random.Shuffle(chosen);
            return chosen[..3].SelectMany(digit =>
            {
                (float[] Pixels, int Digit)[] imagesOfDigit = [.. images.Where(image => image.Digit == digit)];
                random.Shuffle(imagesOfDigit);
                return imagesOfDigit[..25].Select(image => new Image { Task = $"{name} {task}", Pixels = image.Pixels, Label = $"{digit}" });
            });
        }).ToArray());

        var settings = new TaskExperimentSettings
        {
            FewShot = new FewShotOptions { SupportSizes = [5], IsPerClass = true, Draws = 3 },
            MetaLearner = new MetaLearnerOptions { MaximumNumberOfIterations = 200, ClassSets = ClassSets.PerTask },
            Encoders = [new MlpEncoderOptions()],
            Adapters = [new PrototypeAdapterOptions()],
            MaxModels = 2, // the nearest class mean, and the network
        };
        ExperimentResult result = ml.MetaLearning().CreateExperiment(settings).Execute(
            Tasks("training", [0, 1, 2, 3, 4, 5], 30, 100), Tasks("validation", [6, 7, 8, 9], 12, 200), Tasks("test", [6, 7, 8, 9], 12, 300), featureColumnName: "Pixels");

        Assert.All(result.RunDetails, run => Assert.True(run.Exception is null, run.Exception?.ToString()));
        Assert.True(result.IsNegativeTransfer, result.Recommendation);
        Assert.Equal("from scratch, nearest class mean", result.BestRun.TrainerName);
        Assert.StartsWith("Use 'from scratch, nearest class mean': learning across tasks is worse here (negative transfer); on 24 held-out tasks, micro-accuracy is ", result.Recommendation, StringComparison.Ordinal);
        Assert.NotEmpty(result.LosingTasks);
        Assert.Null(result.Relatedness); // relatedness needs common classes
        Assert.All(result.LosingTasks, task => Assert.True(task.Strategy < task.Baseline));
        Assert.NotNull(ml.MetaLearning().Adapt(result.Model!, Tasks("new", [6, 7, 8, 9], 1, 400)));
    }

    private sealed class Image
    {
        public string Task { get; set; } = "";

        [VectorType(64)]
        public float[] Pixels { get; set; } = [];

        public string Label { get; set; } = "";
    }
}
