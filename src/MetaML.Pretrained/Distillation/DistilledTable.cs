using MetaML.Files;
using MetaML.Numerics;
using MetaML.Pretrained.Tables;

namespace MetaML.Pretrained.Distillation;

/// <summary>A small network with one hidden layer that imitates another predictor of a table; see <see cref="TableDistillation"/>.</summary>
/// <remarks>
/// The inputs of a row are its standardised features, marks of missing values, and hidden units max(0, a + x·A) with random A and a, which follow
/// from the number of features. The outputs are linear in them: a logit for each class, or mean and logarithm of the standard deviation of a standardised number.
/// </remarks>
internal sealed class DistilledTable : ITablePredictor
{
    /// <summary>The number of hidden units.</summary>
    public const int HiddenUnits = 128;

    private readonly float[] _means;
    private readonly float[] _inverses; // 0 for a feature that does not vary
    private readonly float[] _hidden; // A [features, hidden units]
    private readonly float[] _hiddenBias; // a
    private readonly float[] _weights; // [inputs, outputs]
    private readonly float[] _bias;
    private readonly float _labelMean;
    private readonly float _labelDeviation;

    /// <param name="classes">The number of classes; 0 for numeric labels.</param>
    /// <param name="means">The mean of each feature.</param>
    /// <param name="inverses">The reciprocal of the standard deviation of each feature; 0 if it does not vary.</param>
    /// <param name="weights">[inputs, outputs].</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="labelMean">The mean of numeric labels.</param>
    /// <param name="labelDeviation">The standard deviation of numeric labels.</param>
    public DistilledTable(int classes, float[] means, float[] inverses, float[] weights, float[] bias, float labelMean, float labelDeviation)
    {
        (Classes, _means, _inverses, _weights, _bias, _labelMean, _labelDeviation) = (classes, means, inverses, weights, bias, labelMean, labelDeviation);
        var random = new Random(1);
        double scale = 1 / Math.Sqrt(Math.Max(1, inverses.Count(inverse => inverse > 0)));
        _hidden = [.. Enumerable.Range(0, Width * HiddenUnits).Select(_ => (float)(scale * NormalRandom.Next(random)))];
        _hiddenBias = [.. Enumerable.Range(0, HiddenUnits).Select(_ => (float)NormalRandom.Next(random))];
    }

    /// <inheritdoc/>
    public int Width => _means.Length;

    /// <inheritdoc/>
    public int Classes { get; }

    /// <summary>The number of inputs of the outputs.</summary>
    public int Inputs => InputsOf(Width);

    /// <summary>The number of inputs of the outputs, for a number of features.</summary>
    public static int InputsOf(int width) => 2 * width + HiddenUnits;

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<float> rows, int count, ref ViewBuffers? buffers, Span<float> outputs)
    {
        int width = _bias.Length;
        var inputs = new float[Inputs];
        for (int row = 0; row < count; row++)
        {
            Span<float> own = outputs.Slice(row * width, width);
            Encode(rows.Slice(row * Width, Width), inputs);
            AffineKernel.Apply(inputs, _weights, _bias, rectifies: false, own);
            if (Classes > 0)
                Softmax.Apply(own, own);
            else
                (own[0], own[1]) = (_labelMean + _labelDeviation * own[0], _labelDeviation * MathF.Exp(own[1]));
        }
    }

    /// <summary>The inputs of a row.</summary>
    /// <param name="row">The features.</param>
    /// <param name="inputs">Receives [inputs].</param>
    public void Encode(ReadOnlySpan<float> row, Span<float> inputs)
    {
        Span<float> values = inputs[..Width], missing = inputs.Slice(Width, Width);
        missing.Clear();
        for (int feature = 0; feature < Width; feature++)
        {
            bool isKnown = float.IsFinite(row[feature]);
            values[feature] = isKnown ? FeatureStatistics.Squash((row[feature] - _means[feature]) * _inverses[feature]) : 0;
            missing[feature] = isKnown ? 0 : 1;
        }

        AffineKernel.Apply(values, _hidden, _hiddenBias, rectifies: true, inputs[(2 * Width)..]);
    }

    /// <summary>Writes the predictor.</summary>
    public void Write(BinaryWriter writer)
    {
        // *** Binary format ***
        // float[]: means and reciprocal deviations of the features; weights and bias of the outputs; mean and deviation of the labels
        foreach (float[] values in (float[][])[_means, _inverses, _weights, _bias, [_labelMean, _labelDeviation]])
            BinaryFormat.WriteFloats(writer, values);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    public static DistilledTable Read(BinaryReader reader, int width, int classes)
    {
        int outputs = classes > 0 ? classes : 2;
        float[] means = BinaryFormat.ReadFloats(reader, width), inverses = BinaryFormat.ReadFloats(reader, width);
        float[] weights = BinaryFormat.ReadFloats(reader, (long)InputsOf(width) * outputs), bias = BinaryFormat.ReadFloats(reader, outputs), labels = BinaryFormat.ReadFloats(reader, 2);
        return new DistilledTable(classes, means, inverses, weights, bias, labels[0], labels[1]);
    }
}
