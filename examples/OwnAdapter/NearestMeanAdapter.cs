using MetaML;
using MetaML.Adapters;
using MetaML.Heads;
using MetaML.Native;
using MetaML.Parameters;
using static TorchSharp.torch;

/// <summary>Predicts the class with the nearer mean c₀ or c₁: the score is z · w + b with w = τ (c₁ − c₀) and b = −w · (c₁ + c₀) / 2 + β. τ and β are meta-learned.</summary>
internal sealed class NearestMeanAdapter : IManagedAdapter
{
    private const string Temperature = "log_temperature", Bias = "bias";

    // The parameters that are learned across tasks, with their initial values.
    public IReadOnlyList<ParameterSpec> Parameters { get; } = [ParameterSpec.Constant(Temperature, 0), ParameterSpec.Constant(Bias, 0, 1)];

    // Adapts to all tasks of a step at once, in libtorch, so that the outer loop can differentiate the result.
    // Sums, and products with numbers, use TensorArithmetic: t.Plus(u) instead of t + u.
    public AdaptedTasks Adapt(AdaptationInput input)
    {
        Tensor embeddings = input.EmbedSupport(); // [tasks, rows, embedding]
        Tensor members = input.Support.OneHot(2) * input.Support.Weights.unsqueeze(-1); // [tasks, rows, 2]; padded rows have weight 0
        Tensor counts = members.sum(1L).unsqueeze(-1).ClampMin(1e-12); // [tasks, 2, 1]
        Tensor means = members.transpose(1, 2).bmm(embeddings) / counts; // [tasks, 2, embedding]
        Tensor zero = means.narrow(1, 0, 1), one = means.narrow(1, 1, 1);
        Tensor weights = (one - zero) * input.AdapterParameters[Temperature].exp(); // [tasks, 1, embedding]
        Tensor bias = (weights * zero.Plus(one)).sum(-1L).Times(-0.5).Plus(input.AdapterParameters[Bias]); // [tasks, 1]
        return new AdaptedTasks(input.EncoderParameters, weights.transpose(1, 2), bias);
    }

    // The same for one task without libtorch, so that a service can adapt without the native library.
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        int dimension = support.Dimension;
        float[][] means = [new float[dimension], new float[dimension]];
        for (int k = 0; k < 2; k++)
        {
            double count = 0;
            for (int row = 0; row < support.RowCount; row++)
            {
                float weight = support.Labels[row] == k ? support.Weights[row] : 0;
                count += weight;
                for (int i = 0; i < dimension; i++)
                    means[k][i] += weight * support.Row(row)[i];
            }

            for (int i = 0; i < dimension; i++)
                means[k][i] /= (float)Math.Max(count, 1e-12);
        }

        float temperature = MathF.Exp(parameters[0][0]), bias = parameters[1][0];
        var weights = new float[dimension];
        for (int i = 0; i < dimension; i++)
        {
            weights[i] = temperature * (means[1][i] - means[0][i]);
            bias -= weights[i] * (means[1][i] + means[0][i]) / 2;
        }

        return new LinearHead(weights, [bias]);
    }
}

/// <summary>The options of the adapter, for pipelines and saved models.</summary>
internal sealed record NearestMeanAdapterOptions : AdapterOptions
{
    public override IAdapter Create(HeadShape shape) => new NearestMeanAdapter();

    public override void Validate(LabelKind kind)
    {
        if (kind != LabelKind.Binary)
            throw new ArgumentException($"NearestMeanAdapter must be used with yes/no labels; got {kind}.", nameof(kind));
    }
}
