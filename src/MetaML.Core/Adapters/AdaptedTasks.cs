using MetaML.Encoders;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters;

/// <summary>Several adapted tasks: an encoder, and a linear head for each.</summary>
/// <param name="EncoderParameters">Each shared, or the tasks' own with a leading [tasks] dimension.</param>
/// <param name="Weights">Float [tasks, embedding, outputs].</param>
/// <param name="Bias">Float [tasks, outputs].</param>
/// <remarks>The tensors are owned by the dispose scope in which the adapter ran.</remarks>
public sealed record AdaptedTasks(ParameterSet EncoderParameters, Tensor Weights, Tensor Bias)
{
    /// <summary>Scores of rows: encode(x) · W + b.</summary>
    /// <param name="encoder">The encoder whose parameters these are.</param>
    /// <param name="features">Float [tasks, rows, features].</param>
    /// <param name="dropout">Source of dropout masks, or null.</param>
    /// <returns>Float [tasks, rows, outputs]: logits, or values for regression.</returns>
    public Tensor Score(IEncoder encoder, Tensor features, Generator? dropout = null) =>
        Score(encoder.Forward(EncoderParameters, features, dropout));

    /// <summary>Scores of rows that are embedded already.</summary>
    /// <param name="embeddings">Float [tasks, rows, embedding].</param>
    /// <returns>Float [tasks, rows, outputs].</returns>
    internal Tensor Score(Tensor embeddings) => embeddings.bmm(Weights).Plus(Bias.unsqueeze(1));

    /// <summary>Float [tasks]: what the outer step descends in place of the query loss; null where it is the query loss.</summary>
    public Tensor? Surrogate { get; init; }

    /// <summary>The tasks after earlier inner steps, whose query loss counts too.</summary>
    public IReadOnlyList<AdaptedTasks> EarlierSteps { get; init; } = [];

    /// <summary>How much the query loss after each of <see cref="EarlierSteps"/> counts; these tasks' own has the rest of 1.</summary>
    public double EarlierStepWeight { get; init; }

    /// <summary>What the outer step descends.</summary>
    /// <param name="queryLoss">Float [tasks]: the query loss of these tasks.</param>
    /// <param name="queryLossOf">Gives the same for other states of the tasks.</param>
    /// <returns>Float [tasks].</returns>
    public Tensor OuterLoss(Tensor queryLoss, Func<AdaptedTasks, Tensor> queryLossOf) => Surrogate ??
        StepWeights.Join(queryLoss, EarlierSteps.Count, EarlierSteps.Select(queryLossOf), EarlierStepWeight);
}
