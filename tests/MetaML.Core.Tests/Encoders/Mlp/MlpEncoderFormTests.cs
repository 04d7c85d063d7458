using MetaML.Data;
using MetaML.Encoders.Mlp;
using MetaML.Native;
using MetaML.Parameters;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Encoders.Mlp;

/// <summary>Every activation with and without normalisation and residuals, and the means that dropout must preserve.</summary>
public sealed class MlpEncoderFormTests
{
    private const int Features = 7;

    public static TheoryData<Activation, bool, bool> Forms
    {
        get
        {
            var forms = new TheoryData<Activation, bool, bool>();
            foreach (Activation activation in Enum.GetValues<Activation>())
            {
                foreach (bool normalized in new[] { false, true })
                {
                    forms.Add(activation, normalized, false);
                    forms.Add(activation, normalized, true);
                }
            }

            return forms;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Embed_EveryForm_EqualsForwardAndLoops(Activation activation, bool normalized, bool residual)
    {
        using var scope = NewDisposeScope();
        var encoder = new MlpEncoder(Features, new MlpEncoderOptions { HiddenUnits = [6, 6], EmbeddingDimension = 4, Activation = activation, LayerNormalization = normalized, Residual = residual });
        ParameterArray[] values = Values(encoder);
        float[] row = [0, 1.5f, 0, -2, 0.25f, 0, 3];
        double[] expected = Loops(values, row, activation, normalized, residual);
        var managed = new float[4];
        encoder.Embed([.. values.Select(p => p.Values)], new FeatureRow(Features, [1, 3, 4, 6], [1.5f, -2, 0.25f, 3]), managed);
        double[] forward = [.. encoder.Forward(
            ParameterSet.FromArrays(encoder.Parameters, values, dtype: ScalarType.Float64), tensor(row, dtype: ScalarType.Float64).reshape(1, 1, Features)).contiguous().data<double>()];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], forward[i], 1e-9);
            Assert.Equal(expected[i], managed[i], 1e-5);
        }
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.7)]
    public void Forward_Dropout_KeepsTheMeanAndDropsItsShare(double dropout)
    {
        using var scope = NewDisposeScope();
        float[] hidden = Drop(dropout, 7);
        Assert.All(hidden.Where(value => value != 0), value => Assert.Equal(1 / (1 - dropout), value, 1e-5));
        Assert.Equal(dropout, hidden.Count(value => value == 0) / (double)hidden.Length, 0.02);
        Assert.Equal(1, hidden.Average(), 0.06);
    }

    // Ones through an identity layer with dropout. The result is the mask of each hidden value.
    private static float[] Drop(double dropout, ulong seed)
    {
        const int Units = 50;
        var encoder = new MlpEncoder(Units, new MlpEncoderOptions { HiddenUnits = [Units], EmbeddingDimension = Units, Dropout = dropout });
        ParameterSet identity = new(encoder.Parameters.Select(spec => (spec.Name, spec.Shape.Length == 2 ? eye(Units) : zeros(Units))));
        return [.. encoder.Forward(identity, ones(1, 200, Units), new Generator(seed)).contiguous().data<float>()];
    }

    private static double[] Loops(ParameterArray[] parameters, float[] row, Activation activation, bool normalized, bool residual)
    {
        var named = parameters.ToDictionary(p => p.Name, p => p.Values);
        double[] hidden = Array.ConvertAll(row, value => (double)value);
        for (int layer = 0; layer < 3; layer++)
        {
            float[] weight = named[$"weight{layer}"], bias = named[$"bias{layer}"];
            double[] next = [.. bias.Select((value, j) => value + hidden.Select((h, i) => h * weight[i * bias.Length + j]).Sum())];
            if (layer < 2)
            {
                if (normalized)
                {
                    double mean = next.Average(), variance = next.Average(value => (value - mean) * (value - mean));
                    next = [.. next.Select((value, j) => (value - mean) / Math.Sqrt(variance + 1e-5) * named[$"gain{layer}"][j] + named[$"shift{layer}"][j])];
                }

                next = Array.ConvertAll(next, value => activation switch
                {
                    Activation.Relu => Math.Max(value, 0),
                    Activation.Tanh => Math.Tanh(value),
                    _ => value / (1 + Math.Exp(-value)),
                });
                if (residual && layer == 1) // the first layer changes the width
                    next = [.. next.Zip(hidden, (value, before) => value + before)];
            }

            hidden = next;
        }

        return hidden;
    }

    private static ParameterArray[] Values(MlpEncoder encoder)
    {
        var draws = new Random(3);
        return [.. ParameterArray.Initialize(encoder.Parameters, draws).Select(p => p with { Values = Array.ConvertAll(p.Values, value => value + (float)(0.4 * draws.NextDouble() - 0.2)) })];
    }
}
