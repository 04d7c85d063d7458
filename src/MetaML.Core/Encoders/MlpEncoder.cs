using System.Numerics.Tensors;
using MetaML.Adapters;
using MetaML.Parameters;
using MetaML.Tasks;
using static TorchSharp.torch;

namespace MetaML.Encoders;

/// <summary>h₀ = x; hₗ = activation(norm(hₗ₋₁ Wₗ + bₗ)) (+ hₗ₋₁); embedding = h_L W + b, with a linear path (h_L W + b, x).</summary>
public sealed class MlpEncoder : IEncoder
{
    internal const float NormEpsilon = 1e-5f;

    private readonly MlpEncoderOptions _options;
    private readonly Layer[] _layers;
    private readonly List<ParameterSpec> _parameters = [];
    private readonly int _widest;

    /// <summary>An encoder of rows with this many features.</summary>
    /// <param name="featureCount">Number of features of a row.</param>
    /// <param name="options">Layers and their kind.</param>
    public MlpEncoder(int featureCount, MlpEncoderOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(featureCount);
        FeatureCount = featureCount;
        _options = options with { HiddenUnits = [.. options.HiddenUnits] };

        int[] widths = [featureCount, .. options.HiddenUnits, options.EmbeddingDimension];
        _layers = new Layer[widths.Length - 1];
        for (int l = 0; l < _layers.Length; l++)
            _layers[l] = AddLayer(widths[l], widths[l + 1], isHidden: l < _layers.Length - 1, l);
        _widest = widths[1..].Max();
    }

    /// <inheritdoc/>
    public int FeatureCount { get; }

    /// <inheritdoc/>
    public int EmbeddingDimension => _options.EmbeddingDimension + (_options.LinearPath ? FeatureCount : 0);

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters => _parameters;

