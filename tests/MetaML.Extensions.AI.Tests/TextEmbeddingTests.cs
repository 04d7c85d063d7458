using System.Text;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using TextPretrained;
using Xunit;

namespace MetaML.Extensions.AI.Tests;

public sealed class TextEmbeddingTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Transform_Texts_AreEmbeddedInBatches_EachOnce()
    {
        var generator = new CountingGenerator { Delay = TimeSpan.FromMilliseconds(20) };
        IDataView rows = Rows(Enumerable.Range(0, 250).Select(i => Name(i % 100)));
        TextEmbeddingEstimator step = _ml.MetaLearning().TextEmbedding(generator, "Features", "Text", new TextEmbeddingOptions { BatchSize = 10, MaximumConcurrentCalls = 3 });
        TextEmbeddingTransformer fitted = step.Fit(rows);
        Assert.Empty(generator.Calls); // the generator tells the length
        for (int reading = 0; reading < 2; reading++)
            Assert.Equal(rows.GetColumn<string>("Text").Select(text => CountingGenerator.Of(text)), step.Fit(rows).Transform(rows).GetColumn<float[]>("Features"));

        Assert.Equal(100, generator.Calls.Sum(texts => texts.Length));
        Assert.Equal(100, generator.Calls.SelectMany(texts => texts).Distinct().Count());
        Assert.All(generator.Calls, texts => Assert.InRange(texts.Length, 1, 10));
        Assert.InRange(generator.Calls.Count, 10, 12);
        Assert.InRange(generator.MostAtOnce, 2, 3);
        Assert.Equal(26, fitted.EmbeddingDimension);
        Assert.Equal(Rows(["b"]).GetColumn<string>("Text"), fitted.Transform(Rows(["b"])).GetColumn<string>("Text"));
        Assert.DoesNotContain(generator.Calls, texts => texts.Contains("b")); // the embedding was not asked for
    }

    [Fact]
    public void Transform_EmptyAndLongTexts_AreZerosAndCut()
    {
        var generator = new CountingGenerator();
        IDataView scored = _ml.MetaLearning().TextEmbedding(generator, "Text", options: new TextEmbeddingOptions { MaximumTextLength = 3 }).Fit(Rows(["", "abc", "abcdef"])).Transform(Rows(["", "abc", "abcdef"]));
        Assert.Equal([new float[26], CountingGenerator.Of("abc"), CountingGenerator.Of("abc")], scored.GetColumn<float[]>("Text"));
        Assert.Equal(["abc"], Assert.Single(generator.Calls));
    }

    [Fact]
    public void Fit_GeneratorThatTellsNoLength_EmbedsOneText()
    {
        var generator = new CountingGenerator(model: null);
        TextEmbeddingEstimator step = _ml.MetaLearning().TextEmbedding(generator, "Features", "Text");
        Assert.Equal(26, step.Fit(Rows(["", "x", "y"])).EmbeddingDimension);
        Assert.Equal(["x"], Assert.Single(generator.Calls));
        Assert.Contains("must have a text that is not empty", Assert.Throws<InvalidOperationException>(() => step.Fit(Rows(["", ""]))).Message, StringComparison.Ordinal);
        Assert.Equal(5, _ml.MetaLearning().TextEmbedding(generator, "Features", "Text", new TextEmbeddingOptions { Dimension = 5 }).Fit(Rows([""])).EmbeddingDimension);
    }

    [Fact]
    public void Transform_ShuffledOneByOneAndOnThreads_GivesTheSame()
    {
        var generator = new CountingGenerator();
        IDataView rows = Rows(Enumerable.Range(0, 200).Select(Name));
        TextEmbeddingTransformer step = _ml.MetaLearning().TextEmbedding(generator, "Features", "Text", new TextEmbeddingOptions { BatchSize = 8, MaximumConcurrentCalls = 2 }).Fit(rows);
        IDataView shuffled = step.Transform(_ml.Data.ShuffleRows(rows, seed: 3));
        Assert.Equal(shuffled.GetColumn<string>("Text").Select(text => CountingGenerator.Of(text)), shuffled.GetColumn<float[]>("Features"));
        IDataView shuffledAfter = _ml.Data.ShuffleRows(step.Transform(rows), seed: 4);
        Assert.Equal(200, shuffledAfter.GetColumn<float[]>("Features").Count());

        using PredictionEngine<Row, Embedded> engine = _ml.Model.CreatePredictionEngine<Row, Embedded>(step);
        Assert.Equal(CountingGenerator.Of("cab"), engine.Predict(new Row { Text = "cab" }).Features);
        float[][] expected = [.. step.Transform(rows).GetColumn<float[]>("Features")];
        Assert.All(ParallelEnumerable.Range(0, 8).WithDegreeOfParallelism(4).Select(_ => step.Transform(rows).GetColumn<float[]>("Features").ToArray()).ToArray(), actual => Assert.Equal(expected, actual));
        Assert.Equal(201, generator.Calls.Sum(texts => texts.Length)); // 200 names, and the one of the engine
    }

    [Fact]
    public void Transform_SmallMemoryAndFolder_KeepsEmbeddingsBetweenRuns()
    {
        using var folder = new TemporaryFolder();
        var options = new TextEmbeddingOptions { CacheFolder = folder["cache"], CacheSize = 5, BatchSize = 4, MaximumConcurrentCalls = 1 };
        IDataView rows = Rows(Enumerable.Range(0, 50).Select(Name));
        var first = new CountingGenerator();
        float[][] expected = [.. _ml.MetaLearning().TextEmbedding(first, "Features", "Text", options).Fit(rows).Transform(rows).GetColumn<float[]>("Features")];
        Assert.Equal(50, first.Calls.Sum(texts => texts.Length));

        var second = new CountingGenerator();
        Assert.Equal(expected, _ml.MetaLearning().TextEmbedding(second, "Features", "Text", options).Fit(rows).Transform(rows).GetColumn<float[]>("Features"));
        Assert.Empty(second.Calls);
        var other = new CountingGenerator(model: "others");
        Assert.Equal(expected, _ml.MetaLearning().TextEmbedding(other, "Features", "Text", options).Fit(rows).Transform(rows).GetColumn<float[]>("Features"));
        Assert.Equal(50, other.Calls.Sum(texts => texts.Length));
        string damaged = Directory.GetFiles(folder["cache"], "*", SearchOption.AllDirectories)[0];
        File.WriteAllBytes(damaged, []);
        Assert.Equal(expected, _ml.MetaLearning().TextEmbedding(new CountingGenerator(), "Features", "Text", options).Fit(rows).Transform(rows).GetColumn<float[]>("Features"));
        Assert.Contains("null, because the generator does not name its model", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().TextEmbedding(new CountingGenerator(model: null), "Features", "Text", options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transform_GeneratorThatFails_NamesTheRows_AndWorksAgainAfterwards()
    {
        var generator = new CountingGenerator();
        IDataView rows = Rows(Enumerable.Range(0, 40).Select(Name));
        TextEmbeddingTransformer step = _ml.MetaLearning().TextEmbedding(generator, "Features", "Text", new TextEmbeddingOptions { BatchSize = 10, MaximumConcurrentCalls = 1 }).Fit(rows);
        string MessageOf(Func<string[], IEnumerable<float[]>, IEnumerable<float[]>> change)
        {
            generator.Change = change;
            return Assert.Throws<InvalidOperationException>(() => step.Transform(rows).GetColumn<float[]>("Features").ToArray()).Message;
        }

        string failed = MessageOf((texts, vectors) => texts.Contains(Name(25)) ? throw new HttpRequestException("quota exceeded") : vectors);
        Assert.Contains("it failed: quota exceeded", failed, StringComparison.Ordinal);
        Assert.Contains("column 'Text', rows 20 to 29", failed, StringComparison.Ordinal);
        Assert.Contains("got 9 for 10 texts", MessageOf((_, vectors) => vectors.Skip(1)), StringComparison.Ordinal);
        Assert.Contains("got 25 values instead of 26", MessageOf((_, vectors) => vectors.Select(vector => vector[1..])), StringComparison.Ordinal);
        Assert.Contains("not finite", MessageOf((_, vectors) => vectors.Select(vector => vector.Select(_ => float.NaN).ToArray())), StringComparison.Ordinal);
        generator.Change = null;
        Assert.Equal(40, step.Transform(rows).GetColumn<float[]>("Features").Count());
    }

    [Fact]
    public void Transform_Cancelled_Stops()
    {
        using var source = new CancellationTokenSource();
        var generator = new CountingGenerator { Delay = TimeSpan.FromMinutes(10) };
        TextEmbeddingTransformer step = _ml.MetaLearning().TextEmbedding(generator, "Features", "Text", new TextEmbeddingOptions { CancellationToken = source.Token }).Fit(Rows(["a"]));
        Task reading = Task.Run(() => step.Transform(Rows(["a", "b"])).GetColumn<float[]>("Features").ToArray());
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => reading.GetAwaiter().GetResult());
    }

    [Fact]
    public void SaveAndLoad_FindTheGeneratorByName_AndRefuseAnother()
    {
        var generator = new CountingGenerator();
        IDataView rows = Rows(["abc", "bcd", ""]);
        TextEmbeddingTransformer step = _ml.MetaLearning().TextEmbedding(generator, "Features", "Text", new TextEmbeddingOptions { MaximumTextLength = 2 }).Fit(rows);
        Assert.Contains("must have a name", Assert.Throws<InvalidOperationException>(() => Save(step)).Message, StringComparison.Ordinal);
        EmbeddingGenerators.Register("saved letters", generator);
        byte[] file = Save(step);
        Assert.Equal(step.Transform(rows).GetColumn<float[]>("Features"), Load(file).Transform(rows).GetColumn<float[]>("Features"));
        using var archive = new System.IO.Compression.ZipArchive(new MemoryStream(file));
        Assert.All(archive.Entries, entry =>
        {
            using var reader = new StreamReader(entry.Open(), Encoding.Latin1);
            Assert.DoesNotContain("secret", reader.ReadToEnd(), StringComparison.Ordinal);
        });

        EmbeddingGenerators.Register("saved letters", new CountingGenerator(model: "others"));
        Assert.Contains("'letters' with 26 values; got 'others'", Message(file), StringComparison.Ordinal);
        EmbeddingGenerators.Register("saved letters", new CountingGenerator(dimension: 27));
        Assert.Contains("'letters' with 26 values; got 'letters' with 27", Message(file), StringComparison.Ordinal);
    }

    [Fact]
    public void LoadChecked_TrustedLoader_IsNeeded()
    {
        using var generator = new CountingGenerator();
        EmbeddingGenerators.Register("checked letters", generator);
        IDataView rows = Rows(["abc"]);
        byte[] file = Save(_ml.MetaLearning().TextEmbedding(generator, "Features", "Text").Fit(rows));
        Assert.Contains("TextEmbedding", Assert.Throws<InvalidDataException>(() => _ml.MetaLearning().LoadChecked(new MemoryStream(file), out _)).Message, StringComparison.Ordinal);
        var options = new CheckedLoadOptions { TrustedLoaders = { ["TextEmbedding"] = typeof(TextEmbeddingTransformer).Assembly } };
        Assert.Equal([CountingGenerator.Of("abc")], _ml.MetaLearning().LoadChecked(new MemoryStream(file), out _, options).Transform(rows).GetColumn<float[]>("Features"));
    }

    [Fact]
    public void Load_GeneratorWithoutRegistration_SaysWhatToCall()
    {
        var (generator, name) = (new CountingGenerator(), $"name {Guid.NewGuid()}");
        Assert.Contains($"EmbeddingGenerators.Register(\"{name}\", generator)", Assert.Throws<InvalidOperationException>(() => EmbeddingGenerators.Find(name)).Message, StringComparison.Ordinal);
        Assert.Null(EmbeddingGenerators.NameOf(generator));
    }

    [Fact]
    public void BadArguments_SayWhatIsWrong()
    {
        var generator = new CountingGenerator();
        MetaLearningCatalog catalog = _ml.MetaLearning();
        Assert.Contains("TextEmbeddingOptions.BatchSize must be between 1 and 65536; got 0", Assert.Throws<ArgumentException>(() => catalog.TextEmbedding(generator, "F", options: new TextEmbeddingOptions { BatchSize = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("MaximumConcurrentCalls", Assert.Throws<ArgumentException>(() => catalog.TextEmbedding(generator, "F", options: new TextEmbeddingOptions { MaximumConcurrentCalls = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("Dimension", Assert.Throws<ArgumentException>(() => catalog.TextEmbedding(generator, "F", options: new TextEmbeddingOptions { Dimension = 0 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => catalog.TextEmbedding(null!, "F"));
        foreach (string column in new[] { "Nowhere", "Number" })
        {
            TextEmbeddingEstimator step = catalog.TextEmbedding(generator, "F", column);
            string fit = Assert.Throws<ArgumentOutOfRangeException>(() => step.Fit(Rows(["a"]))).Message;
            Assert.Contains($"text column '{column}': expected String", fit, StringComparison.Ordinal);
            Assert.Contains("Available columns: ", Assert.Throws<ArgumentOutOfRangeException>(() => step.GetOutputSchema(SchemaShapes.Of(Rows(["a"]).Schema))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void MiniLm_Chain_AdaptsSavesAndLoads()
    {
        using var generator = new MiniLmGenerator();
        EmbeddingGenerators.Register("MiniLM of the tests", generator);
        (string Task, string[] Words)[] tasks = [("animals", ["dog", "cat", "horse", "bird"]), ("colours", ["red", "green", "blue", "yellow"]), ("food", ["bread", "rice", "soup", "cheese"]), ("tools", ["hammer", "saw", "drill", "knife"]), ("rooms", ["kitchen", "cellar", "bathroom", "attic"])];
        IEnumerable<Row> Sentences(int from, int to, int new1) => tasks[from..to].SelectMany(task => task.Words.SelectMany(word => Enumerable.Range(new1, 4).Select(i => new Row { Task = task.Task, Intent = word, Text = $"{(i % 4) switch { 0 => "Tell me about the", 1 => "I would like to see a", 2 => "Where is my", _ => "Is this a new" }} {word}{(i < 4 ? "?" : ", please.")}" })));
        var options = new MetaLearnerOptions { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 30 };
        ITransformer model = _ml.MetaLearning().TextEmbedding(generator, "Features", "Text").Append(_ml.Transforms.Conversion.MapValueToKey("Label", "Intent"))
            .Append(_ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(_ml.Data.LoadFromEnumerable(Sentences(0, 4, 0)));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, _ml.Data.LoadFromEnumerable(Sentences(4, 5, 0)));
        IDataView query = _ml.Data.LoadFromEnumerable(Sentences(4, 5, 4));
        IDataView scored = adapted.Transform(query);
        Assert.InRange(_ml.MulticlassClassification.Evaluate(scored).MicroAccuracy, 0.9, 1);

        using var stream = new MemoryStream();
        _ml.Model.Save(adapted, query.Schema, stream);
        stream.Position = 0;
        Assert.Equal(scored.GetColumn<float[]>("Score"), _ml.Model.Load(stream, out _).Transform(query).GetColumn<float[]>("Score"));
    }

    [Fact]
    public void Example_NewIntents_AreLearnedFromFiveMessages()
    {
        string output = SiblingProgram.Run("examples/TextPretrained", null);
        string result = output.Split('\n').Single(line => line.StartsWith("RESULT ", StringComparison.Ordinal))["RESULT ".Length..];
        Assert.InRange(System.Text.Json.JsonDocument.Parse(result).RootElement.GetProperty("accuracy").GetDouble(), 0.85, 1);
    }

    private static string Name(int i) => string.Concat(i.ToString(System.Globalization.CultureInfo.InvariantCulture).Select(digit => (char)('a' + digit - '0'))) + "z";

    private IDataView Rows(IEnumerable<string> texts) => _ml.Data.LoadFromEnumerable(texts.Select(text => new Row { Text = text }).ToArray());

    private byte[] Save(ITransformer step)
    {
        using var stream = new MemoryStream();
        _ml.Model.Save(step, null, stream);
        return stream.ToArray();
    }

    private ITransformer Load(byte[] file)
    {
        using var stream = new MemoryStream(file);
        ITransformer loaded = _ml.Model.Load(stream, out _);
        return loaded is TransformerChain<ITransformer> chain ? chain.Single() : loaded;
    }

    // ML.NET may wrap the error.
    private string Message(byte[] file)
    {
        Exception error = Assert.ThrowsAny<Exception>(() => Load(file));
        return (error.InnerException ?? error).Message;
    }

    private sealed class Row
    {
        public string Task { get; set; } = "";

        public string Intent { get; set; } = "";

        public string Text { get; set; } = "";

        public float Number { get; set; }
    }

    private sealed class Embedded
    {
        public float[] Features { get; set; } = [];
    }
}
