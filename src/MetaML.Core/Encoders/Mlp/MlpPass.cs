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
    private readonly Places[] _layers;
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
    private T[][] _kept = [];

    /// <param name="network">The perceptron.</param>
    /// <param name="kind">What labels are.</param>
    /// <param name="rows">Of the task.</param>
    /// <param name="outputs">Of the head.</param>
    public MlpPass(MlpShape network, LabelKind kind, int rows, int outputs)
    {
        (_network, _kind, _rows, _outputs) = (network, kind, rows, outputs);
        Count = network.ParameterCount + (network.EmbeddingDimension + 1) * outputs;
        Size = 2 * Count;
        _byEmbedding = Take(network.EmbeddingDimension);
        _layers = [.. network.Layers.Select(PlacesOf)];
        _embedding = network.HasLinearPath ? Take(network.EmbeddingDimension) : _layers.Length == 0 ? null : _layers[^1].Output;
        (_scores, _curve, _byScores) = (Take(outputs), Take(outputs), Take(outputs));
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
    /// <param name="kept">For each hidden layer, [rows, units]: what its values are multiplied by; none where nothing is dropped.</param>
    public void Drop(T[][] kept) => _kept = kept;

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
            JoinFeatures(pass, isAlong: false);
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
    /// <param name="along">[<see cref="Size"/>], the direction set in place of the parameters.</param>
    /// <param name="isByFeatures">Whether it is asked of gradients by the features too.</param>
    public void RunAlong(ReadOnlySpan<T> pass, Span<T> along, bool isByFeatures = false)
    {
        if (_rows == 0)
        {
            along.Slice(Count, Count).Clear();
            return;
        }

        for (int l = 0; l < _layers.Length; l++)
            ForwardAlong(l, pass, along);
        if (_network.HasLinearPath)
            JoinFeatures(along, isAlong: true);
        ReadOnlySpan<T> embeddingAlong = _embedding is null ? default : Embedding(along);
        AffineAlong(Embedding(pass), embeddingAlong, pass, along, _network.ParameterCount, _network.EmbeddingDimension, _outputs, _scores);
        DifferentiateLossAlong(pass, along);
        DifferentiateAlong(Embedding(pass), embeddingAlong, pass, along, _byScores, _network.ParameterCount, _network.EmbeddingDimension, _outputs);
        if (_layers.Length == 0 && !isByFeatures)
            return;
        BackAlong(pass, along, _byScores, _network.ParameterCount, _network.EmbeddingDimension, _outputs, _byEmbedding);
        if (_network.HasLinearPath)
            SplitDerivatives(along);
        for (int l = _layers.Length - 1; l >= 0; l--)
            BackwardAlong(l, pass, along);
    }

    private void Forward(int l, Span<T> pass)
    {
        var (layer, at) = (_network.Layers[l], _layers[l]);
        Affine(Input(l, pass), pass, layer.Weight, layer.In, layer.Out, pass[at.Linear..]);
        if (!layer.IsHidden)
            return;
        if (_network.IsNormalized)
            Normalize(layer, at, pass);
        Span<T> output = Block(pass, at.Output, layer.Out), slope = Block(pass, at.Slope, layer.Out);
        Activate(Block(pass, at.Activated, layer.Out), output, slope, Block(pass, at.Curve, layer.Out));
        if (_kept.Length > 0)
        {
            TensorPrimitives.Multiply(output, _kept[l], output);
            TensorPrimitives.Multiply(slope, _kept[l], slope);
        }

        if (layer.IsResidual)
            TensorPrimitives.Add(output, Input(l, pass)[..output.Length], output);
    }

    private void ForwardAlong(int l, ReadOnlySpan<T> pass, Span<T> along)
    {
        var (layer, at) = (_network.Layers[l], _layers[l]);
        AffineAlong(Input(l, pass), InputAlong(l, along), pass, along, layer.Weight, layer.In, layer.Out, at.Linear);
        if (!layer.IsHidden)
            return;
        if (_network.IsNormalized)
            NormalizeAlong(layer, at, pass, along);
        Span<T> activated = Block(along, at.Activated, layer.Out), output = Block(along, at.Output, layer.Out);
        TensorPrimitives.Multiply(activated, Block(pass, at.Slope, layer.Out), output);
        if (_network.Activation != Activation.Relu)
        {
            Span<T> slope = Block(along, at.Slope, layer.Out);
            TensorPrimitives.Multiply(activated, Block(pass, at.Curve, layer.Out), slope);
            if (_kept.Length > 0)
                TensorPrimitives.Multiply(slope, _kept[l], slope);
        }

        if (layer.IsResidual)
            TensorPrimitives.Add(output, Input(l, along)[..output.Length], output);
    }

    // Derivatives by the layer's output to those by its input, and the gradient.
    private void Backward(int l, Span<T> pass)
    {
        var (layer, at) = (_network.Layers[l], _layers[l]);
        if (layer.IsHidden)
        {
            TensorPrimitives.Multiply(Block(pass, at.ByOutput, layer.Out), Block(pass, at.Slope, layer.Out), Block(pass, at.ByActivated, layer.Out));
            if (_network.IsNormalized)
                BackThroughNorm(layer, at, pass);
        }

        Differentiate(Input(l, pass), pass, at.ByLinear, layer.Weight, layer.In, layer.Out);
        if (l == 0)
            return;
        int byInput = _layers[l - 1].ByOutput;
        Back(pass, at.ByLinear, layer.Weight, layer.In, layer.Out, byInput);
        if (layer.IsResidual)
            TensorPrimitives.Add(Block(pass, byInput, layer.In), Block(pass, at.ByOutput, layer.Out), Block(pass, byInput, layer.In));
    }

    private void BackwardAlong(int l, ReadOnlySpan<T> pass, Span<T> along)
    {
        var (layer, at) = (_network.Layers[l], _layers[l]);
        if (layer.IsHidden)
        {
            Span<T> byActivated = Block(along, at.ByActivated, layer.Out);
            TensorPrimitives.Multiply(Block(along, at.ByOutput, layer.Out), Block(pass, at.Slope, layer.Out), byActivated);
            if (_network.Activation != Activation.Relu)
                TensorPrimitives.MultiplyAdd(Block(pass, at.ByOutput, layer.Out), Block(along, at.Slope, layer.Out), byActivated, byActivated);
            if (_network.IsNormalized)
                BackThroughNormAlong(layer, at, pass, along);
        }

        DifferentiateAlong(Input(l, pass), InputAlong(l, along), pass, along, at.ByLinear, layer.Weight, layer.In, layer.Out);
        if (l == 0)
            return;
        int byInput = _layers[l - 1].ByOutput;
        BackAlong(pass, along, at.ByLinear, layer.Weight, layer.In, layer.Out, byInput);
        if (layer.IsResidual)
            TensorPrimitives.Add(Block(along, byInput, layer.In), Block(along, at.ByOutput, layer.Out), Block(along, byInput, layer.In));
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
    private void AffineAlong(ReadOnlySpan<T> input, ReadOnlySpan<T> inputAlong, ReadOnlySpan<T> pass, Span<T> along, int weight, int inputs, int outputs, int to)
    {
        Span<T> output = along[to..];
        Affine(input, along, weight, inputs, outputs, output);
        if (!inputAlong.IsEmpty)
            SmallProducts<T>.Multiply(inputAlong, pass[weight..], output, _rows, inputs, outputs, adds: true);
    }

    // δ Wᵀ
    private void Back(Span<T> pass, int delta, int weight, int inputs, int outputs, int to) =>
        SmallProducts<T>.MultiplyByTransposed(pass[delta..], pass[weight..], pass[to..], _rows, outputs, inputs);

    // dδ Wᵀ + δ dWᵀ
    private void BackAlong(ReadOnlySpan<T> pass, Span<T> along, int delta, int weight, int inputs, int outputs, int to)
    {
        Span<T> byInput = along[to..];
        SmallProducts<T>.MultiplyByTransposed(along[delta..], pass[weight..], byInput, _rows, outputs, inputs);
        SmallProducts<T>.MultiplyByTransposed(pass[delta..], along[weight..], byInput, _rows, outputs, inputs, adds: true);
    }

    // hᵀδ by the weights, Σᵢ δᵢ by the bias
    private void Differentiate(ReadOnlySpan<T> input, Span<T> pass, int delta, int weight, int inputs, int outputs)
    {
        int at = Count + weight;
        SmallProducts<T>.MultiplyTransposed(input, pass[delta..], pass[at..], inputs, _rows, outputs);
        SumRows(Block(pass, delta, outputs), pass.Slice(at + inputs * outputs, outputs));
    }

    // hᵀdδ + dhᵀδ, Σᵢ dδᵢ
    private void DifferentiateAlong(ReadOnlySpan<T> input, ReadOnlySpan<T> inputAlong, ReadOnlySpan<T> pass, Span<T> along, int delta, int weight, int inputs, int outputs)
    {
        Differentiate(input, along, delta, weight, inputs, outputs);
        if (!inputAlong.IsEmpty)
            SmallProducts<T>.MultiplyTransposed(inputAlong, pass[delta..], along[(Count + weight)..], inputs, _rows, outputs, adds: true);
    }

    private void SumRows(ReadOnlySpan<T> rows, Span<T> sum)
    {
        sum.Clear();
        for (int i = 0; i < _rows; i++)
            TensorPrimitives.Add(sum, rows.Slice(i * sum.Length, sum.Length), sum);
    }

    // Of embeddings that end with the features: the layers' part, and theirs.
    private void JoinFeatures(Span<T> pass, bool isAlong)
    {
        int outputs = _network.OutputCount, features = _network.FeatureCount;
        for (int i = 0; i < _rows; i++)
        {
            Span<T> row = pass.Slice(_embedding!.Value + i * (outputs + features), outputs + features);
            pass.Slice(_layers[^1].Output + i * outputs, outputs).CopyTo(row);
            if (isAlong)
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
    private ReadOnlySpan<T> Embedding(ReadOnlySpan<T> pass) => _embedding is { } at ? pass[at..] : _features;

    private ReadOnlySpan<T> Input(int l, ReadOnlySpan<T> pass) => l == 0 ? _features : pass[_layers[l - 1].Output..];

    // None where inputs do not change.
    private ReadOnlySpan<T> InputAlong(int l, ReadOnlySpan<T> along) => l == 0 ? default : Input(l, along);

    // [rows, width]
    private Span<T> Block(Span<T> pass, int at, int width) => pass.Slice(at, _rows * width);

    private ReadOnlySpan<T> Block(ReadOnlySpan<T> pass, int at, int width) => pass.Slice(at, _rows * width);

    private int Take(int width)
    {
        int at = Size;
        Size = checked(Size + _rows * width);
        return at;
    }

    private Places PlacesOf(MlpShape.Layer layer)
    {
        int linear = Take(layer.Out);
        if (!layer.IsHidden)
        {
            int by = _network.HasLinearPath ? Take(layer.Out) : _byEmbedding;
            return new Places { Linear = linear, Output = linear, ByOutput = by, ByLinear = by };
        }

        int byLinear = Take(layer.Out);
        bool isNormal = _network.IsNormalized;
        return new Places
        {
            Linear = linear,
            Normal = isNormal ? Take(layer.Out) : 0,
            Inverse = isNormal ? Take(1) : 0,
            Activated = isNormal ? Take(layer.Out) : linear,
            Output = Take(layer.Out),
            Slope = Take(layer.Out),
            Curve = Take(layer.Out),
            ByOutput = Take(layer.Out),
            ByActivated = isNormal ? Take(layer.Out) : byLinear,
            ByLinear = byLinear,
        };
    }

    // Where a layer's values are: its sums; normalised, with one over the deviation, and scaled; after activation, dropout and
    // residual; the activation's first and second derivative; and the loss's derivatives by some of these.
    private readonly record struct Places(int Linear, int Normal, int Inverse, int Activated, int Output, int Slope, int Curve, int ByOutput, int ByActivated, int ByLinear);
}
