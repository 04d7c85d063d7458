using System.Buffers;
using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Graphs;
using MetaML.Numerics;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders.Mlp;

/// <summary>A multi-layer perceptron: h₀ = x; hₗ = activation(norm(hₗ₋₁ Wₗ + bₗ)) (+ hₗ₋₁); embedding = h_L W + b, or with a linear path (h_L W + b, x).</summary>
internal sealed class MlpEncoder : IEncoder
{
    internal const float NormEpsilon = 1e-5f;
    private const int LargestOnStack = 4096; // floats
    private const int FloatsPerLayer = 1 << 15; // values of the widest layer for a block of rows

    private readonly MlpShape _shape;
    private readonly Layer[] _layers;
    private readonly List<ParameterSpec> _parameters = [];
    private readonly int _widest;

    /// <summary>Makes an encoder of rows with this number of features.</summary>
    /// <param name="featureCount">Number of features of a row.</param>
    /// <param name="options">The layers.</param>
    public MlpEncoder(int featureCount, MlpEncoderOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(featureCount);
        _shape = new MlpShape([featureCount, .. options.HiddenUnits, options.EmbeddingDimension], options.Residual, options.LayerNormalization)
        {
            Activation = options.Activation,
            Dropout = options.Dropout,
            HasLinearPath = options.LinearPath,
        };
        _layers = [.. _shape.Layers.Select(AddLayer)];
        _widest = _shape.Layers.Max(layer => layer.Out);
    }

    /// <inheritdoc/>
    public int FeatureCount => _shape.FeatureCount;

    /// <inheritdoc/>
    public int EmbeddingDimension => _shape.EmbeddingDimension;

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters => _parameters;

    /// <inheritdoc/>
    MlpShape IEncoder.MlpShape => _shape;

