using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Models;

public sealed class MetaModelTests
{
    public static TheoryData<AdapterOptions, LabelKind> Models => new()
    {
        { new PrototypeAdapterOptions(), LabelKind.Binary },
        { new RidgeAdapterOptions(), LabelKind.Multiclass },
        { new RidgeAdapterOptions(), LabelKind.Regression },
        { new LogisticAdapterOptions(), LabelKind.Binary },
        { new LogisticAdapterOptions(), LabelKind.Multiclass },
        { new GradientAdapterOptions(), LabelKind.Binary },
        { new GradientAdapterOptions { Scope = GradientScope.All }, LabelKind.Multiclass },
        { new GradientAdapterOptions { Scope = GradientScope.Context, LearnedRates = LearnedRates.PerParameter }, LabelKind.Regression },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void WriteRead_AdaptsAndScoresToTheSameBits(AdapterOptions adapter, LabelKind kind)
    {
        MetaModel model = Trained(adapter, kind);
        using var stream = new MemoryStream(Bytes.Of(model.Write));
        MetaModel read = MetaModel.Read(new BinaryReader(stream));
        Assert.Equal(stream.Length, stream.Position);
        Assert.Equal(Scores(model, kind), Scores(read, kind));
        Assert.True(read.AdaptsWithoutTorch);
    }

    [Fact]
    public void Read_NewerVersion_SaysSo()
    {
        byte[] bytes = Bytes.Of(Trained(new RidgeAdapterOptions(), LabelKind.Binary).Write);
        bytes[0] = 200;
        Assert.Contains("newer version", Assert.Throws<InvalidDataException>(() => Read(bytes)).Message);
    }

    [Fact]
    public void Read_TruncatedAnywhere_ThrowsDocumentedExceptions()
    {
        byte[] bytes = Bytes.Of(Trained(new RidgeAdapterOptions(), LabelKind.Binary).Write);
        for (int length = 0; length < bytes.Length; length += Math.Max(1, length / 8))
        {
            Exception error = Assert.ThrowsAny<Exception>(() => Read(bytes[..length]));
            Assert.True(error is InvalidDataException or EndOfStreamException, $"{error.GetType()} at {length}: {error.Message}");
        }
    }

    [Fact]
    public void Read_FlippedBits_ReadsOrThrowsDocumentedExceptions()
    {
        byte[] bytes = Bytes.Of(Trained(new PrototypeAdapterOptions(), LabelKind.Multiclass).Write);
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. bytes];
            int at = i < 1000 ? random.Next(600) : random.Next(bytes.Length); // the header comes first
            damaged[at] ^= (byte)(1 << random.Next(8));
            Exception? error = Record.Exception(() => Read(damaged));
            Assert.True(error is null or InvalidDataException or EndOfStreamException, $"{error?.GetType()} at {at}: {error?.Message}");
        }
    }

    [Fact]
    public void Adapt_SupportThatDoesNotFit_SaysWhatWasExpected()
    {
        MetaModel model = Trained(new RidgeAdapterOptions(), LabelKind.Binary);
        var store = new DenseFeatureStore(3);
        var builder = new TaskSetBuilder(LabelKind.Binary, store);
        builder.Add("t", store.Add(new FeatureRow([1, 2, 3])), 1);
        Assert.Contains("6 features", Assert.Throws<ArgumentException>(() => model.Adapt(builder.Build())).Message);
        Assert.Contains("Binary labels", Assert.Throws<ArgumentException>(() => model.Adapt(CoreData.Of(Some.Tasks(1), LabelKind.Regression))).Message);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Adapt_OneClassOrNone_GivesFiniteScores(AdapterOptions adapter, LabelKind kind)
    {
        MetaModel model = Trained(adapter, kind);
        TaskSet oneClass = CoreData.Of(Some.Tasks(1, firstTask: 40).GroupBy(row => kind == LabelKind.Binary ? row.Answer.ToString() : row.Class).First(), kind, ClassSets.Common);
        AdaptedTask[] tasks = [.. model.Adapt(oneClass), model.Prior!];
        MetaScorer scorer = model.CreateScorer();
        Assert.All(tasks, task => Assert.All(scorer.Score(task, new FeatureRow([1, 0, 0, 1, 0, 1])).ToArray(), score => Assert.True(float.IsFinite(score))));
    }

    private static MetaModel Trained(AdapterOptions adapter, LabelKind kind) => MetaTrainer.Train(
        CoreData.Of(Some.Tasks(), kind),
        new MetaTrainingOptions { Adapter = adapter, Encoder = new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 4 }, MaximumNumberOfIterations = 5 });

    private static float[] Scores(MetaModel model, LabelKind kind)
    {
        TaskSet set = CoreData.Of(Some.Tasks(2, firstTask: 60), kind, ClassSets.Common);
        MetaScorer scorer = model.CreateScorer();
        return [.. model.Adapt(set).SelectMany(task => scorer.Score(task, set.Features[3]).ToArray())];
    }

    private static MetaModel Read(byte[] bytes) => MetaModel.Read(new BinaryReader(new MemoryStream(bytes)));
}
