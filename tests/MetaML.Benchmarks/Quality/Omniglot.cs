using System.Diagnostics;
using Microsoft.ML;

namespace MetaML.Benchmarks.Quality;

/// <summary>Classification of new handwritten characters, with one or five drawings of each.</summary>
internal static class Omniglot
{
    // The first two numbers of steps take about twelve and fifteen minutes on two idle cores. The third is for the comparison of numbers of views.
    private const int SmallIterations = 5000, Iterations = 6000, FewIterations = 400;

    /// <summary>Trains on five alphabets. Classifies 20 characters of one alphabet, for alphabets that are in neither small set.</summary>
    public static void RunSmall(string folder)
    {
        var clock = Stopwatch.StartNew();
        OmniglotImages[] all = OmniglotImages.Read(Path.Combine(folder, "images_background.zip"));
        OmniglotImages[][] small = [.. new[] { 1, 2 }.Select(n => OmniglotImages.Read(Path.Combine(folder, $"images_background_small{n}.zip")))];
        HashSet<string> seen = [.. small.SelectMany(set => set.Select(alphabet => alphabet.Alphabet))];
        float[][][][] unseen = [.. all.Where(alphabet => !seen.Contains(alphabet.Alphabet)).Select(alphabet => alphabet.Characters)];

        var table = new Table("omniglot-small", "error");
        for (int n = 0; n < small.Length; n++)
        {
            var ml = new MLContext(seed: 1);
            ITransformer model = Train(ml, small[n], SmallIterations);
            table.Add("Conv-4 + prototypes", $"20-way 1-shot, trained on small{n + 1}", Errors(ml, model, unseen));
        }

        foreach (int views in new[] { 1, 8 })
        {
            var ml = new MLContext(seed: 1);
            table.Add($"the same after {FewIterations} steps, views averaged: {views}", "20-way 1-shot, trained on small1", Errors(ml, Train(ml, small[0], FewIterations, views), unseen));
        }

        table.Print(clock.Elapsed.TotalSeconds);
    }

    private static IEnumerable<double> Errors(MLContext ml, ITransformer model, float[][][][] alphabets) =>
        FewShot<ImageRow>.Adapt(ml, model, FewShot<ImageRow>.Draw(alphabets, Named, 20, 1, 1, 1000, new Random(1))).Select(accuracy => 1 - accuracy);

    /// <summary>Trains on 24 alphabets and classifies characters of the other six. Rotated characters count as different characters.</summary>
    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        OmniglotImages[] all = OmniglotImages.Read(Path.Combine(folder, "images_background.zip"));
        new Random(1).Shuffle(all);
        float[][][] unseen = [.. all[24..].SelectMany(alphabet => Enumerable.Range(0, 4).SelectMany(quarters => alphabet.Turn(quarters).Characters))];

        var ml = new MLContext(seed: 1);
        ITransformer model = Train(ml, all[..24], Iterations);
        var table = new Table("omniglot", "accuracy", isHigherBetter: true);
        foreach (var (ways, shots) in new[] { (5, 1), (5, 5), (20, 1), (20, 5) })
            table.Add("Conv-4 + prototypes", $"{ways}-way {shots}-shot", FewShot<ImageRow>.Adapt(ml, model, FewShot<ImageRow>.Draw([unseen], Named, ways, shots, 5, 600, new Random(1))));
        table.Print(clock.Elapsed.TotalSeconds);
    }

    // Rotations by quarter turns and reflections make eight characters of each. The characters of all alphabets form one pool.
    private static ITransformer Train(MLContext ml, IEnumerable<OmniglotImages> alphabets, int iterations, int views = 1)
    {
        IEnumerable<ImageRow> rows =
            from alphabet in alphabets
            from side in new[] { alphabet, alphabet.Mirror() }
            from quarters in Enumerable.Range(0, 4)
            let turned = side.Turn(quarters)
            from character in Enumerable.Range(0, turned.Characters.Length)
            from image in turned.Characters[character]
            select new ImageRow { Class = $"{turned.Alphabet}/{character}", Features = image };
        var clock = Stopwatch.StartNew();
        var options = new MetaLearnerOptions
        {
            Encoder = new ConvolutionalEncoderOptions { Views = views },
            Adapter = new PrototypeAdapterOptions(),
            Episodes = new EpisodeOptions { Ways = 60, Shots = 1, Queries = 1, TasksPerIteration = 2 },
            LearningRate = 0.003,
            MaximumNumberOfIterations = iterations,
            ValidationFraction = 0, // all characters are used for training
        };
        ITransformer model = ml.Transforms.Conversion.MapValueToKey("Label", nameof(ImageRow.Class)).Append(ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(ml.Data.LoadFromEnumerable(rows));
        Console.WriteLine($"Trained for {clock.Elapsed.TotalMinutes:F1} minutes.");
        return model;
    }

    private static ImageRow Named(float[] image, string task, string name) => new() { Task = task, Class = name, Features = image };
}
