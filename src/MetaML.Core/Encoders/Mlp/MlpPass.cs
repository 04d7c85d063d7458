using System.Numerics;
using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Encoders.Mlp;

/// <summary>The gradient g of a task's loss by all parameters of a perceptron and of the linear head on it, and the derivative of g along a direction v, H v.</summary>
/// <remarks>
/// A pass writes all that it computes into one stretch of values: the parameters first, the head's last among them, then the
/// gradient by them, then what stands between features and loss. A pass along v goes through the same steps with the
/// derivatives of all these, which lie at the same places of another stretch (Pearlmutter, Fast exact multiplication by the
/// Hessian, 1994), so that H v costs about two gradients and no graph. Not safe for several threads at once.
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
    private readonly int? _embedding; // null where it is the features
    private readonly int _scores;
    private readonly int _curve;
    private readonly int _byScores;
    private readonly int _byEmbedding;
    private readonly T[] _features;
    private readonly T[] _targets;
    private readonly T[] _shares;
    private readonly T[] _absence;
    private readonly T[] _scratch; // of two rows' values
    private T[][] _dropoutMasks = [];

    /// <param name="network">The perceptron.</param>
    /// <param name="kind">What labels are.</param>
    /// <param name="rows">Of the task.</param>
    /// <param name="outputs">Of the head.</param>
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

    /// <summary>The parameters; to be set before a pass. Of a pass along it, the direction v.</summary>
    public Span<T> Parameters(Span<T> pass) => pass[..Count];

    /// <summary>The gradient g, or H v.</summary>
    public ReadOnlySpan<T> Gradient(ReadOnlySpan<T> pass) => pass.Slice(Count, Count);

    /// <summary>What a head gives each row: [rows, outputs].</summary>
    public ReadOnlySpan<T> Scores(ReadOnlySpan<T> pass) => pass.Slice(_scores, _rows * _outputs);

    /// <summary>Where rows are embedded already, the gradient by them, or its derivative along v: [rows, features].</summary>
    public ReadOnlySpan<T> ByFeatures(ReadOnlySpan<T> pass) => Block(pass, _byEmbedding, _network.FeatureCount);

    /// <summary>Says what the next passes are of.</summary>
    /// <param name="features">[rows, features].</param>
    /// <param name="targets">[rows, outputs]: the value, 0 or 1, or indicators.</param>
    /// <param name="shares">[rows]: of each row in the mean.</param>
    /// <param name="absence">[outputs]: added to scores; of classes.</param>
    public void SetRows(ReadOnlySpan<T> features, ReadOnlySpan<T> targets, ReadOnlySpan<T> shares, ReadOnlySpan<T> absence)
    {
        features.CopyTo(_features);
        targets.CopyTo(_targets);
        shares.CopyTo(_shares);
        absence.CopyTo(_absence);
    }

    /// <summary>Says what dropout does in the next passes.</summary>
    /// <param name="masks">For each hidden layer, [rows, units]: what its values are multiplied by; none where nothing is dropped.</param>
    public void Drop(T[][] masks) => _dropoutMasks = masks;

    /// <summary>Scores and gradients, from the parameters.</summary>
    /// <param name="pass">[<see cref="Size"/>], the parameters set.</param>
    /// <param name="isScoreOnly">Whether gradients are not wanted.</param>
    /// <param name="isByFeatures">Whether gradients by the features are wanted too, which must be embeddings.</param>
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

    /// <summary>How all that <see cref="Run"/> computed changes along a direction.</summary>
    /// <param name="pass">What it computed.</param>
    /// <param name="tangent">[<see cref="Size"/>], the direction set in place of the parameters.</param>
    /// <param name="isByFeatures">Whether it is asked of gradients by the features too.</param>
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

    // Derivatives by the layer's output to those by its input, and the gradient.
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

    // h dW + dh W + db; no dh where inputs do not change.
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

    // Of embeddings that end with the features: the layers' part, and theirs.
    private void JoinFeatures(Span<T> pass, bool isTangent)
    {
        int outputs = _network.OutputCount, features = _network.FeatureCount;
        for (int i = 0; i < _rows; i++)
        {
            Span<T> row = pass.Slice(_embedding!.Value + i * (outputs + features), outputs + features);
            pass.Slice(_layers[^1].Output + i * outputs, outputs).CopyTo(row);
            if (isTangent)
                row[outputs..].Clear(); // they do not change
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

    // Factors and results are followed by all else in the pass, since they must have something behind them.
    private ReadOnlySpan<T> Embedding(ReadOnlySpan<T> pass) => _embedding is { } offset ? pass[offset..] : _features;

    private ReadOnlySpan<T> Input(int l, ReadOnlySpan<T> pass) => l == 0 ? _features : pass[_layers[l - 1].Output..];

    // None where inputs do not change.
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

    // Where a layer's values are: its sums; normalised, with one over the deviation, and scaled; after activation, dropout and
    // residual; the activation's first and second derivative; and the loss's derivatives by some of these.
    private readonly record struct Offsets(int Linear, int Normal, int Inverse, int Activated, int Output, int Slope, int Curve, int ByOutput, int ByActivated, int ByLinear);
}
