using MetaML.Adapters;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.TestKit;
using MetaML.Training.Loop;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Adapters.Gradient;

/// <summary>Inner steps in managed code and their outer derivatives, against the same steps with libtorch's automatic differentiation, in float64.</summary>
public sealed class BatchDescentTests
{
    private static readonly MlpEncoderOptions s_plain = new() { HiddenUnits = [6, 6], EmbeddingDimension = 3 };

    private static readonly MlpEncoderOptions s_normalized = s_plain with { Activation = Activation.Silu, LayerNormalization = true, Residual = true, LinearPath = true };

    private static readonly GradientAdapterOptions s_full = new() { Scope = GradientScope.All, InnerSteps = 3 };

    private static readonly GradientAdapterOptions s_context = new() { Scope = GradientScope.Context, InnerSteps = 3, ContextDimension = 2, InnerLearningRate = 0.3 };

    private static readonly GradientAdapterOptions s_film = new() { Scope = GradientScope.Film, InnerSteps = 3 };

    private static readonly GradientAdapterOptions s_head = new() { InnerSteps = 3 };

    public static TheoryData<LabelKind, ClassSets, MlpEncoderOptions, GradientAdapterOptions> Cases
    {
        get
        {
            var cases = new TheoryData<LabelKind, ClassSets, MlpEncoderOptions, GradientAdapterOptions>();
            void Add(MlpEncoderOptions encoder, GradientAdapterOptions adapter)
            {
                foreach (LabelKind kind in Enum.GetValues<LabelKind>())
                    cases.Add(kind, ClassSets.Common, encoder, adapter);
                if (!adapter.Reptile)
                    cases.Add(LabelKind.Multiclass, ClassSets.PerTask, encoder, adapter);
            }

            foreach (Activation activation in Enum.GetValues<Activation>())
            {
                Add(s_plain with { Activation = activation }, s_full);
                Add(s_normalized with { Activation = activation }, s_full);
                Add(s_normalized with { Activation = activation }, s_film);
            }

            Add(s_plain with { HiddenUnits = [] }, s_full);
            Add(s_plain with { HiddenUnits = [17, 35], Dropout = 0.5 }, s_full);
            Add(s_normalized with { Dropout = 0.5 }, s_film with { AdaptHead = true, MultiStepLossUntil = 1 });
            Add(s_normalized with { Dropout = 0.5 }, s_head);
            foreach (GradientAdapterOptions adapter in (GradientAdapterOptions[])[s_full, s_context, s_context with { AdaptHead = true }, s_film with { AdaptHead = true }, s_head])
            {
                foreach (LearnedRates rates in Enum.GetValues<LearnedRates>())
                    Add(s_normalized, adapter with { LearnedRates = rates });
                Add(s_normalized, adapter with { MaximumInnerGradientNorm = 0.05, InnerLearningRate = 1 });
                Add(s_normalized, adapter with { FirstOrderUntil = 1, MaximumInnerGradientNorm = 0.05 });
                Add(s_normalized, adapter with { MultiStepLossUntil = 1 });
                Add(s_normalized, adapter with { InitialHead = InitialHead.Learned });
            }

            Add(s_normalized, s_full with { Reptile = true, LearnedRates = LearnedRates.None });
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Losses_AndTheirDerivatives_EqualThoseOfTheGraph(LabelKind kind, ClassSets classSets, MlpEncoderOptions encoder, GradientAdapterOptions adapter)
    {
        if (classSets == ClassSets.PerTask && adapter is { InitialHead: InitialHead.Learned, Scope: GradientScope.Context, AdaptHead: false })
            return; // all classes would have the same score, so the adapter refuses it
        double[][] expected = Outcome(kind, classSets, encoder, adapter, IAdapter.LossesByGraph);
        double[][] actual = Outcome(kind, classSets, encoder, adapter, (which, input, labels, query) => which.Losses(input, labels, query));
        foreach (var (all, own) in expected.Zip(actual))
            Assert.All(all.Zip(own), values => Assert.Equal(values.First, values.Second, 1e-9 * (1 + Math.Abs(values.First))));
        Assert.True(expected.Skip(2).Count(gradient => gradient.Any(value => Math.Abs(value) > 1e-4)) >= 2, "There must be something to compare.");
    }

    [Fact]
    public void Losses_OfTasksWithCopiesOfTheEncoder_GiveEachItsGradient()
    {
        double[][] Gradients(Func<IAdapter, AdaptationInput, LabelKind, RowBatch, (Tensor Query, Tensor Outer)> losses) => Array.ConvertAll((GradientAdapterOptions[])[s_full, s_film, s_context, s_head], adapter =>
        {
            using var scope = NewDisposeScope();
            using var grad = enable_grad();
            var (design, batch, parameters, learned) = Problem(LabelKind.Binary, ClassSets.Common, s_normalized, adapter);
            var gradients = new TaskGradients(design.Encoder.Parameters, batch.TaskCount, null, lastLayer: false);
            AdaptationInput input = AdaptationInput.Of(batch, design.Encoder, parameters, learned, isTraining: true);
            Tensor outer = losses(design.Adapter, input with { EncoderParameters = gradients.Copy(input.EncoderParameters) }, batch.Kind, batch.Query).Outer;
            TaskGradients.Backward(outer, [gradients]);
            return TaskGradients.Products([gradients]).Cast<double>().ToArray();
        });

        Assert.All(Gradients(IAdapter.LossesByGraph).Zip(Gradients((adapter, input, kind, query) => adapter.Losses(input, kind, query))), pair =>
            Assert.All(pair.First.Zip(pair.Second), values => Assert.Equal(values.First, values.Second, 1e-9 * (1 + Math.Abs(values.First)))));
    }

    [Fact]
    public void Losses_OfASteepTask_StayWithinTheNorm()
    {
        // Gradients whose squares overflow, and steps of length 1.
        GradientAdapterOptions steep = s_full with { MaximumInnerGradientNorm = 1e160, InnerLearningRate = 1e-160, LearnedRates = LearnedRates.None };
        double[] LossesOf(GradientAdapterOptions adapter, Func<IAdapter, AdaptationInput, LabelKind, RowBatch, (Tensor Query, Tensor Outer)> losses) =>
            Outcome(LabelKind.Regression, ClassSets.Common, s_plain, adapter, losses, scale: 1e100)[0];
        double[] expected = LossesOf(steep, IAdapter.LossesByGraph), actual = LossesOf(steep, (which, input, kind, query) => which.Losses(input, kind, query));
        Assert.All(actual, loss => Assert.True(double.IsFinite(loss)));
        Assert.All(expected.Zip(actual), losses => Assert.Equal(losses.First, losses.Second, 1e-9 * losses.First));
        Assert.NotEqual(LossesOf(steep with { InnerLearningRate = 0 }, IAdapter.LossesByGraph), expected);
    }

    // The query losses, the outer losses, and the derivatives of the weighted sum of outer losses by each parameter.
    private static double[][] Outcome(
        LabelKind kind, ClassSets classSets, MlpEncoderOptions encoder, GradientAdapterOptions adapter, Func<IAdapter, AdaptationInput, LabelKind, RowBatch, (Tensor Query, Tensor Outer)> losses, double scale = 1)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var (design, batch, parameters, learned) = Problem(kind, classSets, encoder, adapter);
        if (scale != 1)
            batch = batch.WithFeatures(features => features.Times(scale));
        using var dropout = new Generator(7);
        AdaptationInput input = AdaptationInput.Of(batch, design.Encoder, parameters, learned, isTraining: true, encoder.Dropout > 0 ? dropout : null, progress: 0.25);
        var (query, outer) = losses(design.Adapter, input, kind, batch.Query);
        (outer * tensor([0.7, -0.3, 1.1, 0.4], dtype: ScalarType.Float64)).sum(0L).backward();
        return [Values(query), Values(outer), .. parameters.Tensors.Concat(learned.Tensors).Select(tensor => tensor.grad is { } gradient ? Values(gradient) : [])];
    }

    private static (MetaModelDesign Design, EpisodeBatch Batch, ParameterSet Encoder, ParameterSet Adapter) Problem(LabelKind kind, ClassSets classSets, MlpEncoderOptions encoder, GradientAdapterOptions adapter)
    {
        var tasks = new AdapterCase("", adapter, kind, classSets);
        MetaModelDesign design = tasks.DesignOn(encoder);
        TaskSet set = tasks.Tasks();
        var (encoderValues, adapterValues) = AdapterCase.Values(design);
        ParameterSet Leaves(IReadOnlyList<ParameterSpec> specs, ParameterArray[] values) =>
            ParameterSet.FromArrays(specs, values, dtype: ScalarType.Float64).Map((_, tensor) => tensor.requires_grad_());
        return (design, AdapterCase.Batch(set, tasks.Episodes(set)), Leaves(design.Encoder.Parameters, encoderValues), Leaves(design.Adapter.Parameters, adapterValues));
    }

    private static double[] Values(Tensor tensor) => [.. tensor.detach().contiguous().data<double>()];
}
