using System.Diagnostics;
using Microsoft.ML;

namespace MetaML.Benchmarks.Quality;

/// <summary>Classification of new handwritten characters, with one or five drawings of each.</summary>
internal static class Omniglot
{
    private const int SmallIterations = 2500, Iterations = 3000, UnlabelledIterations = 750, SettingIterations = 500;
    private const int Episodes = 1000, OtherEpisodes = 200; // of other forms of the same drawings
    private const int SettingEpisodes = 300;
    private const int Ways = 120; // in training: many classes are harder to tell apart, from as many drawings

    private static readonly ImageAugmentation s_gentle = new() { Shift = 0.03, Rotation = 5, Scale = 0.05, Shear = 0.1 };

    // What is compared with the defaults.
    private static readonly (string Name, ConvolutionalEncoderOptions Encoder)[] s_settings =
    [
        ("defaults", new()),
        ("a last block of one pixel", new() { MinimumSide = 1 }),
        ("stronger augmentation", new() { Augmentation = new ImageAugmentation { Shift = 0.12, Scale = 0.2, Shear = 0.25 } }),
        ("gentler augmentation", new() { Augmentation = s_gentle }),
        ("smaller ink", new() { InkSpread = 0.2 }),
        ("no normalisation", new() { NormalizeDrawings = false }),
    ];

    // The same, if each drawing is a class.
    private static readonly (string Name, ConvolutionalEncoderOptions Encoder)[] s_unlabelledSettings =
    [
        ("drawings as classes", new()),
        ("drawings as classes, gentler augmentation", new() { Augmentation = s_gentle }),
        ("drawings as classes, stronger augmentation", new() { Augmentation = new ImageAugmentation { Shift = 0.15, Rotation = 20, Scale = 0.2, Shear = 0.3 } }),
        ("drawings as classes, strongest augmentation", new() { Augmentation = new ImageAugmentation { Shift = 0.2, Rotation = 30, Scale = 0.3, Shear = 0.5 } }),
    ];

    /// <summary>Trains on five alphabets. Classifies 20 characters of one alphabet, for alphabets that are in neither small set.</summary>
    /// <param name="folder">The folder of the data.</param>
    /// <param name="methods">The beginning of the name of the training set: small1 or small2; empty for both.</param>
    /// <param name="iterations">Number of outer steps; null for the usual number.</param>
    public static void RunSmall(string folder, string methods, int? iterations)
    {
        var clock = Stopwatch.StartNew();
        OmniglotImages[] all = OmniglotImages.Read(Path.Combine(folder, "images_background.zip"));
        OmniglotImages[][] small = Small(folder);
        HashSet<string> seen = [.. small.SelectMany(set => set.Select(alphabet => alphabet.Alphabet))];
        float[][][][] unseen = [.. all.Where(alphabet => !seen.Contains(alphabet.Alphabet)).Select(alphabet => alphabet.Characters)];

        var table = new Table("omniglot-small", "error");
        for (int n = 0; n < small.Length; n++)
        {
            if (!$"small{n + 1}".StartsWith(methods, StringComparison.Ordinal))
                continue;
            var ml = new MLContext(seed: 1);
            ITransformer model = Train(ml, small[n], iterations ?? SmallIterations);
            void Add(string method, int episodes, Func<float[], float[]>? form = null) =>
                table.Add(method, $"20-way 1-shot, trained on small{n + 1}", Errors(ml, model, unseen, episodes, form));
            Add("Conv-4 + prototypes", Episodes);
            Add($"the same, the first {OtherEpisodes} episodes", OtherEpisodes);
            Add("their queries with ink and paper swapped", OtherEpisodes, image => Array.ConvertAll(image, ink => 1 - ink));
            Add("their queries at half the size", OtherEpisodes, OmniglotImages.Halve);
        }

        table.Print(clock.Elapsed.TotalSeconds);
    }

