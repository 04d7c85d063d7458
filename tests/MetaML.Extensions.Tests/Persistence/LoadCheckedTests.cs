using System.Diagnostics;
using System.Reflection;
using MetaML.Extensions.Persistence;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;
using Xunit.Abstractions;

namespace MetaML.Extensions.Tests.Persistence;

public sealed class LoadCheckedTests(ITestOutputHelper output)
{
    private static readonly Lazy<IReadOnlyList<(string Name, byte[] File)>> s_models = new(SavedModels.All);

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void LoadChecked_EveryForm_IsWhatLoadGives()
    {
        foreach (var (name, file) in s_models.Value)
        {
            ITransformer expected = _ml.Model.Load(new MemoryStream(file), out DataViewSchema expectedSchema);
            ITransformer model = _ml.MetaLearning().LoadChecked(new MemoryStream(file), out DataViewSchema? schema);
            Assert.Equal(expectedSchema.Select(column => column.ToString()), schema!.Select(column => column.ToString()));
            Assert.True(Entries(SavedModels.Save(_ml, expected, schema)).SequenceEqual(Entries(SavedModels.Save(_ml, model, schema))), name);
        }
    }

    [Fact]
    public void LoadChecked_StepsOfThePackage_AreAllKnown()
    {
        string[] loaders = [.. typeof(MetaLearnerTransformer).Assembly.GetCustomAttributesData()
            .Where(attribute => attribute.AttributeType.Name == "LoadableClassAttribute" && attribute.ConstructorArguments.Any(argument => argument.Value is Type { Name: "SignatureLoadModel" }))
            .Select(attribute => (string)((IReadOnlyList<CustomAttributeTypedArgument>)attribute.ConstructorArguments[^1].Value!)[0].Value!)]; // ML.NET's attribute is internal
        Assert.Contains(MetaLearnerTransformer.LoaderSignature, loaders);
        Assert.Empty(loaders.Except(LoaderFormat.Transformers.Keys));
    }

    [Fact]
    public void LoadChecked_KeyValuesOfTheSchema_CanStillBeRead()
    {
        byte[] file = s_models.Value.Single(model => model.Name == "multiclass").File;
        _ml.MetaLearning().LoadChecked(new MemoryStream(file), out DataViewSchema? schema);
        VBuffer<ReadOnlyMemory<char>> names = default;
        schema!["Key"].GetKeyValues(ref names);
        Assert.Equal(["high", "low", "middle"], names.DenseValues().Select(value => value.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void LoadChecked_DamagedAndHostileFiles_LoadOrAreRefused()
    {
        using var check = new HostileFileCheck();
        var random = new Random(1);
        var clock = Stopwatch.StartNew();
        int count = 0;
        for (; count < 4000 && clock.Elapsed.TotalSeconds < 15; count++)
        {
            var (name, file) = s_models.Value[count % s_models.Value.Count];
            var (kind, damaged) = ModelMutations.Draw(file, random);
            string? wrong = check.Check(damaged);
            Assert.True(wrong is null, $"{name}, {kind}, number {count}: {wrong}");
        }

        output.WriteLine($"{count} files: {check.Loaded} loaded, {check.Refused} rejected; at most {check.MostBytes:N0} bytes, {check.MostSeconds:F2} s");
        Assert.True(count >= 1000, $"{count} files");
        Assert.InRange(check.Refused, count / 3, count);
    }

    [Fact]
    public void LoadChecked_Bomb_IsRefusedBeforeItIsDecompressed()
    {
        byte[] bomb = ModelMutations.Bomb(s_models.Value[0].File, 100 << 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Assert.Throws<InvalidDataException>(() => Load(bomb)).Message;
        Assert.Contains("MaximumUncompressedBytes", message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Load(bomb, new CheckedLoadOptions { MaximumUncompressedBytes = 200 << 20 });
    }

    [Fact]
    public void LoadChecked_LoaderThatIsNotKnown_NamesItAndLoadsItWhenTrusted()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(Some.Tasks(2));
        ITransformer scorer = _ml.Regression.Trainers.Sdca("Value", maximumNumberOfIterations: 1).Fit(rows);
        byte[] file = SavedModels.Save(_ml, scorer, rows.Schema);
        Assert.Contains("got 'RegressionPredXfer'", Assert.Throws<InvalidDataException>(() => Load(file)).Message);
        var options = new CheckedLoadOptions { TrustedLoaders = { ["RegressionPredXfer"] = typeof(RegressionPredictionTransformer<>).Assembly } };
        string message = Assert.Throws<InvalidDataException>(() => Load(file, options)).Message; // its predictor has a separate loader
        string predictor = message.Split('\'')[1];
        options.TrustedLoaders[predictor] = typeof(Microsoft.ML.Trainers.LinearRegressionModelParameters).Assembly;
        ITransformer loaded = Load(file, options);
        Assert.Equal(scorer.Transform(rows).GetColumn<float>("Score"), loaded.Transform(rows).GetColumn<float>("Score"));
    }

    [Fact]
    public void LoadChecked_WhereNothingCanBeWritten_StillLoads()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        _ml.TempFilePath = folder["file"]; // ML.NET's own Load unpacks files here
        byte[] file = s_models.Value[1].File;
        Assert.ThrowsAny<Exception>(() => _ml.Model.Load(new MemoryStream(file), out _));
        Load(file);
    }

    private ITransformer Load(byte[] file, CheckedLoadOptions? options = null) => _ml.MetaLearning().LoadChecked(new MemoryStream(file), out _, options);

    private static byte[] Entries(byte[] file) => [.. ZipFiles.Read(file).OrderBy(entry => entry.Name, StringComparer.Ordinal).SelectMany(entry => entry.Content)];
}
