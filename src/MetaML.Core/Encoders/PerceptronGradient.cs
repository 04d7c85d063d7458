using System.Numerics;
using System.Numerics.Tensors;
using MetaML.Tasks;

namespace MetaML.Encoders;

/// <summary>The gradient g of a task's loss by all parameters of a perceptron and of the linear head on it, and the derivative of g along a direction, H v.</summary>
/// <remarks>
/// Values and their derivatives along the direction go through the same steps side by side (Pearlmutter, Fast exact
/// multiplication by the Hessian, 1994), so H v costs about two gradients and no graph. Everything lies in two arrays, values
/// and tangents, at the same places; the parameters first, in their order and the head last, then the gradient by them.
/// Not safe for several threads at once.
/// </remarks>
/// <typeparam name="T">Single or double precision.</typeparam>
internal sealed partial class PerceptronGradient<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly T s_epsilon = T.CreateChecked(MlpEncoder.NormEpsilon);

    private readonly MlpEncoderOptions _options;
    private readonly LabelKind _kind;
    private readonly Layer[] _layers;
    private readonly int _rows;
    private readonly int _features;
    private readonly int _embedding;
    private readonly int _outputs;
    private readonly int _head; // where its weights are
    private readonly T[] _values;
    private readonly T[] _tangents;
    private bool _isAlong;
    private int _used;

    /// <param name="options">Of the perceptron.</param>
    /// <param name="kind">What labels are.</param>
    /// <param name="rows">Of each task.</param>
    /// <param name="features">Of a row; of sparse features, those that are given.</param>
    /// <param name="outputs">Of a head.</param>
    public PerceptronGradient(MlpEncoderOptions options, LabelKind kind, int rows, int features, int outputs)
    {
        (_options, _kind, _rows, _features, _outputs) = (options, kind, rows, features, outputs);
        int[] widths = [features, .. options.HiddenUnits, options.EmbeddingDimension];
        _layers = new Layer[widths.Length - 1];
        int at = 0;
        for (int l = 0; l < _layers.Length; l++)
        {
            var (input, output, isHidden) = (widths[l], widths[l + 1], l < _layers.Length - 1);
            _layers[l] = new Layer(input, output, isHidden, isHidden && options.Residual && l > 0 && input == output, at);
            at += (input + 1) * output + (isHidden && options.LayerNormalization ? 2 * output : 0);
        }

        _embedding = options.EmbeddingDimension + (options.LinearPath ? features : 0);
        _head = at;
        Count = at + (_embedding + 1) * outputs;
        int size = 2 * Count + rows * (2 * features + 3 * _embedding + 3 * outputs) + rows * _layers.Sum(layer => layer.In + 8 * layer.Out + 1);
        (_values, _tangents) = (new T[size], new T[size]);
    }

    /// <summary>Number of parameters.</summary>
    public int Count { get; }

    /// <summary>To be set before each call.</summary>
    public Span<T> Parameters => _values.AsSpan(0, Count);

    /// <summary>v, to be set before each call along it.</summary>
    public Span<T> Direction => _tangents.AsSpan(0, Count);

    /// <summary>g.</summary>
    public ReadOnlySpan<T> Gradient => _values.AsSpan(Count, Count);

    /// <summary>H v.</summary>
    public ReadOnlySpan<T> Derivative => _tangents.AsSpan(Count, Count);

    /// <summary>Computes <see cref="Gradient"/>, or along <see cref="Direction"/> <see cref="Derivative"/>.</summary>
    /// <param name="features">[rows, features].</param>
    /// <param name="targets">[rows, outputs]: the value, 0 or 1, or indicators.</param>
    /// <param name="shares">[rows]: of each row in the mean.</param>
    /// <param name="absence">[outputs]: added to scores; of classes.</param>
    /// <param name="kept">For each hidden layer, [rows, units]: what dropout multiplies by; empty where nothing is dropped.</param>
    /// <param name="isAlong">Whether the derivative is asked for.</param>
    public void Run(ReadOnlySpan<T> features, ReadOnlySpan<T> targets, ReadOnlySpan<T> shares, ReadOnlySpan<T> absence, Kept kept, bool isAlong)
    {
        _isAlong = isAlong;
        _used = Count;
        Take(Count);
        int first = Take(_rows * _features), hidden = first;
        features.CopyTo(V(first, _rows * _features));
        var passes = new Pass[_layers.Length];
        for (int l = 0; l < _layers.Length; l++)
        {
            passes[l] = Forward(_layers[l], hidden, l == 0, kept(l));
            hidden = passes[l].Output;
        }

        int embedding = hidden;
        if (_options.LinearPath)
        {
            embedding = Take(_rows * _embedding);
            Copy(hidden, _options.EmbeddingDimension, embedding, _embedding, 0, _options.EmbeddingDimension);
            Copy(first, _features, embedding, _embedding, _options.EmbeddingDimension, _features);
        }

        int scores = Affine(embedding, _head, _rows, _embedding, _outputs, isConstant: false);
        DifferentiateLoss(scores, targets, shares, absence);
        AddGradient(embedding, scores, _head, _embedding, _outputs, isConstant: false);
        int delta = Back(scores, _head, _embedding, _outputs);
        if (_options.LinearPath)
        {
            int own = Take(_rows * _options.EmbeddingDimension);
            Copy(delta, _embedding, own, _options.EmbeddingDimension, 0, _options.EmbeddingDimension);
            delta = own;
        }

        for (int l = _layers.Length - 1; l >= 0; l--)
            delta = Backward(_layers[l], passes[l], delta, l == 0);
    }

    /// <summary>What dropout multiplies a layer's values by.</summary>
    public delegate ReadOnlySpan<T> Kept(int layer);

    private Pass Forward(Layer layer, int input, bool isFirst, ReadOnlySpan<T> kept)
    {
        int count = _rows * layer.Out, linear = Affine(input, layer.At, _rows, layer.In, layer.Out, isFirst);
        if (!layer.IsHidden)
            return new Pass(input, linear, 0, 0, 0);

        int normal = 0, inverse = 0, before = linear;
        if (_options.LayerNormalization)
            (normal, inverse, before) = Normalize(layer, linear);
        int after = Take(count), slope = Take(count);
        Activate(V(before, count), D(before, count), V(after, count), D(after, count), V(slope, count), D(slope, count));
        if (!kept.IsEmpty)
        {
            foreach (int at in (int[])[after, slope])
            {
                TensorPrimitives.Multiply(V(at, count), kept, V(at, count));
                TensorPrimitives.Multiply(D(at, count), kept, D(at, count));
            }
        }

        if (layer.IsResidual)
            AddTo(after, input, count);
        return new Pass(input, after, normal, inverse, slope);
    }

    // Derivatives by the layer's output to those by its input, adding to the gradient.
    private int Backward(Layer layer, Pass pass, int byOutput, bool isFirst)
    {
        int count = _rows * layer.Out, delta = byOutput;
        if (layer.IsHidden)
        {
            delta = Take(count);
            Multiply(byOutput, pass.Slope, delta, count);
            if (_options.LayerNormalization)
                BackThroughNorm(layer, pass, delta);
        }

        AddGradient(pass.Input, delta, layer.At, layer.In, layer.Out, isFirst);
        if (isFirst)
            return 0;
        int byInput = Back(delta, layer.At, layer.In, layer.Out);
        if (layer.IsResidual)
            AddTo(byInput, byOutput, count);
        return byInput;
    }

    // h W + b
    private int Affine(int input, int weight, int rows, int inputs, int outputs, bool isConstant)
    {
        int output = Take(rows * outputs), bias = weight + inputs * outputs;
        for (int i = 0; i < rows; i++)
        {
            V(bias, outputs).CopyTo(V(output + i * outputs, outputs));
            D(bias, outputs).CopyTo(D(output + i * outputs, outputs));
        }

        SmallProducts<T>.Add(V(input, rows * inputs), V(weight, inputs * outputs), V(output, rows * outputs), rows, inputs, outputs);
        if (_isAlong)
        {
            SmallProducts<T>.Add(V(input, rows * inputs), D(weight, inputs * outputs), D(output, rows * outputs), rows, inputs, outputs);
            if (!isConstant)
                SmallProducts<T>.Add(D(input, rows * inputs), V(weight, inputs * outputs), D(output, rows * outputs), rows, inputs, outputs);
        }

        return output;
    }

    // δ Wᵀ
    private int Back(int delta, int weight, int inputs, int outputs)
    {
        int back = Take(_rows * inputs);
        SmallProducts<T>.AddByTransposed(V(delta, _rows * outputs), V(weight, inputs * outputs), V(back, _rows * inputs), _rows, outputs, inputs);
        if (_isAlong)
        {
            SmallProducts<T>.AddByTransposed(D(delta, _rows * outputs), V(weight, inputs * outputs), D(back, _rows * inputs), _rows, outputs, inputs);
            SmallProducts<T>.AddByTransposed(V(delta, _rows * outputs), D(weight, inputs * outputs), D(back, _rows * inputs), _rows, outputs, inputs);
        }

        return back;
    }

    // hᵀδ by the weights, Σᵢ δᵢ by the bias; of values, or along the direction of tangents alone.
    private void AddGradient(int input, int delta, int weight, int inputs, int outputs, bool isConstant)
    {
        int at = Count + weight;
        Span<T> target = (_isAlong ? _tangents : _values).AsSpan(at, inputs * outputs);
        if (_isAlong)
        {
            SmallProducts<T>.AddTransposed(V(input, _rows * inputs), D(delta, _rows * outputs), target, inputs, _rows, outputs);
            if (!isConstant)
                SmallProducts<T>.AddTransposed(D(input, _rows * inputs), V(delta, _rows * outputs), target, inputs, _rows, outputs);
        }
        else
        {
            SmallProducts<T>.AddTransposed(V(input, _rows * inputs), V(delta, _rows * outputs), target, inputs, _rows, outputs);
        }

        AddRows(delta, at + inputs * outputs, outputs);
    }

    // Σᵢ of rows, into the gradient.
    private void AddRows(int from, int at, int units)
    {
        T[] array = _isAlong ? _tangents : _values;
        Span<T> target = array.AsSpan(at, units);
        for (int i = 0; i < _rows; i++)
            TensorPrimitives.Add(target, array.AsSpan(from + i * units, units), target);
    }

    private void Multiply(int left, int right, int to, int count) =>
        Product(V(left, count), D(left, count), V(right, count), D(right, count), V(to, count), D(to, count));

    // The target may be the left one.
    private static void Product(ReadOnlySpan<T> left, ReadOnlySpan<T> leftTangent, ReadOnlySpan<T> right, ReadOnlySpan<T> rightTangent, Span<T> value, Span<T> tangent)
    {
        TensorPrimitives.Multiply(leftTangent, right, tangent);
        TensorPrimitives.MultiplyAdd(left, rightTangent, tangent, tangent);
        TensorPrimitives.Multiply(left, right, value);
    }

    private void AddTo(int to, int from, int count)
    {
        TensorPrimitives.Add(V(to, count), V(from, count), V(to, count));
        TensorPrimitives.Add(D(to, count), D(from, count), D(to, count));
    }

    private void Copy(int from, int fromWidth, int to, int toWidth, int column, int columns)
    {
        for (int i = 0; i < _rows; i++)
        {
            V(from + i * fromWidth, columns).CopyTo(V(to + i * toWidth + column, columns));
            D(from + i * fromWidth, columns).CopyTo(D(to + i * toWidth + column, columns));
        }
    }

    private static T Mean(ReadOnlySpan<T> values) => TensorPrimitives.Sum(values) / T.CreateChecked(values.Length);

    private int Take(int count)
    {
        int at = _used;
        _used += count;
        V(at, count).Clear();
        D(at, count).Clear();
        return at;
    }

    private Span<T> V(int at, int count) => _values.AsSpan(at, count);

    // Without a direction there is nothing behind it but zeros.
    private Span<T> D(int at, int count) => _tangents.AsSpan(at, count);

    // At: where its weights are, then its bias, and where values are normalised scale and shift.
    private readonly record struct Layer(int In, int Out, bool IsHidden, bool IsResidual, int At)
    {
        public int Gain => At + (In + 1) * Out;
    }

    private readonly record struct Pass(int Input, int Output, int Normal, int Inverse, int Slope);
}
