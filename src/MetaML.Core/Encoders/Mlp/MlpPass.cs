using System.Numerics;
using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Encoders.Mlp;

/// <summary>The gradient g of a task's loss by all parameters of a multi-layer perceptron and its linear head, and the Hessian-vector product H v, the derivative of g along a direction v.</summary>
/// <remarks>
/// A pass writes its values into one array: first the parameters (of the network, then of the head), then the gradient by them,
/// then the intermediate values between features and loss. The tangent pass along v has the same steps. It writes the derivatives
/// of all these values along v to the same offsets of another array (Pearlmutter, Fast exact multiplication by the Hessian, 1994).
/// Thus H v costs about two gradients, and needs no computation graph. Not thread-safe.
/// </remarks>
/// <typeparam name="T">Single or double precision.</typeparam>
internal sealed partial class MlpPass<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly T s_epsilon = T.CreateChecked(MlpEncoder.NormEpsilon);

    private readonly MlpShape _network;
    private readonly LabelKind _kind;
    private readonly int _rows;
    private readonly int _outputs;
    private readonly Offsets[] _layers;
    private readonly int? _embedding; // null if the embedding is the features
    private readonly int _scores;
    private readonly int _curve;
    private readonly int _byScores;
    private readonly int _byEmbedding;
    private readonly T[] _features;
    private readonly T[] _targets;
    private readonly T[] _shares;
    private readonly T[] _absence;
    private readonly T[] _scratch; // values of two rows
    private T[][] _dropoutMasks = [];

    /// <param name="network">The perceptron.</param>
    /// <param name="kind">The kind of label.</param>
    /// <param name="rows">Number of rows of the task.</param>
    /// <param name="outputs">Number of outputs of the head.</param>
    public MlpPass(MlpShape network, LabelKind kind, int rows, int outputs)
    {
        (_network, _kind, _rows, _outputs) = (network, kind, rows, outputs);
        Count = network.ParameterCount + (network.EmbeddingDimension + 1) * outputs;
        Size = 2 * Count;
        _byEmbedding = Reserve(network.EmbeddingDimension);
        _layers = [.. network.Layers.Select(OffsetsOf)];
        _embedding = network.HasLinearPath ? Reserve(network.EmbeddingDimension) : _layers.Length == 0 ? null : _layers[^1].Output;
        (_scores, _curve, _byScores) = (Reserve(outputs), Reserve(outputs), Reserve(outputs));
        Size += SmallProducts<T>.Slack;

        _features = new T[rows * network.FeatureCount + SmallProducts<T>.Slack];
        (_targets, _shares, _absence) = (new T[rows * outputs], new T[rows], new T[outputs]);
        _scratch = new T[2 * network.Layers.Select(layer => layer.Out).DefaultIfEmpty().Max()];
    }

    /// <summary>Number of parameters.</summary>
    public int Count { get; }

    /// <summary>Number of values of a pass.</summary>
    public int Size { get; private set; }

    /// <summary>The parameters, which must be set before a pass; in a tangent pass, the direction v.</summary>
    public Span<T> Parameters(Span<T> pass) => pass[..Count];

    /// <summary>The gradient g; in a tangent pass, H v.</summary>
    public ReadOnlySpan<T> Gradient(ReadOnlySpan<T> pass) => pass.Slice(Count, Count);

    /// <summary>The scores of the rows: [rows, outputs].</summary>
    public ReadOnlySpan<T> Scores(ReadOnlySpan<T> pass) => pass.Slice(_scores, _rows * _outputs);

    /// <summary>For embedded rows, the gradient by the features, or its derivative along v: [rows, features].</summary>
    public ReadOnlySpan<T> ByFeatures(ReadOnlySpan<T> pass) => Block(pass, _byEmbedding, _network.FeatureCount);

    /// <summary>Sets the rows of the next passes.</summary>
    /// <param name="features">[rows, features].</param>
    /// <param name="targets">[rows, outputs]: the value, 0 or 1, or indicators.</param>
    /// <param name="shares">[rows]: the share of each row in the mean loss.</param>
    /// <param name="absence">[outputs]: for classes, the numbers that mask the scores of absent classes.</param>
    public void SetRows(ReadOnlySpan<T> features, ReadOnlySpan<T> targets, ReadOnlySpan<T> shares, ReadOnlySpan<T> absence)
    {
        features.CopyTo(_features);
        targets.CopyTo(_targets);
        shares.CopyTo(_shares);
        absence.CopyTo(_absence);
    }

    /// <summary>Sets the dropout masks of the next passes.</summary>
    /// <param name="masks">A mask for each hidden layer, [rows, units]; empty for no dropout.</param>
    public void Drop(T[][] masks) => _dropoutMasks = masks;

    /// <summary>Computes scores and gradients from the parameters.</summary>
    /// <param name="pass">[<see cref="Size"/>], with the parameters set.</param>
    /// <param name="isScoreOnly">Whether to compute only scores.</param>
    /// <param name="isByFeatures">Whether to compute gradients by the features too. The features must be embeddings.</param>
    public void Run(Span<T> pass, bool isScoreOnly = false, bool isByFeatures = false)
    {
        if (_rows == 0)
        {
            pass.Slice(Count, Count).Clear();
            return;
        }

        for (int l = 0; l < _layers.Length; l++)
            Forward(l, pass);
        if (_network.HasLinearPath)
            JoinFeatures(pass, isTangent: false);
        Affine(Embedding(pass), pass, _network.ParameterCount, _network.EmbeddingDimension, _outputs, pass[_scores..]);
        if (isScoreOnly)
            return;
        DifferentiateLoss(pass);
        Differentiate(Embedding(pass), pass, _byScores, _network.ParameterCount, _network.EmbeddingDimension, _outputs);
        if (_layers.Length == 0 && !isByFeatures)
            return;
        Back(pass, _byScores, _network.ParameterCount, _network.EmbeddingDimension, _outputs, _byEmbedding);
        if (_network.HasLinearPath)
            SplitDerivatives(pass);
        for (int l = _layers.Length - 1; l >= 0; l--)
            Backward(l, pass);
    }

    /// <summary>Computes the derivatives of all values of <see cref="Run"/> along a direction.</summary>
    /// <param name="pass">The values of <see cref="Run"/>.</param>
    /// <param name="tangent">[<see cref="Size"/>], with the direction at the offsets of the parameters.</param>
    /// <param name="isByFeatures">Whether to compute derivatives of the gradients by the features too.</param>
    public void HessianVectorProduct(ReadOnlySpan<T> pass, Span<T> tangent, bool isByFeatures = false)
    {
        if (_rows == 0)
        {
            tangent.Slice(Count, Count).Clear();
            return;
        }

        for (int l = 0; l < _layers.Length; l++)
            ForwardTangent(l, pass, tangent);
        if (_network.HasLinearPath)
            JoinFeatures(tangent, isTangent: true);
        ReadOnlySpan<T> embeddingTangent = _embedding is null ? default : Embedding(tangent);
        AffineTangent(Embedding(pass), embeddingTangent, pass, tangent, _network.ParameterCount, _network.EmbeddingDimension, _outputs, _scores);
        DifferentiateLossTangent(pass, tangent);
        DifferentiateTangent(Embedding(pass), embeddingTangent, pass, tangent, _byScores, _network.ParameterCount, _network.EmbeddingDimension, _outputs);
        if (_layers.Length == 0 && !isByFeatures)
            return;
        BackTangent(pass, tangent, _byScores, _network.ParameterCount, _network.EmbeddingDimension, _outputs, _byEmbedding);
        if (_network.HasLinearPath)
            SplitDerivatives(tangent);
        for (int l = _layers.Length - 1; l >= 0; l--)
            BackwardTangent(l, pass, tangent);
    }

    private void Forward(int l, Span<T> pass)
    {
        var (layer, offsets) = (_network.Layers[l], _layers[l]);
        Affine(Input(l, pass), pass, layer.Weight, layer.In, layer.Out, pass[offsets.Linear..]);
        if (!layer.IsHidden)
            return;
        if (_network.IsNormalized)
            Normalize(layer, offsets, pass);
        Span<T> output = Block(pass, offsets.Output, layer.Out), slope = Block(pass, offsets.Slope, layer.Out);
        Activate(Block(pass, offsets.Activated, layer.Out), output, slope, Block(pass, offsets.Curve, layer.Out));
        if (_dropoutMasks.Length > 0)
        {
            TensorPrimitives.Multiply(output, _dropoutMasks[l], output);
            TensorPrimitives.Multiply(slope, _dropoutMasks[l], slope);
        }

        if (layer.IsResidual)
            TensorPrimitives.Add(output, Input(l, pass)[..output.Length], output);
    }

    private void ForwardTangent(int l, ReadOnlySpan<T> pass, Span<T> tangent)
    {
        var (layer, offsets) = (_network.Layers[l], _layers[l]);
        AffineTangent(Input(l, pass), InputTangent(l, tangent), pass, tangent, layer.Weight, layer.In, layer.Out, offsets.Linear);
        if (!layer.IsHidden)
            return;
        if (_network.IsNormalized)
            NormalizeTangent(layer, offsets, pass, tangent);
        Span<T> activated = Block(tangent, offsets.Activated, layer.Out), output = Block(tangent, offsets.Output, layer.Out);
        TensorPrimitives.Multiply(activated, Block(pass, offsets.Slope, layer.Out), output);
        if (_network.Activation != Activation.Relu)
        {
            Span<T> slope = Block(tangent, offsets.Slope, layer.Out);
            TensorPrimitives.Multiply(activated, Block(pass, offsets.Curve, layer.Out), slope);
            if (_dropoutMasks.Length > 0)
                TensorPrimitives.Multiply(slope, _dropoutMasks[l], slope);
        }

        if (layer.IsResidual)
            TensorPrimitives.Add(output, Input(l, tangent)[..output.Length], output);
    }

    // Converts derivatives by the layer's output to derivatives by its input, and computes the gradient of its parameters.
    private void Backward(int l, Span<T> pass)
    {
        var (layer, offsets) = (_network.Layers[l], _layers[l]);
        if (layer.IsHidden)
        {
            TensorPrimitives.Multiply(Block(pass, offsets.ByOutput, layer.Out), Block(pass, offsets.Slope, layer.Out), Block(pass, offsets.ByActivated, layer.Out));
            if (_network.IsNormalized)
                BackThroughNorm(layer, offsets, pass);
        }

        Differentiate(Input(l, pass), pass, offsets.ByLinear, layer.Weight, layer.In, layer.Out);
        if (l == 0)
            return;
        int byInput = _layers[l - 1].ByOutput;
        Back(pass, offsets.ByLinear, layer.Weight, layer.In, layer.Out, byInput);
        if (layer.IsResidual)
            TensorPrimitives.Add(Block(pass, byInput, layer.In), Block(pass, offsets.ByOutput, layer.Out), Block(pass, byInput, layer.In));
    }

    private void BackwardTangent(int l, ReadOnlySpan<T> pass, Span<T> tangent)
    {
        var (layer, offsets) = (_network.Layers[l], _layers[l]);
        if (layer.IsHidden)
        {
            Span<T> byActivated = Block(tangent, offsets.ByActivated, layer.Out);
            TensorPrimitives.Multiply(Block(tangent, offsets.ByOutput, layer.Out), Block(pass, offsets.Slope, layer.Out), byActivated);
            if (_network.Activation != Activation.Relu)
                TensorPrimitives.MultiplyAdd(Block(pass, offsets.ByOutput, layer.Out), Block(tangent, offsets.Slope, layer.Out), byActivated, byActivated);
            if (_network.IsNormalized)
                BackThroughNormTangent(layer, offsets, pass, tangent);
        }

        DifferentiateTangent(Input(l, pass), InputTangent(l, tangent), pass, tangent, offsets.ByLinear, layer.Weight, layer.In, layer.Out);
        if (l == 0)
            return;
        int byInput = _layers[l - 1].ByOutput;
        BackTangent(pass, tangent, offsets.ByLinear, layer.Weight, layer.In, layer.Out, byInput);
        if (layer.IsResidual)
            TensorPrimitives.Add(Block(tangent, byInput, layer.In), Block(tangent, offsets.ByOutput, layer.Out), Block(tangent, byInput, layer.In));
    }

    // h W + b
    private void Affine(ReadOnlySpan<T> input, ReadOnlySpan<T> pass, int weight, int inputs, int outputs, Span<T> output)
    {
        ReadOnlySpan<T> bias = pass.Slice(weight + inputs * outputs, outputs);
        for (int i = 0; i < _rows; i++)
            bias.CopyTo(output[(i * outputs)..]);
        SmallProducts<T>.Multiply(input, pass[weight..], output, _rows, inputs, outputs, adds: true);
    }

    // h dW + dh W + db. dh is empty if the inputs are constant.
    private void AffineTangent(ReadOnlySpan<T> input, ReadOnlySpan<T> inputTangent, ReadOnlySpan<T> pass, Span<T> tangent, int weight, int inputs, int outputs, int to)
    {
        Span<T> output = tangent[to..];
        Affine(input, tangent, weight, inputs, outputs, output);
        if (!inputTangent.IsEmpty)
            SmallProducts<T>.Multiply(inputTangent, pass[weight..], output, _rows, inputs, outputs, adds: true);
    }

    // δ Wᵀ
    private void Back(Span<T> pass, int delta, int weight, int inputs, int outputs, int to) =>
        SmallProducts<T>.MultiplyByTransposed(pass[delta..], pass[weight..], pass[to..], _rows, outputs, inputs);

    // dδ Wᵀ + δ dWᵀ
    private void BackTangent(ReadOnlySpan<T> pass, Span<T> tangent, int delta, int weight, int inputs, int outputs, int to)
    {
        Span<T> byInput = tangent[to..];
        SmallProducts<T>.MultiplyByTransposed(tangent[delta..], pass[weight..], byInput, _rows, outputs, inputs);
        SmallProducts<T>.MultiplyByTransposed(pass[delta..], tangent[weight..], byInput, _rows, outputs, inputs, adds: true);
    }

    // hᵀδ by the weights, Σᵢ δᵢ by the bias
    private void Differentiate(ReadOnlySpan<T> input, Span<T> pass, int delta, int weight, int inputs, int outputs)
    {
        int offset = Count + weight;
        SmallProducts<T>.MultiplyTransposed(input, pass[delta..], pass[offset..], inputs, _rows, outputs);
        SumRows(Block(pass, delta, outputs), pass.Slice(offset + inputs * outputs, outputs));
    }

    // hᵀdδ + dhᵀδ, Σᵢ dδᵢ
    private void DifferentiateTangent(ReadOnlySpan<T> input, ReadOnlySpan<T> inputTangent, ReadOnlySpan<T> pass, Span<T> tangent, int delta, int weight, int inputs, int outputs)
    {
        Differentiate(input, tangent, delta, weight, inputs, outputs);
        if (!inputTangent.IsEmpty)
            SmallProducts<T>.MultiplyTransposed(inputTangent, pass[delta..], tangent[(Count + weight)..], inputs, _rows, outputs, adds: true);
    }

    private void SumRows(ReadOnlySpan<T> rows, Span<T> sum)
    {
        sum.Clear();
        for (int i = 0; i < _rows; i++)
            TensorPrimitives.Add(sum, rows.Slice(i * sum.Length, sum.Length), sum);
    }

    // Joins the output of the layers and the features to embeddings.
    private void JoinFeatures(Span<T> pass, bool isTangent)
    {
        int outputs = _network.OutputCount, features = _network.FeatureCount;
        for (int i = 0; i < _rows; i++)
        {
            Span<T> row = pass.Slice(_embedding!.Value + i * (outputs + features), outputs + features);
            pass.Slice(_layers[^1].Output + i * outputs, outputs).CopyTo(row);
            if (isTangent)
                row[outputs..].Clear(); // features are constant
            else
                _features.AsSpan(i * features, features).CopyTo(row[outputs..]);
        }
    }

    private void SplitDerivatives(Span<T> pass)
    {
        int outputs = _network.OutputCount, features = _network.FeatureCount;
        for (int i = 0; i < _rows; i++)
            pass.Slice(_byEmbedding + i * (outputs + features), outputs).CopyTo(pass[(_layers[^1].ByOutput + i * outputs)..]);
    }

    // These spans extend to the end of the pass, because SmallProducts may read and write beyond the factors and results.
    private ReadOnlySpan<T> Embedding(ReadOnlySpan<T> pass) => _embedding is { } offset ? pass[offset..] : _features;

    private ReadOnlySpan<T> Input(int l, ReadOnlySpan<T> pass) => l == 0 ? _features : pass[_layers[l - 1].Output..];

    // Empty if the inputs are constant.
    private ReadOnlySpan<T> InputTangent(int l, ReadOnlySpan<T> tangent) => l == 0 ? default : Input(l, tangent);

    // [rows, width]
    private Span<T> Block(Span<T> pass, int offset, int width) => pass.Slice(offset, _rows * width);

    private ReadOnlySpan<T> Block(ReadOnlySpan<T> pass, int offset, int width) => pass.Slice(offset, _rows * width);

    private int Reserve(int width)
    {
        int offset = Size;
        Size = checked(Size + _rows * width);
        return offset;
    }

    private Offsets OffsetsOf(MlpShape.Layer layer)
    {
        int linear = Reserve(layer.Out);
        if (!layer.IsHidden)
        {
            int by = _network.HasLinearPath ? Reserve(layer.Out) : _byEmbedding;
            return new Offsets { Linear = linear, Output = linear, ByOutput = by, ByLinear = by };
        }

        int byLinear = Reserve(layer.Out);
        bool isNormal = _network.IsNormalized;
        return new Offsets
        {
            Linear = linear,
            Normal = isNormal ? Reserve(layer.Out) : 0,
            Inverse = isNormal ? Reserve(1) : 0,
            Activated = isNormal ? Reserve(layer.Out) : linear,
            Output = Reserve(layer.Out),
            Slope = Reserve(layer.Out),
            Curve = Reserve(layer.Out),
            ByOutput = Reserve(layer.Out),
            ByActivated = isNormal ? Reserve(layer.Out) : byLinear,
            ByLinear = byLinear,
        };
    }

    // The offsets of a layer's values: the sums; the normalised sums, 1 / deviation, and the scaled sums; the output after
    // activation, dropout and residual; the first and second derivative of the activation; the derivatives of the loss by these.
    private readonly record struct Offsets(int Linear, int Normal, int Inverse, int Activated, int Output, int Slope, int Curve, int ByOutput, int ByActivated, int ByLinear);
}
