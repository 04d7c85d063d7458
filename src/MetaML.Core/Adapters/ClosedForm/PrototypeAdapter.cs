using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Parameters;
using MetaML.Statistics;
using static TorchSharp.torch;

namespace MetaML.Adapters.ClosedForm;

/// <summary>Scores a row by −τ‖z − c_k‖², with c_k the weighted mean of class k's support embeddings and τ learned.</summary>
/// <remarks>
/// −τ‖z − c‖² = 2τ z·c − τ‖c‖² + (same for all classes), a linear head. If all tasks share the classes and the support lacks a
/// class, its prototype is the mean of its rows over the training tasks (during training: over the meta-batch).
/// Cost O(rows · embedding). Source: Snell et al., Prototypical Networks for Few-shot Learning, 2017, arXiv 1703.05175;
/// the learned temperature is an addition, and so is the learned <see cref="ScoreOffset"/> of binary scores.
/// </remarks>
internal sealed class PrototypeAdapter : IMomentAdapter
{
    private const string Temperature = "log_temperature";
    private const string Pooled = "pooled_prototypes";

    private readonly HeadShape _shape;
    private readonly int? _commonClasses;

    /// <summary>Makes an adapter for heads of this shape.</summary>
    /// <param name="shape">Binary or multiclass.</param>
    /// <exception cref="ArgumentException">The labels are those of regression, which has no classes.</exception>
    public PrototypeAdapter(HeadShape shape)
    {
        if (shape.Kind == LabelKind.Regression)
            throw new ArgumentException("PrototypeAdapter must be used with classes; got regression labels. A prototype is the mean of a class. Use the ridge or the gradient adapter.", nameof(shape));
        _shape = shape;
        _commonClasses = shape.Kind == LabelKind.Binary ? 2 : shape.CommonOutputs;

        // Initial embeddings have about unit variance, so distances grow with the dimension. This temperature keeps logits near 1.
        var temperature = ParameterSpec.Constant(Temperature, MathF.Log(2f / shape.EmbeddingDimension)) with { LearningRateFactor = 10 };
        Parameters = _commonClasses is { } classes
            ? [temperature, ParameterSpec.Constant(Pooled, 0, classes, shape.EmbeddingDimension) with { IsTrained = false }, .. ScoreOffset.Specs(shape.Kind, isTrained: true)]
            : [temperature];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <inheritdoc/>
    public AdaptedTasks Adapt(AdaptationInput input)
    {
        var (weights, bias) = Head(input, input.EmbedSupport());
        return new AdaptedTasks(input.EncoderParameters, weights, bias);
    }

    /// <summary>The heads for embedded support.</summary>
    /// <param name="input">Parameters, labels and weights.</param>
    /// <param name="embeddings">Float [tasks, rows, embedding].</param>
    internal (Tensor Weights, Tensor Bias) Head(AdaptationInput input, Tensor embeddings)
    {
        int classes = _shape.Kind == LabelKind.Binary ? 2 : input.OutputCount;
        Tensor members = input.Support.OneHot(classes) * input.Support.Weights.unsqueeze(-1); // [tasks, rows, classes]
        Tensor counts = members.sum(1L).unsqueeze(-1); // [tasks, classes, 1]
        Tensor sums = members.transpose(1, 2).bmm(embeddings); // [tasks, classes, embedding]
        Tensor prototypes = sums / counts.ClampMin(1e-12);
        if (_commonClasses is not null)
        {
            Tensor pooled = input.IsTraining
                ? sums.sum(0L) / counts.sum(0L).ClampMin(1e-12)
                : input.AdapterParameters[Pooled]; // [classes, embedding]
            prototypes = where(counts.IsAbove(0), prototypes, pooled.unsqueeze(0));
        }

        Tensor temperature = input.AdapterParameters[Temperature].exp();
        Tensor weights = prototypes.transpose(1, 2) * temperature.Times(2); // [tasks, embedding, classes]
        Tensor bias = -prototypes.Squared().sum(-1L) * temperature; // [tasks, classes]
        return _shape.Kind == LabelKind.Binary
            ? (weights.narrow(2, 1, 1) - weights.narrow(2, 0, 1), (bias.narrow(1, 1, 1) - bias.narrow(1, 0, 1)).Plus(input.AdapterParameters[ScoreOffset.Name]))
            : (weights, bias);
    }

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support) => Adapt(parameters, TaskMoments.Of(_shape.Kind, support, hasProducts: false), [], null);

    bool IMomentAdapter.NeedsProducts => false;

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, TaskMoments moments, IReadOnlyList<float> covariates, TaskPrior? prior)
    {
        int dimension = _shape.EmbeddingDimension, classes = moments.Sums.Length;
        float temperature = MathF.Exp(parameters[0][0]);
        var prototypes = new float[classes * dimension];
        var bias = new float[classes];
        for (int k = 0; k < classes; k++)
        {
            Span<float> prototype = prototypes.AsSpan(k * dimension, dimension);
            double count = moments.Sums[k][dimension];
            for (int j = 0; j < dimension && count > 0; j++)
                prototype[j] = (float)(moments.Sums[k][j] / count);
            if (count <= 0 && _commonClasses is not null)
                parameters[1].AsSpan(k * dimension, dimension).CopyTo(prototype);
            bias[k] = -temperature * TensorPrimitives.SumOfSquares(prototype);
            TensorPrimitives.Multiply(prototype, 2 * temperature, prototype);
        }

        if (_shape.Kind != LabelKind.Binary)
            return new LinearHead(prototypes, bias);

        var difference = new float[dimension];
        TensorPrimitives.Subtract(prototypes.AsSpan(dimension), prototypes.AsSpan(0, dimension), difference);
        return new LinearHead(difference, [bias[1] - bias[0] + parameters[2][0]]);
    }

    // Prototypes say nothing of how rare a class is: the offset does.
    void IAdapter.StartFromPooled(IReadOnlyList<ParameterArray> parameters, EmbeddedTask pooled)
    {
        if (_shape.Kind != LabelKind.Binary)
            return;
        float[][] values = [.. parameters.Select(parameter => parameter.Values)];
        values[2][0] = ScoreOffset.Of(Adapt(values, pooled), pooled);
    }

    /// <inheritdoc/>
    public void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks)
    {
        if (_commonClasses is not { } classes)
            return;

        var totals = new double[classes * _shape.EmbeddingDimension];
        var counts = new double[classes];
        foreach (EmbeddedTask task in trainingTasks)
        {
            double[][] sums = TaskMoments.Of(_shape.Kind, task, hasProducts: false).Sums;
            for (int i = 0; i < totals.Length; i++)
                totals[i] += sums[i / _shape.EmbeddingDimension][i % _shape.EmbeddingDimension];
            for (int k = 0; k < classes; k++)
                counts[k] += sums[k][^1];
        }

        float[] pooled = parameters[1].Values;
        for (int i = 0; i < pooled.Length; i++)
            pooled[i] = (float)(totals[i] / Math.Max(counts[i / _shape.EmbeddingDimension], 1e-12));
    }
}
