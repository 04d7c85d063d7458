using MetaML.Adapters;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Parameters;
using MetaML.TestKit;
using MetaML.Training;
using TorchSharp;
using Xunit;

namespace MetaML.Core.Tests.Models;

public sealed class AdaptTests
{
    public static TheoryData<AdapterOptions> Adapters => new(
        new PrototypeAdapterOptions(),
        new RidgeAdapterOptions(),
        new LogisticAdapterOptions(),
        new BayesianAdapterOptions(),
        new GradientAdapterOptions(),
        new GradientAdapterOptions { Scope = GradientScope.All },
        new GradientAdapterOptions { Scope = GradientScope.Context },
        new GradientAdapterOptions { Scope = GradientScope.Film, LearnedRates = LearnedRates.PerParameter });

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Adapt_NoTasks_GivesNone(AdapterOptions adapter) =>
        Assert.Empty(Trained(adapter).Adapt(CoreData.Of([], LabelKind.Binary)));

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Adapt_AnyAdapter_LeavesNoTensors(AdapterOptions adapter)
    {
        MetaModel model = Trained(adapter);
        TaskSet set = CoreData.Of(Some.Tasks(3, firstTask: 50), LabelKind.Binary);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Assert.Equal(3, model.Adapt(set).Count);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Adapt_OtherTasksBeside_ChangesNothing(AdapterOptions adapter)
    {
        MetaModel model = Trained(adapter);
        TaskSet set = CoreData.Of(Some.Tasks(3, firstTask: 50), LabelKind.Binary);
        LinearHead together = model.Adapt(set)[1].Head, alone = model.Adapt(set.With([set.Tasks[1]]))[0].Head;
        Assert.All(alone.Weights.Zip(together.Weights), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Adapt_LargeTasks_EqualsEachAlone(AdapterOptions adapter)
    {
        MetaModel model = Trained(adapter);
        TaskSet set = LargeTasks();
        IReadOnlyList<AdaptedTask> together = model.Adapt(set);
        foreach (var (task, adapted) in set.Tasks.Zip(together))
            Assert.All(model.Adapt(set.With([task]))[0].Head.Weights.Zip(adapted.Head.Weights), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Adapt_AdapterThatCopiesTheSupport_IsLentTheEmbeddingsAndNoMore()
    {
        var model = new MetaModel(new MetaModelDesign(LabelKind.Binary, TaskRow.FeatureCount, 1, new IdentityEncoderOptions(), new CopyingAdapterOptions()), null, LabelScaling.None, [], []);
        TaskSet set = LargeTasks();
        Assert.All(set.Tasks.Zip(model.Adapt(set)), pair => Assert.Equal(model.Embed(set.Features, pair.First).Embeddings.ToArray(), pair.Second.Head.Weights));
    }

    // Each task has more rows than a block, and the largest task comes first.
    private static TaskSet LargeTasks() => CoreData.Of([.. Enumerable.Range(0, 6).SelectMany(t => Some.Tasks(1, 900 - 50 * t, firstTask: 60 + t))], LabelKind.Binary);

    // The heads of this adapter are the embeddings.
    private sealed record CopyingAdapterOptions : AdapterOptions
    {
        public override IAdapter Create(HeadShape shape) => new CopyingAdapter();
    }

    private sealed class CopyingAdapter : IManagedAdapter
    {
        public IReadOnlyList<ParameterSpec> Parameters => [];

        public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support) => new(support.Embeddings.ToArray(), new float[support.RowCount]);

        public AdaptedTasks Adapt(AdaptationInput input) => throw new NotSupportedException("It does not learn.");
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Adapt_Cancelled_Throws(AdapterOptions adapter)
    {
        MetaModel model = Trained(adapter);
        Assert.ThrowsAny<OperationCanceledException>(() => model.Adapt(CoreData.Of(Some.Tasks(2), LabelKind.Binary), cancellationToken: new CancellationToken(canceled: true)));
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void AdaptedTask_WriteRead_ScoresToTheSameBits(AdapterOptions adapter)
    {
        MetaModel model = Trained(adapter);
        TaskSet set = CoreData.Of(Some.Tasks(1, firstTask: 50), LabelKind.Binary);
        AdaptedTask task = model.Adapt(set)[0];
        byte[] bytes = Bytes.Of(writer => task.Write(writer, model));
        AdaptedTask read = Read(bytes, model);
        MetaScorer scorer = model.CreateScorer();
        Assert.Equal(scorer.Score(task, set.Features[2]).ToArray(), scorer.Score(read, set.Features[2]).ToArray());
        Assert.Equal(bytes, Bytes.Of(writer => read.Write(writer, model)));
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void AdaptedTask_DamagedOrTruncated_ReadsOrThrowsDocumentedExceptions(AdapterOptions adapter)
    {
        MetaModel model = Trained(adapter);
        byte[] bytes = Bytes.Of(writer => model.Adapt(CoreData.Of(Some.Tasks(1), LabelKind.Binary))[0].Write(writer, model));
        for (int length = 0; length < bytes.Length; length++)
            Assert.Throws<EndOfStreamException>(() => Read(bytes[..length], model));

        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            Exception? error = Record.Exception(() => Read(damaged, model));
            Assert.True(error is null or InvalidDataException or EndOfStreamException, error?.ToString());
        }
    }

    [Fact]
    public void AdaptedTask_ContextOrFilm_HoldsAndWritesWhatIsItsOwnAlone()
    {
        TaskSet set = CoreData.Of(Some.Tasks(1, firstTask: 50), LabelKind.Binary);
        (int Own, int Size) Of(GradientScope scope)
        {
            MetaModel model = Trained(new GradientAdapterOptions { Scope = scope });
            AdaptedTask task = model.Adapt(set)[0];
            return ((task.EncoderParameters ?? []).Zip(model.EncoderArrays).Where(pair => pair.First != pair.Second).Sum(pair => pair.First.Length), Bytes.Of(writer => task.Write(writer, model)).Length);
        }

        var (head, context, film, all) = (Of(GradientScope.Head), Of(GradientScope.Context), Of(GradientScope.Film), Of(GradientScope.All));
        Assert.Equal((0, 8, 16), (head.Own, context.Own, film.Own)); // eight hidden units
        Assert.Equal(context.Own * sizeof(float) - film.Own * sizeof(float), context.Size - film.Size);
        Assert.Equal(all.Own * sizeof(float) - film.Own * sizeof(float), all.Size - film.Size);
        Assert.True(head.Size < context.Size);
    }

    private static MetaModel Trained(AdapterOptions adapter) => MetaTrainer.Train(
        CoreData.Of(Some.Tasks(), LabelKind.Binary),
        new MetaTrainingOptions { Adapter = adapter, Encoder = new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 4, LayerNormalization = true }, MaximumNumberOfIterations = 3 });

    private static AdaptedTask Read(byte[] bytes, MetaModel model) => AdaptedTask.Read(new BinaryReader(new MemoryStream(bytes)), model, 2);
}