    /// <inheritdoc/>
    public Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null)
    {
        Tensor hidden = features; // [tasks, rows, features]
        foreach (Layer layer in _layers)
        {
            Tensor next = Linear(hidden, parameters[layer.Weight], parameters[layer.Bias]); // [tasks, rows, units]
            if (layer.IsHidden)
            {
                if (_shape.IsNormalized)
                {
                    next = nn.functional.layer_norm(next, [layer.Out], null, null, NormEpsilon);
                    next = (next * PerRow(parameters[layer.Gain])).Plus(PerRow(parameters[layer.Shift]));
                }

                next = Activate(next);
                if (dropout is not null && _shape.Dropout > 0)
                    next = next * DropoutMask(_shape.Dropout, next.shape, next, dropout);
                if (layer.IsResidual)
                    next = next.Plus(hidden);
            }

            hidden = next;
        }

        return _shape.HasLinearPath ? cat([hidden, features], -1) : hidden;
    }

    /// <inheritdoc/>
    public ParameterSet SelectColumns(ParameterSet parameters, Tensor columns) => _shape.HasLinearPath
        ? throw new NotSupportedException("MlpEncoderOptions.LinearPath must be false for sparse features; got true. The embedding would have one value for each feature. Leave it unset, or reduce the features first.")
        : parameters.Map((name, value) => name == _layers[0].Weight ? value.index_select(0, columns) : value);

    /// <inheritdoc/>
    public void Embed(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> embedding)
    {
        Span<float> hidden = 2 * _widest <= LargestOnStack ? stackalloc float[2 * _widest] : new float[2 * _widest];
        ApplyFirst(parameters, row, hidden[.._layers[0].Out]);
        CopyTo(embedding, ApplyOthers(parameters, hidden, 1), row);
    }

    /// <inheritdoc/>
    void IEncoder.Embed(IReadOnlyList<float[]> parameters, FeatureBlock rows, int first, Span<float> embeddings)
    {
        int count = embeddings.Length / EmbeddingDimension, blockSize = Math.Max(1, FloatsPerLayer / _widest);
        for (int done = 0; done < count; done += blockSize)
            EmbedBlock(parameters, rows, first + done, embeddings.Slice(done * EmbeddingDimension, Math.Min(blockSize, count - done) * EmbeddingDimension));
    }

    /// <inheritdoc/>
    GraphTensor IEncoder.Embed(IReadOnlyList<GraphParameter> parameters, GraphTensor rows)
    {
        GraphTensor features = rows.Reshape(-1, 1, FeatureCount), hidden = features; // [rows, 1, features], so that weights may differ by row
        int width = FeatureCount, parameter = 0;
        foreach (Layer layer in _layers)
        {
            GraphTensor next = hidden.MatMul(parameters[parameter++].Shaped(width, layer.Out)) + parameters[parameter++].Shaped(1, layer.Out);
            if (layer.IsHidden && _shape.IsNormalized)
                next = next.Normalize(NormEpsilon) * parameters[parameter++].Shaped(1, layer.Out) + parameters[parameter++].Shaped(1, layer.Out);
            if (layer.IsHidden)
                next = Activate(next);
            hidden = layer.IsResidual ? next + hidden : next;
            width = layer.Out;
        }

        return (_shape.HasLinearPath ? rows.Graph.Join(hidden, features) : hidden).Reshape(-1, EmbeddingDimension);
    }

    private void EmbedBlock(IReadOnlyList<float[]> parameters, FeatureBlock rows, int first, Span<float> embeddings)
    {
        int count = embeddings.Length / EmbeddingDimension, size = 2 * count * _widest, width = _layers[0].Out;
        float[]? rented = size <= LargestOnStack ? null : ArrayPool<float>.Shared.Rent(size);
        Span<float> hidden = rented is null ? stackalloc float[size] : rented.AsSpan(0, size); // two halves, alternately the input and the output of a layer
        if (!rows.IsSparse)
            AffineKernel.Apply(rows.Dense.Slice(first * FeatureCount, count * FeatureCount), parameters[0], parameters[1], Rectifies(_layers[0]), hidden[..(count * width)]);
        for (int i = 0; i < count && rows.IsSparse; i++)
            ApplyFirst(parameters, rows[first + i], hidden.Slice(i * width, width));
        ReadOnlySpan<float> last = ApplyOthers(parameters, hidden, count);
        for (int i = 0; i < count; i++)
            CopyTo(embeddings.Slice(i * EmbeddingDimension, EmbeddingDimension), last.Slice(i * _shape.OutputCount, _shape.OutputCount), rows[first + i]);
        if (rented is not null)
            ArrayPool<float>.Shared.Return(rented);
    }

    private void ApplyFirst(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> output)
    {
        if (row.IsSparse)
            AffineKernel.Apply(row.Values, row.Indices, parameters[0], parameters[1], Rectifies(_layers[0]), output);
        else
            AffineKernel.Apply(row.Values, parameters[0], parameters[1], Rectifies(_layers[0]), output);
    }

    // Applies all layers after the first. The first half of the buffer holds the sums of the first layer.
    private Span<float> ApplyOthers(IReadOnlyList<float[]> parameters, Span<float> hidden, int count)
    {
        Span<float> values = hidden[..(count * _layers[0].Out)], free = hidden[(hidden.Length / 2)..];
        int parameter = 2;
        for (int l = 0; l < _layers.Length - 1; l++)
        {
            Layer layer = _layers[l], next = _layers[l + 1];
            if (_shape.IsNormalized)
            {
                for (int i = 0; i < count; i++)
                    Normalize(values.Slice(i * layer.Out, layer.Out), parameters[parameter], parameters[parameter + 1]);
                parameter += 2;
            }

            for (int i = 0; i < count && !Rectifies(layer); i++) // row by row, because rounding may depend on the position of a value
                Activate(values.Slice(i * layer.Out, layer.Out));
            if (layer.IsResidual)
                TensorPrimitives.Add(values, free[..values.Length], values); // the input of the layer
            Span<float> output = free[..(count * next.Out)];
            AffineKernel.Apply(values, parameters[parameter], parameters[parameter + 1], Rectifies(next), output);
            parameter += 2;
            free = hidden[(l % 2 * (hidden.Length / 2))..];
            values = output;
        }

        return values;
    }

    private void CopyTo(Span<float> embedding, ReadOnlySpan<float> last, FeatureRow row)
    {
        last.CopyTo(embedding);
        if (_shape.HasLinearPath)
            row.CopyTo(embedding[last.Length..]);
    }

    // Adds the parameters of a layer in the order of the offsets in MlpShape.Layer.
    private Layer AddLayer(MlpShape.Layer shape)
    {
        var (number, inputs, outputs, isHidden, isResidual, _) = shape;
        var layer = new Layer(outputs, isHidden, isResidual, $"weight{number}", $"bias{number}", $"gain{number}", $"shift{number}");

        // He et al., 2015, arXiv 1502.01852: preserves the variance of a rectified layer. The last layer is linear.
        bool rectified = isHidden && _shape.Activation != Activation.Tanh;
        _parameters.Add(ParameterSpec.Normal(layer.Weight, Math.Sqrt((rectified ? 2.0 : 1.0) / inputs), inputs, outputs));
        _parameters.Add(ParameterSpec.Constant(layer.Bias, 0, outputs) with { Role = ParameterRole.Bias });
        if (isHidden && _shape.IsNormalized)
        {
            _parameters.Add(ParameterSpec.Constant(layer.Gain, 1, outputs) with { Role = ParameterRole.Scale });
            _parameters.Add(ParameterSpec.Constant(layer.Shift, 0, outputs) with { Role = ParameterRole.Shift });
        }

        return layer;
    }

    /// <summary>A dropout mask: 0 for dropped values, and the factor that preserves the mean for all others.</summary>
    /// <param name="dropped">The probability of 0.</param>
    /// <param name="shape">The shape of the mask.</param>
    /// <param name="like">A tensor with the number type and device of the mask.</param>
    /// <param name="dropout">The random generator.</param>
    internal static Tensor DropoutMask(double dropped, long[] shape, Tensor like, Generator dropout) =>
        rand(shape, dtype: like.dtype, device: like.device, generator: dropout).IsAbove(dropped).to(like.dtype).Times(1 / (1 - dropped));

    private Tensor Activate(Tensor values) => _shape.Activation switch
    {
        Activation.Relu => values.relu(),
        Activation.Tanh => values.tanh(),
        _ => nn.functional.silu(values),
    };

    private GraphTensor Activate(GraphTensor values) => _shape.Activation switch
    {
        Activation.Relu => values.Apply("Relu"),
        Activation.Tanh => values.Apply("Tanh"),
        _ => values * values.Apply("Sigmoid"),
    };

    /// <summary>xW + b for rows of several tasks.</summary>
    /// <param name="input">Float [tasks, rows, inputs]; may be sparse.</param>
    /// <param name="weight">[inputs, outputs], shared by the tasks, or [tasks, inputs, outputs].</param>
    /// <param name="bias">[outputs] or [tasks, outputs].</param>
    internal static Tensor Linear(Tensor input, Tensor weight, Tensor bias)
    {
        if (input.is_sparse)
            return SparseRows.Multiply(input, weight).Plus(PerRow(bias));
        if (weight.dim() == 3)
            return input.bmm(weight).Plus(PerRow(bias)); // weights that differ by task

        long tasks = input.shape[0], rows = input.shape[1];
        return input.reshape(tasks * rows, input.shape[2]).mm(weight).reshape(tasks, rows, weight.shape[1]).Plus(PerRow(bias));
    }

    // Reshapes [tasks, units] to [tasks, 1, units] for broadcasting over rows. [units] needs no change.
    private static Tensor PerRow(Tensor values) => values.dim() == 2 ? values.unsqueeze(1) : values;

    // Whether max(0, x) is the only operation between the sums of a layer and its values.
    private bool Rectifies(Layer layer) => layer.IsHidden && _shape.Activation == Activation.Relu && !_shape.IsNormalized;

    private static void Normalize(Span<float> values, float[] gain, float[] shift)
    {
        float mean = OrderedSum.Of(values) / values.Length;
        TensorPrimitives.Subtract(values, mean, values);
        float variance = OrderedSum.OfProducts(values, values) / values.Length;
        TensorPrimitives.Multiply(values, 1 / MathF.Sqrt(variance + NormEpsilon), values);
        TensorPrimitives.MultiplyAdd(values, gain, shift, values);
    }

    private void Activate(Span<float> values)
    {
        switch (_shape.Activation)
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

    private sealed record Layer(int Out, bool IsHidden, bool IsResidual, string Weight, string Bias, string Gain, string Shift);
}
