using System.Numerics;
using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Encoders.Mlp;

/// <content>Normalisation, activation and loss: values, derivatives, and directional derivatives of both.</content>
internal sealed partial class MlpPass<T>
{
    // n = (x − mean) / deviation, y = γ n + β.
    private void Normalize(MlpShape.Layer layer, Offsets offsets, Span<T> pass)
    {
        ReadOnlySpan<T> gain = pass.Slice(layer.Gain, layer.Out), shift = pass.Slice(layer.Shift, layer.Out);
        for (int i = 0; i < _rows; i++)
        {
            ReadOnlySpan<T> x = Row(pass, offsets.Linear, i, layer.Out);
            Span<T> n = Row(pass, offsets.Normal, i, layer.Out);
            TensorPrimitives.Subtract(x, Mean(x), n);
            T inverse = T.One / T.Sqrt(MeanProduct(n, n) + s_epsilon);
            TensorPrimitives.Multiply(n, inverse, n);
            pass[offsets.Inverse + i] = inverse;
            TensorPrimitives.MultiplyAdd(n, gain, shift, Row(pass, offsets.Activated, i, layer.Out));
        }
    }

    // With c = dx − mean(dx): dn = (c − n mean(n c)) / deviation.
    private void NormalizeTangent(MlpShape.Layer layer, Offsets offsets, ReadOnlySpan<T> pass, Span<T> tangent)
    {
        ReadOnlySpan<T> gain = pass.Slice(layer.Gain, layer.Out);
        for (int i = 0; i < _rows; i++)
        {
            ReadOnlySpan<T> n = Row(pass, offsets.Normal, i, layer.Out), dx = Row(tangent, offsets.Linear, i, layer.Out);
            Span<T> dn = Row(tangent, offsets.Normal, i, layer.Out), dy = Row(tangent, offsets.Activated, i, layer.Out);
            T inverse = pass[offsets.Inverse + i];
            TensorPrimitives.Subtract(dx, Mean(dx), dn);
            T slope = MeanProduct(n, dn);
            TensorPrimitives.MultiplyAdd(n, -slope, dn, dn);
            TensorPrimitives.Multiply(dn, inverse, dn);
            tangent[offsets.Inverse + i] = -inverse * inverse * slope;
            TensorPrimitives.MultiplyAdd(dn, gain, tangent.Slice(layer.Shift, layer.Out), dy);
            TensorPrimitives.MultiplyAdd(n, tangent.Slice(layer.Gain, layer.Out), dy, dy);
        }
    }

    // Converts derivatives by y to derivatives by x, (d − mean(d) − n mean(d n)) / deviation with d = γ δ, and to those by γ and β.
    private void BackThroughNorm(MlpShape.Layer layer, Offsets offsets, Span<T> pass)
    {
        ReadOnlySpan<T> gain = pass.Slice(layer.Gain, layer.Out);
        Span<T> byGain = pass.Slice(Count + layer.Gain, layer.Out), d = _scratch.AsSpan(0, layer.Out);
        byGain.Clear();
        SumRows(Block(pass, offsets.ByActivated, layer.Out), pass.Slice(Count + layer.Shift, layer.Out));
        for (int i = 0; i < _rows; i++)
        {
            ReadOnlySpan<T> delta = Row(pass, offsets.ByActivated, i, layer.Out), n = Row(pass, offsets.Normal, i, layer.Out);
            Span<T> by = Row(pass, offsets.ByLinear, i, layer.Out);
            TensorPrimitives.MultiplyAdd(delta, n, byGain, byGain);
            TensorPrimitives.Multiply(delta, gain, d);
            TensorPrimitives.Subtract(d, Mean(d), by);
            TensorPrimitives.MultiplyAdd(n, -MeanProduct(d, n), by, by);
            TensorPrimitives.Multiply(by, pass[offsets.Inverse + i], by);
        }
    }

    private void BackThroughNormTangent(MlpShape.Layer layer, Offsets offsets, ReadOnlySpan<T> pass, Span<T> tangent)
    {
        ReadOnlySpan<T> gain = pass.Slice(layer.Gain, layer.Out), gainTangent = tangent.Slice(layer.Gain, layer.Out);
        Span<T> byGain = tangent.Slice(Count + layer.Gain, layer.Out), d = _scratch.AsSpan(0, layer.Out), dd = _scratch.AsSpan(layer.Out, layer.Out);
        byGain.Clear();
        SumRows(Block(tangent, offsets.ByActivated, layer.Out), tangent.Slice(Count + layer.Shift, layer.Out));
        for (int i = 0; i < _rows; i++)
        {
            ReadOnlySpan<T> delta = Row(pass, offsets.ByActivated, i, layer.Out), n = Row(pass, offsets.Normal, i, layer.Out);
            ReadOnlySpan<T> deltaTangent = Row(tangent, offsets.ByActivated, i, layer.Out), dn = Row(tangent, offsets.Normal, i, layer.Out);
            Span<T> by = Row(tangent, offsets.ByLinear, i, layer.Out);
            TensorPrimitives.MultiplyAdd(deltaTangent, n, byGain, byGain);
            TensorPrimitives.MultiplyAdd(delta, dn, byGain, byGain);
            TensorPrimitives.Multiply(delta, gain, d);
            TensorPrimitives.Multiply(deltaTangent, gain, dd);
            TensorPrimitives.MultiplyAdd(delta, gainTangent, dd, dd);
            TensorPrimitives.Subtract(dd, Mean(dd), by);
            TensorPrimitives.MultiplyAdd(dn, -MeanProduct(d, n), by, by);
            TensorPrimitives.MultiplyAdd(n, -(MeanProduct(dd, n) + MeanProduct(d, dn)), by, by);
            TensorPrimitives.Multiply(by, pass[offsets.Inverse + i], by);
            TensorPrimitives.MultiplyAdd(Row(pass, offsets.ByLinear, i, layer.Out), tangent[offsets.Inverse + i] / pass[offsets.Inverse + i], by, by);
        }
    }

