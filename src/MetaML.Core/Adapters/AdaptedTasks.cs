using MetaML.Encoders;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters;

/// <summary>A batch of adapted tasks: encoder parameters and a linear head for each task.</summary>
/// <param name="EncoderParameters">Each is shared by all tasks, or has a leading [tasks] dimension.</param>
/// <param name="Weights">Float [tasks, embedding, outputs].</param>
/// <param name="Bias">Float [tasks, outputs].</param>
/// <remarks>The dispose scope in which the adapter ran owns the tensors.</remarks>
public sealed record AdaptedTasks(ParameterSet EncoderParameters, Tensor Weights, Tensor Bias)
{
    /// <summary>Scores rows: encode(x) · W + b.</summary>
    /// <param name="encoder">The encoder of <see cref="EncoderParameters"/>.</param>
    /// <param name="features">Float [tasks, rows, features].</param>
    /// <param name="dropout">The random generator of dropout masks, or null.</param>
    /// <returns>Float [tasks, rows, outputs]: logits, or values for regression.</returns>
    public Tensor Score(IEncoder encoder, Tensor features, Generator? dropout = null) =>
        Score(encoder.Forward(EncoderParameters, features, dropout));

    /// <summary>Scores embedded rows.</summary>
    /// <param name="embeddings">Float [tasks, rows, embedding].</param>
    /// <returns>Float [tasks, rows, outputs].</returns>
    internal Tensor Score(Tensor embeddings) => embeddings.bmm(Weights).Plus(Bias.unsqueeze(1));

    /// <summary>Float [tasks]: the loss that the outer step minimises instead of the query loss; null for the query loss.</summary>
    public Tensor? Surrogate { get; init; }

    /// <summary>The tasks after earlier inner steps whose query losses are part of the outer loss.</summary>
    public IReadOnlyList<AdaptedTasks> EarlierSteps { get; init; } = [];

    /// <summary>The weight of the query loss after each of <see cref="EarlierSteps"/>. The weights sum to 1 with that of the last step.</summary>
    public double EarlierStepWeight { get; init; }

    /// <summary>The loss that the outer step minimises.</summary>
    /// <param name="queryLoss">Float [tasks]: the query loss of these tasks.</param>
    /// <param name="queryLossOf">Computes the query loss of the tasks after an earlier step.</param>
    /// <returns>Float [tasks].</returns>
    public Tensor OuterLoss(Tensor queryLoss, Func<AdaptedTasks, Tensor> queryLossOf) => Surrogate ??
        StepWeights.Join(queryLoss, EarlierSteps.Count, EarlierSteps.Select(queryLossOf), EarlierStepWeight);
}
