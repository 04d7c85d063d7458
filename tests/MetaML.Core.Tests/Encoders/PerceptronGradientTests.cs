using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.Tasks;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Encoders;

/// <summary>The perceptron's own gradients against libtorch's automatic ones, in float64, once and twice.</summary>
public sealed class PerceptronGradientTests
{
    private const int Tasks = 3, Rows = 5, Features = 4;

    private static readonly MlpEncoderOptions s_plain = new() { HiddenUnits = [6, 6], EmbeddingDimension = 3 };

    public static TheoryData<LabelKind, MlpEncoderOptions, bool> Cases
    {
        get
        {
            var cases = new TheoryData<LabelKind, MlpEncoderOptions, bool>();
            foreach (LabelKind kind in Enum.GetValues<LabelKind>())
            {
                foreach (Activation activation in Enum.GetValues<Activation>())
                {
                    cases.Add(kind, s_plain with { Activation = activation }, true);
                    cases.Add(kind, s_plain with { Activation = activation, LayerNormalization = true, Residual = true, LinearPath = true }, true);
                }

                cases.Add(kind, s_plain with { HiddenUnits = [] }, true);
                cases.Add(kind, s_plain with { HiddenUnits = [17, 35], Dropout = 0.5 }, true);
                cases.Add(kind, s_plain with { Activation = Activation.Silu, LayerNormalization = true, Residual = true }, false);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void SupportGradient_MatchesAutomaticDifferentiation(LabelKind kind, MlpEncoderOptions options, bool areAllOwn)
    {
        using var scope = NewDisposeScope();
        IEncoder encoder = new MlpEncoder(Features, options);
        string[] by = areAllOwn ? [.. encoder.Parameters.Select(spec => spec.Name)] : ["bias0", "gain1"];
        double[][] Both(Func<AdaptationInput, Func<Tensor, AdaptedTasks, Tensor>> gradient)
        {
            using var generator = new Generator(7);
            using var dropout = new Generator(8);
            Tensor Draw(params long[] shape) => randn(shape, dtype: ScalarType.Float64, generator: generator);
            int outputs = kind == LabelKind.Multiclass ? 3 : 1;
            Tensor labels = kind == LabelKind.Regression ? Draw(Tasks, Rows) : Draw(Tasks, Rows).IsAbove(0).to(ScalarType.Float64);
            Tensor mask = ones(Tasks, outputs, dtype: ScalarType.Float64);
            if (outputs == 3)
                mask[0, 2] = 0;
            Tensor[] leaves = [.. encoder.Parameters.Select(spec => Draw(by.Contains(spec.Name) ? [Tasks, .. spec.Shape] : spec.Shape)), Draw(Tasks, encoder.EmbeddingDimension, outputs), Draw(Tasks, outputs)];
            leaves = Array.ConvertAll(leaves, leaf => leaf.requires_grad_());
            var parameters = new ParameterSet(encoder.Parameters.Zip(leaves, (spec, leaf) => (spec.Name, leaf)));
            var input = new AdaptationInput
            {
                Encoder = encoder,
                EncoderParameters = parameters,
                AdapterParameters = new ParameterSet([]),
                Support = new RowBatch(Draw(Tasks, Rows, Features), labels, rand(Tasks, Rows, dtype: ScalarType.Float64, generator: generator)),
                ClassMask = mask,
                Dropout = options.Dropout > 0 ? dropout : null,
            };
            Tensor own = FlatTensors.Join(leaves.Where((_, i) => i >= encoder.Parameters.Count || by.Contains(encoder.Parameters[i].Name)));
            Tensor once = gradient(input)(own, new AdaptedTasks(parameters, leaves[^2], leaves[^1]));
            (once * Draw(once.shape)).sum().backward();
            return [Values(once), .. leaves.Select(leaf => Values(leaf.grad!))];
        }

        double[][] expected = Both(input => AutomaticGradient.Of(input, kind, by, byHead: true));
        double[][] actual = Both(input => encoder.SupportGradient(input, kind, by, byHead: true));
        Assert.All(expected.Zip(actual), pair => Assert.All(pair.First.Zip(pair.Second), values => Assert.Equal(values.First, values.Second, 1e-10 * (1 + Math.Abs(values.First)))));
        Assert.Contains(expected[0], value => Math.Abs(value) > 1e-3);
        Assert.Contains(expected[1], value => Math.Abs(value) > 1e-3);
    }

    private static double[] Values(Tensor tensor) => [.. tensor.detach().contiguous().data<double>()];
}
