using MetaML.Data;
using MetaML.Models;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Encoders.Images;

/// <summary>The choices for images that the options leave open.</summary>
public sealed class ImageDefaultsTests
{
    private const int Side = 8;

    private static readonly ConvolutionalEncoderOptions s_open = new() { Blocks = 2, Filters = 4, Groups = 2 };

    [Fact]
    public void Train_ClassesOfTheirOwn_ViewsAndNormalizedDrawings()
    {
        ConvolutionalEncoderOptions chosen = Chosen(Model(s_open, ClassSets.PerTask, isDrawing: true));
        Assert.Equal((10, true), (chosen.Views, chosen.NormalizeDrawings));
    }

    [Theory]
    [InlineData(null, false, 3)]
    [InlineData(null, true, 1)]
    [InlineData(1, false, 1)]
    [InlineData(4, true, 4)]
    public void Train_MinimumSide_IsThatOfTheOptionsOrThreeWithoutCovariances(int? given, bool isBayesian, int expected)
    {
        MetaModel model = Model(s_open with { MinimumSide = given }, ClassSets.Common, isDrawing: false, isBayesian ? new BayesianAdapterOptions() : null);
        Assert.Equal(expected, Chosen(model).MinimumSide);
        int side = expected == 1 ? 2 : 4; // of 8 pixels after two blocks
        Assert.Equal(4 * side * side, model.CreateScorer().Embed(new FeatureRow(Image(new Random(9), isDrawing: false))).Length);
    }

    [Fact]
    public void Create_OptionsOfAnEarlierModel_ReduceToOnePixel() =>
        Assert.Equal(64, new ConvolutionalEncoderOptions().Create(28 * 28).EmbeddingDimension);

    [Fact]
    public void Drawings_OptionsOfAnEarlierModel_HaveTheEarlierSpread() =>
        Assert.Equal(0.2, new ConvolutionalEncoderOptions { NormalizeDrawings = true }.Drawings(28 * 28)!.InkSpread);

    [Theory]
    [InlineData(null, 0.25)]
    [InlineData(0.1, 0.1)]
    public void Train_InkSpread_IsThatOfTheOptionsOrTheDefault(double? given, double expected)
    {
        MetaModel model = Model(s_open with { InkSpread = given }, ClassSets.PerTask, isDrawing: true);
        Assert.Equal(expected, Chosen(model).Drawings(Side * Side)!.InkSpread);
        Assert.Equal(expected, model.Scaling!.Drawings!.InkSpread);
    }

    [Fact]
    public void Train_CommonClasses_OneViewAndPlaceIsKept()
    {
        ConvolutionalEncoderOptions chosen = Chosen(Model(s_open, ClassSets.Common, isDrawing: true));
        Assert.Equal((1, false), (chosen.Views, chosen.NormalizeDrawings));
    }

    [Fact]
    public void Train_PhotographsWithoutAugmentation_OneViewAndNoNormalization()
    {
        ConvolutionalEncoderOptions chosen = Chosen(Model(s_open with { Augmentation = null }, ClassSets.PerTask, isDrawing: false));
        Assert.Equal((1, false), (chosen.Views, chosen.NormalizeDrawings));
    }

    [Fact]
    public void Train_OptionsAreSet_TheyAreKept()
    {
        ConvolutionalEncoderOptions chosen = Chosen(Model(s_open with { Views = 3, NormalizeDrawings = false }, ClassSets.PerTask, isDrawing: true));
        Assert.Equal((3, false), (chosen.Views, chosen.NormalizeDrawings));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Embed_SwappedDrawing_SameEmbeddingAlsoAfterSaving(bool standardizes)
    {
        MetaModel model = Model(s_open with { StandardizeInputs = standardizes }, ClassSets.PerTask, isDrawing: true);
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        model.Write(writer);
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        MetaModel loaded = MetaModel.Read(reader);
        float[] drawing = Image(new Random(9), isDrawing: true), swapped = Array.ConvertAll(drawing, value => 255 - 255 * value);
        float[] expected = model.CreateScorer().Embed(new FeatureRow(drawing)).ToArray();
        Assert.All(expected.Zip(model.CreateScorer().Embed(new FeatureRow(swapped)).ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
        Assert.Equal(expected, loaded.CreateScorer().Embed(new FeatureRow(drawing)).ToArray());
    }

    private static ConvolutionalEncoderOptions Chosen(MetaModel model) => (ConvolutionalEncoderOptions)model.EncoderOptions;

    // An encoder with its initial parameters, for twelve tasks of two classes.
    private static MetaModel Model(ConvolutionalEncoderOptions encoder, ClassSets classSets, bool isDrawing, AdapterOptions? adapter = null)
    {
        var random = new Random(1);
        FeatureStore features = FeatureStore.Dense(Side * Side);
        var builder = new TaskSetBuilder(LabelKind.Multiclass, features);
        for (int i = 0; i < 240; i++)
            builder.Add($"task {i / 20}", features.Add(new FeatureRow(Image(random, isDrawing))), i % 2 + (classSets == ClassSets.Common ? 0 : 2 * (i / 20)));
        return MetaTrainer.Train(builder.Build(classSets == ClassSets.Common ? 2 : 24, classSets), new MetaTrainingOptions { Encoder = encoder, Adapter = adapter, MaximumNumberOfIterations = 0, Seed = 1 });
    }

    private static float[] Image(Random random, bool isDrawing) => isDrawing
        ? [.. Enumerable.Range(0, Side * Side).Select(i => i / Side is 2 or 4 && i % Side is > 0 and < 5 && random.Next(4) > 0 ? 1f : 0f)]
        : [.. Enumerable.Range(0, Side * Side).Select(_ => random.NextSingle())];
}