    /// <summary>Compares options of the encoder. Trains on the alphabets of small1, and classifies 20 characters of one alphabet that is only in small2. No alphabet that <see cref="RunSmall"/> judges by is used.</summary>
    /// <param name="folder">The folder of the data.</param>
    /// <param name="methods">The beginning of the names of the settings.</param>
    /// <param name="iterations">Number of outer steps; null for the usual number.</param>
    public static void RunSettings(string folder, string methods, int? iterations)
    {
        var clock = Stopwatch.StartNew();
        OmniglotImages[][] small = Small(folder);
        HashSet<string> seen = [.. small[0].Select(alphabet => alphabet.Alphabet)];
        float[][][][] unseen = [.. small[1].Where(alphabet => !seen.Contains(alphabet.Alphabet)).Select(alphabet => alphabet.Characters)];
        float[][][][] known = [.. small[0].Select(alphabet => alphabet.Characters)];
        var table = new Table("omniglot-settings", "error");
        var settings = s_settings.Select(setting => (setting.Name, setting.Encoder, Classes: (Func<MLContext, IDataView>)(ml => Classes(ml, small[0]))))
            .Concat(s_unlabelledSettings.Select(setting => (setting.Name, setting.Encoder, Classes: (Func<MLContext, IDataView>)(ml => DrawingsAsClasses(ml, small[0])))));
        foreach (var (name, encoder, classes) in settings.Where(setting => setting.Name.StartsWith(methods, StringComparison.Ordinal)))
        {
            var ml = new MLContext(seed: 1);
            ITransformer model = Train(ml, classes(ml), encoder, iterations ?? SettingIterations);
            table.Add(name, "new alphabets", Errors(ml, model, unseen, SettingEpisodes));
            table.Add(name, "training alphabets", Errors(ml, model, known, SettingEpisodes));
        }

        table.Print(clock.Elapsed.TotalSeconds);
    }

    // The two small training sets.
    private static OmniglotImages[][] Small(string folder) => [.. new[] { 1, 2 }.Select(n => OmniglotImages.Read(Path.Combine(folder, $"images_background_small{n}.zip")))];

    private static IEnumerable<double> Errors(MLContext ml, ITransformer model, float[][][][] alphabets, int episodes, Func<float[], float[]>? form = null)
    {
        FewShot<ImageRow>[] draws = FewShot<ImageRow>.Draw(alphabets, Named, 20, 1, 1, episodes, new Random(1));
        if (form is not null)
            draws = Array.ConvertAll(draws, draw => draw with { Query = Array.ConvertAll(draw.Query, row => Named(form(row.Features), row.Task, row.Class)) });
        return FewShot<ImageRow>.Adapt(ml, model, draws).Select(accuracy => 1 - accuracy);
    }

