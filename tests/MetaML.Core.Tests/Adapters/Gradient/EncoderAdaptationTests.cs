using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Statistics;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Gradient;

/// <summary>Adaptation of perceptrons in managed code, against libtorch's automatic differentiation.</summary>
public sealed class EncoderAdaptationTests
{
    private static readonly MlpEncoderOptions s_plain = new() { HiddenUnits = [6, 6], EmbeddingDimension = 3 };

    private static readonly MlpEncoderOptions s_normalized = s_plain with { LayerNormalization = true };

    private static readonly GradientAdapterOptions s_full = new() { Scope = GradientScope.All, InnerSteps = 3 };

    private static readonly GradientAdapterOptions s_context = new() { Scope = GradientScope.Context, InnerSteps = 3, ContextDimension = 2 };

    private static readonly GradientAdapterOptions s_film = new() { Scope = GradientScope.Film, InnerSteps = 3 };

    public static TheoryData<MlpEncoderOptions, GradientAdapterOptions> Cases
    {
        get
        {
            var cases = new TheoryData<MlpEncoderOptions, GradientAdapterOptions>();
            foreach (Activation activation in Enum.GetValues<Activation>())
            {
                foreach (MlpEncoderOptions encoder in (MlpEncoderOptions[])[s_plain, s_plain with { HiddenUnits = [] }, s_plain with { Residual = true }, s_normalized, s_normalized with { Residual = true, LinearPath = true, Dropout = 0.5 }])
                {
                    cases.Add(encoder with { Activation = activation }, s_full);
                    cases.Add(encoder with { Activation = activation }, s_context);
                    if (encoder.LayerNormalization)
                        cases.Add(encoder with { Activation = activation }, s_film);
                }
            }

            foreach (GradientAdapterOptions adapter in (GradientAdapterOptions[])[s_full, s_context, s_film])
            {
                cases.Add(s_normalized, adapter with { LearnedRates = LearnedRates.PerParameter, AdaptHead = true });
                cases.Add(s_normalized, adapter with { LearnedRates = LearnedRates.None, MaximumInnerGradientNorm = 0.05, InnerLearningRate = 1 });
                cases.Add(s_normalized, adapter with { AdaptHead = true, InitialHead = InitialHead.Learned });
            }

            cases.Add(s_normalized, s_full with { Reptile = true, LearnedRates = LearnedRates.None });
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapt_AnyPerceptron_EqualsTorch(MlpEncoderOptions encoder, GradientAdapterOptions adapter)
    {
        foreach (AdapterCase tasks in Kinds(adapter))
            AdapterConformance.AssertManagedEqualsTorch(tasks.DesignOn(encoder), tasks.Tasks());
    }

    public static TheoryData<GradientAdapterOptions> Scopes => new(s_full, s_context, s_film, s_full with { LearnedRates = LearnedRates.PerParameter });

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Adapt_SparseFeatures_EqualsTorchAndDenseFeatures(GradientAdapterOptions adapter)
    {
        foreach (AdapterCase tasks in Kinds(adapter))
        {
            List<TaskRow> rows = tasks.ClassSets == ClassSets.Common ? Some.Tasks(3, 16) : Some.TasksWithOwnClasses(3, 16);
            foreach (TaskRow row in rows)
                row.Features[1] = row.Features[4] = 0; // zero in all rows
            TaskSet Set(bool sparse) => CoreData.Of(rows, tasks.Kind, tasks.ClassSets, sparse);
            AdapterConformance.AssertManagedEqualsTorch(tasks.DesignOn(s_normalized), Set(sparse: true));
            var (encoder, learned) = AdapterCase.Values(tasks.DesignOn(s_normalized));
            var model = new MetaModel(tasks.DesignOn(s_normalized), null, LabelScaling.None, encoder, learned);
            foreach (var (dense, sparse) in model.Adapt(Set(sparse: false)).Zip(model.Adapt(Set(sparse: true))))
            {
                AssertClose(dense.Head.Weights, sparse.Head.Weights);
                Assert.All(dense.EncoderParameters!.Zip(sparse.EncoderParameters!), pair => AssertClose(pair.First, pair.Second));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Adapt_ScaledFeatures_GivesTheScoresOfTheTaskAlone(GradientAdapterOptions adapter)
    {
        // Standardised features and labels, many tasks at once, and rows of a known task that are adapted again.
        TaskSet set = CoreData.Of(Some.Tasks(8, 24), LabelKind.Regression);
        MetaModel model = MetaTrainer.Train(set, new MetaTrainingOptions { Adapter = adapter, Encoder = s_normalized, MaximumNumberOfIterations = 20 });
        IReadOnlyList<AdaptedTask> together = model.Adapt(set);
        for (int t = 0; t < together.Count; t++)
        {
            AdaptedTask alone = model.Adapt(set.With([set.Tasks[t]]))[0];
            float[] Scores(AdaptedTask task) => [.. set.Tasks[t].Rows.Select(row => model.CreateScorer().Score(task, set.Features[row])[0])];
            Assert.Equal(Scores(alone), Scores(together[t]));
        }
    }

    [Fact]
    public void AdaptsWithoutTorch_OtherEncoders_IsFalse()
    {
        bool Adapts(EncoderOptions encoder, AdapterOptions adapter) => new MetaModel(new MetaModelDesign(LabelKind.Binary, 64, 1, encoder, adapter), null, LabelScaling.None, [], []).AdaptsWithoutTorch;
        var images = new ConvolutionalEncoderOptions { Height = 8, Width = 8, Blocks = 2 };
        Assert.All((AdapterOptions[])[s_full, s_context, s_film], adapter => Assert.False(Adapts(images, adapter)));
        Assert.True(Adapts(images, new GradientAdapterOptions()));
        Assert.False(Adapts(new IdentityEncoderOptions(), s_full));
        Assert.True(Adapts(s_plain, s_full));
    }

    [Fact]
    public void StatisticsFingerprint_StepsInTheEncoder_IsNullSinceNoHeadIsAFunctionOfStatistics()
    {
        MetaModel Keeping(GradientAdapterOptions adapter)
        {
            MetaModelDesign design = new AdapterCase("", adapter, LabelKind.Binary).DesignOn(s_normalized);
            var (encoder, learned) = AdapterCase.Values(design);
            return new MetaModel(design, null, LabelScaling.None, encoder, learned).Keeping(new StatisticsOptions(BufferRows: 100));
        }

        Assert.All(((GradientAdapterOptions[])[s_full, s_context, s_film]).Select(Keeping), model => Assert.Null(model.StatisticsFingerprint()));
        Assert.NotNull(Keeping(new GradientAdapterOptions()).StatisticsFingerprint());
    }

    private static IEnumerable<AdapterCase> Kinds(GradientAdapterOptions adapter)
    {
        foreach (LabelKind kind in Enum.GetValues<LabelKind>())
            yield return new AdapterCase("", adapter, kind);
        if (!adapter.Reptile && (adapter.InitialHead != InitialHead.Learned || adapter.AdaptHead || adapter.Scope == GradientScope.All))
            yield return new AdapterCase("", adapter, LabelKind.Multiclass, ClassSets.PerTask);
    }

    private static void AssertClose(float[] expected, float[] actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * (1 + Math.Abs(pair.First))));
}
