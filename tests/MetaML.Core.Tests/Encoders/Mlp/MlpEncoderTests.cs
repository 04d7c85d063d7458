using MetaML.Data;
using MetaML.Encoders.Mlp;
using MetaML.Native;
using MetaML.Parameters;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Encoders.Mlp;

public sealed class MlpEncoderTests
{
    private const int Features = 9;

    public static TheoryData<MlpEncoderOptions> Forms => new(
        new MlpEncoderOptions { HiddenUnits = [6], EmbeddingDimension = 4 },
        new MlpEncoderOptions { HiddenUnits = [6, 6, 5], EmbeddingDimension = 4, Activation = Activation.Tanh, Residual = true },
        new MlpEncoderOptions { HiddenUnits = [6, 6], EmbeddingDimension = 6, Activation = Activation.Silu, Residual = true, LayerNormalization = true },
        new MlpEncoderOptions { HiddenUnits = [5], EmbeddingDimension = 2, LinearPath = true },
        new MlpEncoderOptions { HiddenUnits = [], EmbeddingDimension = 3 });

    [Theory]
    [MemberData(nameof(Forms))]
    public void Embed_DenseAndSparseRows_EqualsForward(MlpEncoderOptions options)
    {
        using var scope = NewDisposeScope();
        var encoder = new MlpEncoder(Features, options);
        ParameterArray[] values = Values(encoder);
        float[] row = [0, 1.5f, 0, 0, -2, 0, 0.25f, 0, 3];
        float[] expected = [.. encoder.Forward(ParameterSet.FromArrays(encoder.Parameters, values), tensor(row).reshape(1, 1, Features)).contiguous().data<float>()];

        float[][] arrays = [.. values.Select(p => p.Values)];
        var dense = new float[encoder.EmbeddingDimension];
        encoder.Embed(arrays, new FeatureRow(row), dense);
        var sparse = new float[encoder.EmbeddingDimension];
        encoder.Embed(arrays, new FeatureRow(Features, [1, 4, 6, 8], [1.5f, -2, 0.25f, 3]), sparse);

        Assert.Equal(dense, sparse);
        Assert.All(expected.Zip(dense), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Forward_ParametersPerTask_EqualsEachTaskAlone(MlpEncoderOptions options)
    {
        using var scope = NewDisposeScope();
        var encoder = new MlpEncoder(Features, options);
        ParameterSet[] sets = [.. Enumerable.Range(0, 3).Select(seed => ParameterSet.FromArrays(encoder.Parameters, Values(encoder, seed), dtype: ScalarType.Float64))];
        ParameterSet stacked = sets[0].Map((name, _) => stack([.. sets.Select(set => set[name])]));
        Tensor features = rand(3, 5, Features, dtype: ScalarType.Float64, generator: new Generator(1));
        Tensor together = encoder.Forward(stacked, features);
        for (int t = 0; t < sets.Length; t++)
            Assert.True((together[t] - encoder.Forward(sets[t], features[t].unsqueeze(0))[0]).abs().max().Value() < 1e-12);
    }

    [Fact]
    public void SelectColumns_OtherColumnsZero_SameEmbeddingAndGradient()
    {
        using var scope = NewDisposeScope();
        var encoder = new MlpEncoder(Features, new MlpEncoderOptions { HiddenUnits = [6], EmbeddingDimension = 4 });
        ParameterSet parameters = ParameterSet.FromArrays(encoder.Parameters, Values(encoder), dtype: ScalarType.Float64).Map((_, value) => value.requires_grad_());
        Tensor columns = tensor(new long[] { 2, 5 });
        Tensor few = rand(2, 3, 2, dtype: ScalarType.Float64, generator: new Generator(1));
        Tensor all = zeros(2, 3, Features, dtype: ScalarType.Float64).index_copy(2, columns, few);

        double[] Gradient(Tensor embedding)
        {
            embedding.Squared().sum(new long[] { 0, 1, 2 }).backward();
            double[] gradient = [.. parameters.Tensors[0].grad!.contiguous().data<double>()];
            parameters.Tensors[0].grad = null;
            return gradient;
        }

        double[] expected = Gradient(encoder.Forward(parameters, all));
        double[] actual = Gradient(encoder.Forward(encoder.SelectColumns(parameters, columns), few));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Contains(expected, value => value != 0);
    }

    [Fact]
    public void Forward_Dropout_DrawsFromItsOwnGenerator()
    {
        using var scope = NewDisposeScope();
        var encoder = new MlpEncoder(Features, new MlpEncoderOptions { HiddenUnits = [64], EmbeddingDimension = 4, Dropout = 0.5 });
        ParameterSet parameters = ParameterSet.FromArrays(encoder.Parameters, Values(encoder));
        Tensor features = rand(1, 5, Features, generator: new Generator(1));
        float[] Draw(ulong seed) => [.. encoder.Forward(parameters, features, new Generator(seed)).contiguous().data<float>()];

        float[] first = Draw(7);
        rand(100); // other code may use the generator of the process
        Assert.Equal(first, Draw(7));
        Assert.NotEqual(first, Draw(8));
        Assert.NotEqual(first, [.. encoder.Forward(parameters, features).contiguous().data<float>()]);
    }

    private static ParameterArray[] Values(MlpEncoder encoder, int seed = 3)
    {
        var random = new Random(seed);
        return [.. ParameterArray.Initialize(encoder.Parameters, random).Select(p => p with { Values = Array.ConvertAll(p.Values, value => value + (float)(0.2 * random.NextDouble())) })];
    }
}