    /// <inheritdoc/>
    public Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null)
    {
        Tensor hidden = features; // [tasks, rows, features]
        foreach (Layer layer in _layers)
        {
            Tensor next = Linear(hidden, parameters[layer.Weight], parameters[layer.Bias]); // [tasks, rows, units]
            if (layer.IsHidden)
            {
                if (_options.LayerNormalization)
                {
                    next = nn.functional.layer_norm(next, [layer.Out], null, null, NormEpsilon);
                    next = (next * PerRow(parameters[layer.Gain])).Plus(PerRow(parameters[layer.Shift]));
                }

                next = Activate(next);
                if (dropout is not null && _options.Dropout > 0)
                    next = next * Kept(next.shape, next.dtype, dropout);
                if (IsResidual(layer))
                    next = next.Plus(hidden);
            }

            hidden = next;
        }

        return _options.LinearPath ? cat([hidden, features], -1) : hidden;
    }

    /// <inheritdoc/>
    /// <remarks>In managed code, task by task in the processor's cache: a network of this size is less work than libtorch's calls.</remarks>
    Func<Tensor, AdaptedTasks, Tensor> IEncoder.SupportGradient(AdaptationInput input, LabelKind kind, IReadOnlyList<string> by, bool byHead) =>
        PerceptronLoss.Of(_options, Parameters, input, kind, by, byHead, () => input.Dropout is null || _options.Dropout == 0 ? [] : Array.ConvertAll(_layers[..^1], layer =>
            Kept([input.Support.Features.shape[0], input.Support.Features.shape[1], layer.Out], input.Support.Features.dtype, input.Dropout))).Gradient;

    /// <inheritdoc/>
    public ParameterSet SelectColumns(ParameterSet parameters, Tensor columns) => _options.LinearPath
        ? throw new NotSupportedException("MlpEncoderOptions.LinearPath must be false for sparse features; got true. The embedding would be as wide as they are. Leave it unset, or reduce the features first.")
        : parameters.Map((name, value) => name == _layers[0].Weight ? value.index_select(0, columns) : value);

    /// <inheritdoc/>
    public void Embed(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> embedding)
    {
        // Two halves, used in turn as a layer's input and output.
        Span<float> hidden = _widest <= 1024 ? stackalloc float[2 * _widest] : new float[2 * _widest];
        int half = 0;
        scoped FeatureRow input = row;
        int parameter = 0;
        foreach (Layer layer in _layers)
        {
            Span<float> output = hidden.Slice(half * _widest, layer.Out);
            Linear(input, parameters[parameter], parameters[parameter + 1], output);
            parameter += 2;
            if (layer.IsHidden)
            {
                if (_options.LayerNormalization)
                {
                    Normalize(output, parameters[parameter], parameters[parameter + 1]);
                    parameter += 2;
                }

                Activate(output);
                if (IsResidual(layer))
                    TensorPrimitives.Add(output, input.Values, output);
            }

            input = new FeatureRow(output);
            half = 1 - half;
        }

        input.Values.CopyTo(embedding);
        if (_options.LinearPath)
            row.CopyTo(embedding[_options.EmbeddingDimension..]);
    }

    private Layer AddLayer(int inputs, int outputs, bool isHidden, int number)
    {
        var layer = new Layer(outputs, isHidden, number > 0 && inputs == outputs, $"weight{number}", $"bias{number}", $"gain{number}", $"shift{number}");

        // He et al., 2015, arXiv 1502.01852: the variance of a rectified layer is kept; the last layer is linear.
        bool rectified = isHidden && _options.Activation != Activation.Tanh;
        _parameters.Add(ParameterSpec.Normal(layer.Weight, Math.Sqrt((rectified ? 2.0 : 1.0) / inputs), inputs, outputs));
        _parameters.Add(ParameterSpec.Constant(layer.Bias, 0, outputs) with { Role = ParameterRole.Bias });
        if (isHidden && _options.LayerNormalization)
        {
            _parameters.Add(ParameterSpec.Constant(layer.Gain, 1, outputs) with { Role = ParameterRole.Scale });
            _parameters.Add(ParameterSpec.Constant(layer.Shift, 0, outputs) with { Role = ParameterRole.Shift });
        }

        return layer;
    }

    // What dropout multiplies values by: 0, or what keeps their mean.
    private Tensor Kept(long[] shape, ScalarType dtype, Generator dropout) =>
        rand(shape, dtype: dtype, generator: dropout).IsAbove(_options.Dropout).to(dtype).Times(1 / (1 - _options.Dropout));

    private bool IsResidual(Layer layer) => _options.Residual && layer.KeepsWidth;

    private Tensor Activate(Tensor values) => _options.Activation switch
    {
        Activation.Relu => values.relu(),
        Activation.Tanh => values.tanh(),
        _ => nn.functional.silu(values),
    };

    private static Tensor Linear(Tensor input, Tensor weight, Tensor bias)
    {
        if (input.is_sparse)
            return SparseRows.Multiply(input, weight).Plus(PerRow(bias));
        if (weight.dim() == 3)
            return input.bmm(weight).Plus(PerRow(bias)); // the tasks' own weights

        long tasks = input.shape[0], rows = input.shape[1];
        return input.reshape(tasks * rows, input.shape[2]).mm(weight).reshape(tasks, rows, weight.shape[1]).Plus(PerRow(bias));
    }

    // [units] is broadcast as it is; [tasks, units] becomes [tasks, 1, units].
    private static Tensor PerRow(Tensor values) => values.dim() == 2 ? values.unsqueeze(1) : values;

    private static void Linear(scoped FeatureRow input, float[] weight, float[] bias, scoped Span<float> output)
    {
        bias.CopyTo(output);
        ReadOnlySpan<float> values = input.Values;
        for (int i = 0; i < values.Length; i++)
        {
            float value = values[i];
            if (value == 0)
                continue;
            int feature = input.IsSparse ? input.Indices[i] : i;
            TensorPrimitives.MultiplyAdd(weight.AsSpan(feature * output.Length, output.Length), value, output, output);
        }
    }

    private static void Normalize(Span<float> values, float[] gain, float[] shift)
    {
        float mean = TensorPrimitives.Sum(values) / values.Length;
        TensorPrimitives.Subtract(values, mean, values);
        float variance = TensorPrimitives.SumOfSquares(values) / values.Length;
        TensorPrimitives.Multiply(values, 1 / MathF.Sqrt(variance + NormEpsilon), values);
        TensorPrimitives.MultiplyAdd(values, gain, shift, values);
    }

    private void Activate(Span<float> values)
    {
        switch (_options.Activation)
        {
            case Activation.Relu:
                TensorPrimitives.Max(values, 0f, values);
                break;
            case Activation.Tanh:
                TensorPrimitives.Tanh(values, values);
                break;
            default:
                for (int i = 0; i < values.Length; i++)
                    values[i] /= 1 + MathF.Exp(-values[i]);
                break;
        }
    }

    private sealed record Layer(int Out, bool IsHidden, bool KeepsWidth, string Weight, string Bias, string Gain, string Shift);
}
