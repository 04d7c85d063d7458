using System.Numerics.Tensors;
using MetaML.Tasks;

namespace MetaML.Encoders;

/// <content>Normalisation, activation and loss: values, and how they change along the direction.</content>
internal sealed partial class PerceptronGradient<T>
{
    // n = (x − mean) / deviation, y = γ n + β.
    private (int Normal, int Inverse, int Output) Normalize(Layer layer, int linear)
    {
        int units = layer.Out, gain = layer.Gain, shift = gain + units, normal = Take(_rows * units), inverse = Take(_rows), output = Take(_rows * units);
        for (int i = 0; i < _rows; i++)
        {
            int at = i * units;
            Span<T> n = V(normal + at, units), dn = D(normal + at, units);
            TensorPrimitives.Subtract(V(linear + at, units), Mean(V(linear + at, units)), n);
            TensorPrimitives.Subtract(D(linear + at, units), Mean(D(linear + at, units)), dn);
            T scale = T.One / T.Sqrt(TensorPrimitives.SumOfSquares<T>(n) / T.CreateChecked(units) + s_epsilon);
            T scaleTangent = -scale * scale * scale * TensorPrimitives.Dot<T>(n, dn) / T.CreateChecked(units);
            TensorPrimitives.Multiply(dn, scale, dn);
            TensorPrimitives.MultiplyAdd(n, scaleTangent, dn, dn);
            TensorPrimitives.Multiply(n, scale, n);
            (_values[inverse + i], _tangents[inverse + i]) = (scale, scaleTangent);
            TensorPrimitives.MultiplyAdd(n, V(gain, units), V(shift, units), V(output + at, units));
            TensorPrimitives.MultiplyAdd(dn, V(gain, units), D(shift, units), D(output + at, units));
            TensorPrimitives.MultiplyAdd(n, D(gain, units), D(output + at, units), D(output + at, units));
        }

        return (normal, inverse, output);
    }

    // By y to by x: (d − mean(d) − n mean(d n)) / deviation with d = γ δ; and by γ and β.
    private void BackThroughNorm(Layer layer, Pass pass, int delta)
    {
        int units = layer.Out, gain = layer.Gain;
        T[] products = new T[2 * units];
        Span<T> product = products.AsSpan(0, units), productTangent = products.AsSpan(units);
        AddRows(delta, Count + gain + units, units);
        for (int i = 0; i < _rows; i++)
        {
            int at = i * units;
            Span<T> d = V(delta + at, units), dd = D(delta + at, units);
            ReadOnlySpan<T> n = V(pass.Normal + at, units), dn = D(pass.Normal + at, units);
            T scale = _values[pass.Inverse + i], scaleTangent = _tangents[pass.Inverse + i];
            Product(d, dd, n, dn, product, productTangent);
            Span<T> byGain = (_isAlong ? _tangents : _values).AsSpan(Count + gain, units);
            TensorPrimitives.Add(byGain, _isAlong ? productTangent : product, byGain);

            Product(d, dd, V(gain, units), D(gain, units), d, dd);
            Product(d, dd, n, dn, product, productTangent);
            T mean = Mean(d), meanTangent = Mean(dd), slope = Mean(product), slopeTangent = Mean(productTangent);
            for (int j = 0; j < units; j++)
            {
                T value = d[j] - mean - n[j] * slope;
                dd[j] = (dd[j] - meanTangent - dn[j] * slope - n[j] * slopeTangent) * scale + value * scaleTangent;
                d[j] = value * scale;
            }
        }
    }

    // f(y), and f'(y) with f''(y) for its tangent.
    private void Activate(ReadOnlySpan<T> y, ReadOnlySpan<T> dy, Span<T> value, Span<T> tangent, Span<T> slope, Span<T> slopeTangent)
    {
        switch (_options.Activation)
        {
            case Activation.Relu:
                TensorPrimitives.Max(y, T.Zero, value);
                for (int i = 0; i < y.Length; i++)
                    slope[i] = y[i] > T.Zero ? T.One : T.Zero;
                break;
            case Activation.Tanh:
                TensorPrimitives.Tanh(y, value);
                for (int i = 0; i < y.Length; i++)
                {
                    slope[i] = T.One - value[i] * value[i];
                    slopeTangent[i] = -(value[i] + value[i]) * slope[i] * dy[i];
                }

                break;
            default: // x σ: σ + f (1 − σ), and σ (1 − σ) (2 + x (1 − 2σ))
                for (int i = 0; i < y.Length; i++)
                {
                    T sigmoid = T.One / (T.One + T.Exp(-y[i])), rest = T.One - sigmoid;
                    value[i] = y[i] * sigmoid;
                    slope[i] = sigmoid + value[i] * rest;
                    slopeTangent[i] = sigmoid * rest * (T.One + T.One + y[i] * (rest - sigmoid)) * dy[i];
                }

                break;
        }

        TensorPrimitives.Multiply(slope, dy, tangent);
    }

    // Scores become the loss's derivative by them.
    private void DifferentiateLoss(int scores, ReadOnlySpan<T> targets, ReadOnlySpan<T> shares, ReadOnlySpan<T> absence)
    {
        for (int i = 0; i < _rows; i++)
        {
            Span<T> u = V(scores + i * _outputs, _outputs), du = D(scores + i * _outputs, _outputs);
            switch (_kind)
            {
                case LabelKind.Regression:
                    u[0] = (u[0] - targets[i]) * (shares[i] + shares[i]);
                    du[0] *= shares[i] + shares[i];
                    break;
                case LabelKind.Binary:
                    T sigmoid = T.One / (T.One + T.Exp(-u[0]));
                    u[0] = (sigmoid - targets[i]) * shares[i];
                    du[0] *= sigmoid * (T.One - sigmoid) * shares[i];
                    break;
                default:
                    TensorPrimitives.Add(u, absence, u);
                    TensorPrimitives.Subtract(u, TensorPrimitives.Max<T>(u), u);
                    TensorPrimitives.Exp(u, u);
                    TensorPrimitives.Divide(u, TensorPrimitives.Sum<T>(u), u);
                    TensorPrimitives.Subtract(du, TensorPrimitives.Dot<T>(u, du), du);
                    TensorPrimitives.Multiply(du, u, du);
                    TensorPrimitives.Multiply(du, shares[i], du);
                    TensorPrimitives.Subtract(u, targets.Slice(i * _outputs, _outputs), u);
                    TensorPrimitives.Multiply(u, shares[i], u);
                    break;
            }
        }
    }
}
