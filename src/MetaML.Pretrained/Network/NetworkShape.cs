using MetaML.Parameters;

namespace MetaML.Pretrained.Network;

/// <summary>The sizes of a network that learns tables in context, and its parameters.</summary>
/// <remarks>
/// <para>
/// Each row of a table is one token. Rows of the support know their label, rows of the query do not. Each layer lets every row attend
/// to the rows of the support, then applies a perceptron to the row. The state of a row of the query at the end gives the
/// distribution of its label. The order of the support has no effect. Sources: Müller et al., 2022, arXiv 2112.10510; Hollmann et
/// al., 2023, arXiv 2207.01848.
/// </para>
/// <para>All weights are [inputs, outputs], row-major.</para>
/// </remarks>
/// <param name="Slots">The number of features that the network sees at once.</param>
/// <param name="Width">The number of values in a row's state, a multiple of <paramref name="Heads"/>.</param>
/// <param name="Heads">The number of attention heads.</param>
/// <param name="Layers">The number of layers.</param>
/// <param name="Hidden">The number of hidden units of each perceptron.</param>
internal sealed record NetworkShape(int Slots = 16, int Width = 96, int Heads = 4, int Layers = 4, int Hidden = 192)
{
    /// <summary>The largest number of classes.</summary>
    public const int MaximumClasses = 10;

    /// <summary>The number of values by which the token of a row describes its table: rows, features, classes, kind of label.</summary>
    public const int TableInputs = 4;

    /// <summary>The number of values that give a label: an indicator for each class, and a standardised number.</summary>
    public const int LabelInputs = MaximumClasses + 1;

    /// <summary>The number of outputs: a logit for each class, and a logit for each bin of a numeric label.</summary>
    public const int Outputs = MaximumClasses + LabelBins.Count;

    /// <summary>The number of values of a token: each feature as a number, as a rank, and whether it is missing; then the table.</summary>
    public int Inputs => 3 * Slots + TableInputs;

    /// <summary>All parameters, in the order of the weight file.</summary>
    public IReadOnlyList<ParameterSpec> Parameters
    {
        get
        {
            double residual = Math.Sqrt(2 * Layers); // the sum of all layers starts with the variance of one
            List<ParameterSpec> parameters =
            [
                .. Affine("row.in", Inputs, Hidden, Math.Sqrt(2)), .. Affine("row.out", Hidden, Width),
                ParameterSpec.Normal("label", 1, LabelInputs, Width),
            ];
            for (int layer = 0; layer < Layers; layer++)
            {
                parameters.AddRange(Norm($"{layer}.attention.norm"));
                parameters.AddRange(Affine($"{layer}.query", Width, Width));
                parameters.AddRange(Affine($"{layer}.key", Width, Width));
                parameters.AddRange(Affine($"{layer}.value", Width, Width));
                parameters.AddRange(Affine($"{layer}.attention.out", Width, Width, 1 / residual));
                parameters.AddRange(Norm($"{layer}.perceptron.norm"));
                parameters.AddRange(Affine($"{layer}.perceptron.in", Width, Hidden, Math.Sqrt(2)));
                parameters.AddRange(Affine($"{layer}.perceptron.out", Hidden, Width, 1 / residual));
            }

            return [.. parameters, .. Norm("head.norm"), .. Affine("head.in", Width, Hidden, Math.Sqrt(2)), .. Affine("head.out", Hidden, Outputs, 0.1)];
        }
    }

    private ParameterSpec[] Norm(string name) =>
        [ParameterSpec.Constant($"{name}.scale", 1, Width), ParameterSpec.Constant($"{name}.shift", 0, Width)];

    private static ParameterSpec[] Affine(string name, int inputs, int outputs, double gain = 1) =>
        [ParameterSpec.Normal($"{name}.weight", gain / Math.Sqrt(inputs), inputs, outputs), ParameterSpec.Constant($"{name}.bias", 0, outputs)];
}