    /// <summary>Trains on 24 alphabets and classifies characters of the other six. Rotated characters count as different characters.</summary>
    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        var (training, unseen) = Split(folder);
        var ml = new MLContext(seed: 1);
        ITransformer model = Train(ml, training, Iterations);
        var table = new Table("omniglot", "accuracy", isHigherBetter: true);
        foreach (var (ways, shots) in new[] { (5, 1), (5, 5), (20, 1), (20, 5) })
            table.Add("Conv-4 + prototypes", $"{ways}-way {shots}-shot", Accuracies(ml, model, unseen, ways, shots, 600));
        table.Print(clock.Elapsed.TotalSeconds);
    }

    /// <summary>Trains on the drawings of the same 24 alphabets without their labels: each drawing is a class, and its variants are the rows of the class.</summary>
    /// <param name="folder">The folder of the data.</param>
    /// <param name="iterations">Number of outer steps; null for the usual number.</param>
    public static void RunUnlabelled(string folder, int? iterations)
    {
        var clock = Stopwatch.StartNew();
        var (training, unseen) = Split(folder);
        var ml = new MLContext(seed: 1);
        IDataView classes = DrawingsAsClasses(ml, training);
        var table = new Table("omniglot-unlabelled", "accuracy", isHigherBetter: true);
        foreach (var (name, model) in new[]
        {
            ("Conv-4 + prototypes, drawings as classes", Train(ml, classes, new ConvolutionalEncoderOptions(), iterations ?? UnlabelledIterations)),
            ("prototypes of pixels", Train(ml, classes, new IdentityEncoderOptions(), 0)),
        })
        {
            foreach (int ways in new[] { 5, 20 })
                table.Add(name, $"{ways}-way 1-shot", Accuracies(ml, model, unseen, ways, 1, OtherEpisodes));
        }

        table.Print(clock.Elapsed.TotalSeconds);
    }

    // The alphabets of training, and the characters of the others.
    private static (OmniglotImages[] Training, float[][][] Unseen) Split(string folder)
    {
        OmniglotImages[] all = OmniglotImages.Read(Path.Combine(folder, "images_background.zip"));
        new Random(1).Shuffle(all);
        return (all[..24], [.. all[24..].SelectMany(alphabet => Enumerable.Range(0, 4).SelectMany(quarters => alphabet.Turn(quarters).Characters))]);
    }

    private static double[] Accuracies(MLContext ml, ITransformer model, float[][][] unseen, int ways, int shots, int episodes) =>
        FewShot<ImageRow>.Adapt(ml, model, FewShot<ImageRow>.Draw([unseen], Named, ways, shots, 5, episodes, new Random(1)));

    private static ITransformer Train(MLContext ml, IEnumerable<OmniglotImages> alphabets, int iterations) => Train(ml, Classes(ml, alphabets), new ConvolutionalEncoderOptions(), iterations);

    // Rotations by quarter turns and reflections make eight characters of each. The characters of all alphabets form one pool.
    private static IDataView Classes(MLContext ml, IEnumerable<OmniglotImages> alphabets) => ml.Data.LoadFromEnumerable(
        from alphabet in alphabets
        from side in new[] { alphabet, alphabet.Mirror() }
        from quarters in Enumerable.Range(0, 4)
        let turned = side.Turn(quarters)
        from character in Enumerable.Range(0, turned.Characters.Length)
        from image in turned.Characters[character]
        select new ImageRow { Class = $"{turned.Alphabet}/{character}", Features = image });

    // Each drawing is a class, without its label.
    private static IDataView DrawingsAsClasses(MLContext ml, IEnumerable<OmniglotImages> alphabets)
    {
        IDataView drawings = ml.Data.LoadFromEnumerable(alphabets.SelectMany(alphabet => alphabet.Characters).SelectMany(character => character).Select(drawing => new ImageRow { Features = drawing }));
        IDataView tasks = ml.MetaLearning().ConstructTasks(drawings, new CopyTaskOptions());
        return ml.Transforms.CopyColumns(nameof(ImageRow.Class), "Label").Fit(tasks).Transform(tasks);
    }

    private static ITransformer Train(MLContext ml, IDataView rows, EncoderOptions encoder, int iterations)
    {
        var clock = Stopwatch.StartNew();
        var options = new MetaLearnerOptions
        {
            Encoder = encoder,
            Adapter = new PrototypeAdapterOptions { UsesCovariances = true },
            Episodes = new EpisodeOptions { Ways = Ways, Shots = 1, Queries = 1, TasksPerIteration = 2 },
            LearningRate = 0.003,
            MaximumNumberOfIterations = iterations,
            ValidationFraction = 0, // all characters are used for training
        };
        ITransformer model = ml.Transforms.Conversion.MapValueToKey("Label", nameof(ImageRow.Class)).Append(ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(rows);
        Console.WriteLine($"Trained for {clock.Elapsed.TotalMinutes:F1} minutes.");
        return model;
    }

    private static ImageRow Named(float[] image, string task, string name) => new() { Task = task, Class = name, Features = image };
}
