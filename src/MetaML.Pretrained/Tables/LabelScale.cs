using MetaML.Pretrained.Network;

namespace MetaML.Pretrained.Tables;

/// <summary>How the labels of a support become inputs of the network. Numbers are standardised.</summary>
internal sealed class LabelScale
{
    private readonly bool _isNumeric;

    /// <param name="labels">The labels of the support, at least one: a class from 0, or a number.</param>
    /// <param name="classes">The number of classes; 0 for numeric labels.</param>
    public LabelScale(ReadOnlySpan<float> labels, int classes)
    {
        _isNumeric = classes == 0;
        if (!_isNumeric)
            return;
        double sum = 0, squares = 0;
        foreach (float label in labels)
            sum += label;
        Mean = sum / labels.Length;
        foreach (float label in labels)
            squares += (label - Mean) * (label - Mean);
        double deviation = Math.Sqrt(squares / labels.Length);
        Deviation = deviation > 1e-7 * Math.Abs(Mean) ? deviation : 0; // labels that differ by rounding alone are equal
    }

    /// <summary>The mean of numeric labels.</summary>
    public double Mean { get; }

    /// <summary>The standard deviation of numeric labels; 0 if all are equal.</summary>
    public double Deviation { get; } = 1;

    /// <summary>Writes the inputs for the label of a row of the support.</summary>
    public void Encode(float label, Span<float> inputs)
    {
        inputs.Clear();
        if (_isNumeric)
            inputs[NetworkShape.MaximumClasses] = FeatureStatistics.Squash((float)Standardised(label));
        else
            inputs[(int)label] = 1;
    }

    /// <summary>The output of the network that stands for a label: its class, or its bin.</summary>
    public int Target(float label) => _isNumeric ? LabelBins.Of(Standardised(label)) : (int)label;

    private double Standardised(float label) => Deviation > 0 ? (label - Mean) / Deviation : 0;
}