    // f(y), f'(y) and f''(y); max(0, y) has no second derivative.
    private void Activate(ReadOnlySpan<T> y, Span<T> value, Span<T> slope, Span<T> curve)
    {
        switch (_network.Activation)
        {
            case Activation.Relu:
                Rectify(y, value, slope);
                break;
            case Activation.Tanh:
                TensorPrimitives.Tanh(y, value);
                TensorPrimitives.Multiply(value, value, slope);
                TensorPrimitives.Subtract(T.One, slope, slope);
                TensorPrimitives.Multiply(value, slope, curve);
                TensorPrimitives.Multiply(curve, -(T.One + T.One), curve);
                break;
            default: // y σ: σ + f (1 − σ), and σ (1 − σ) (2 + y (1 − 2σ))
                TensorPrimitives.Sigmoid(y, curve);
                for (int i = 0; i < y.Length; i++)
                {
                    T sigmoid = curve[i], rest = T.One - sigmoid;
                    value[i] = y[i] * sigmoid;
                    slope[i] = sigmoid + value[i] * rest;
                    curve[i] = sigmoid * rest * (T.One + T.One + y[i] * (rest - sigmoid));
                }

                break;
        }
    }

    // Preserves NaN.
    private static void Rectify(ReadOnlySpan<T> y, Span<T> value, Span<T> slope)
    {
        int i = 0;
        for (; i + Vector<T>.Count <= y.Length; i += Vector<T>.Count)
        {
            var x = new Vector<T>(y[i..]);
            Vector<T> isOff = Vector.LessThanOrEqual(x, Vector<T>.Zero);
            Vector.AndNot(x, isOff).CopyTo(value[i..]);
            Vector.AndNot(Vector<T>.One, isOff).CopyTo(slope[i..]);
        }

        for (; i < y.Length; i++)
            (value[i], slope[i]) = y[i] <= T.Zero ? (T.Zero, T.Zero) : (y[i], T.One);
    }

    // The derivative of the loss by the scores, and the diagonal part of the second derivative. For classes, the second derivative
    // also has a part of rank one, which DifferentiateLossTangent subtracts.
    private void DifferentiateLoss(Span<T> pass)
    {
        ReadOnlySpan<T> scores = Block(pass, _scores, _outputs);
        Span<T> by = Block(pass, _byScores, _outputs), curve = Block(pass, _curve, _outputs);
        switch (_kind)
        {
            case LabelKind.Regression: // (s − y)²
                TensorPrimitives.Add<T>(_shares, _shares, curve);
                TensorPrimitives.Subtract(scores, _targets, by);
                TensorPrimitives.Multiply(by, curve, by);
                break;
            case LabelKind.Binary: // σ − y, and σ (1 − σ)
                TensorPrimitives.Sigmoid(scores, curve);
                TensorPrimitives.Subtract(curve, _targets, by);
                TensorPrimitives.Multiply(by, _shares, by);
                for (int i = 0; i < curve.Length; i++)
                    curve[i] *= (T.One - curve[i]) * _shares[i];
                break;
            default: // p − y, and p
                for (int i = 0; i < scores.Length; i += _outputs)
                {
                    T largest = T.NegativeInfinity;
                    for (int k = 0; k < _outputs; k++)
                        largest = T.Max(largest, curve[i + k] = scores[i + k] + _absence[k]);
                    for (int k = 0; k < _outputs; k++)
                        curve[i + k] -= largest;
                }

                TensorPrimitives.Exp(curve, curve);
                for (int i = 0; i < scores.Length; i += _outputs)
                {
                    T sum = T.Zero, share = _shares[i / _outputs];
                    for (int k = 0; k < _outputs; k++)
                        sum += curve[i + k];
                    T part = share / sum;
                    for (int k = 0; k < _outputs; k++)
                    {
                        curve[i + k] *= part;
                        by[i + k] = curve[i + k] - _targets[i + k] * share;
                    }
                }

                break;
        }
    }

    // For classes: p (ds − p · ds). The loops over classes are scalar, because there are usually few classes.
    private void DifferentiateLossTangent(ReadOnlySpan<T> pass, Span<T> tangent)
    {
        ReadOnlySpan<T> curve = Block(pass, _curve, _outputs);
        Span<T> by = Block(tangent, _byScores, _outputs);
        TensorPrimitives.Multiply(Block(tangent, _scores, _outputs), curve, by);
        for (int i = 0; i < by.Length && _kind == LabelKind.Multiclass; i += _outputs)
        {
            T sum = T.Zero, share = _shares[i / _outputs];
            for (int k = 0; k < _outputs; k++)
                sum += by[i + k];
            T mean = share == T.Zero ? T.Zero : sum / share;
            for (int k = 0; k < _outputs; k++)
                by[i + k] -= curve[i + k] * mean;
        }
    }

    private static Span<T> Row(Span<T> pass, int offset, int row, int width) => pass.Slice(offset + row * width, width);

    private static ReadOnlySpan<T> Row(ReadOnlySpan<T> pass, int offset, int row, int width) => pass.Slice(offset + row * width, width);

    private static T Mean(ReadOnlySpan<T> values) => OrderedSum.Of(values) / T.CreateChecked(values.Length);

    private static T MeanProduct(ReadOnlySpan<T> left, ReadOnlySpan<T> right) => OrderedSum.OfProducts(left, right) / T.CreateChecked(left.Length);
}
