using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Numerics;
using MetaML.Parameters;
using MetaML.Statistics;

namespace MetaML.Adapters.ClosedForm;

/// <summary>Prototypes in training. Afterwards a row is scored by the probability of its embedding given the support of each class, under normal distributions.</summary>
/// <remarks>
/// <para>
/// z ~ N(c, W) about the centre c of its class, and c ~ N(m, B). With T such that TᵀWT = 1 and TᵀBT = diag(λ), and with n rows of mean
/// z̄ₖ, the distribution of a further row of the class in the coordinates x = Tᵀ(z − m) is N(aₖ x̄ₖ, v), where aₖ = nₖλ / (nₖλ + 1) and v = 1 + λ / (nλ + 1).
/// The score is κ Σ (aₖ x̄ₖ x − (aₖ x̄ₖ)² / 2) / v, which is linear in z. Here m is the mean of the prototypes of the task, and n the mean number of rows of its classes.
/// Source: Ioffe, Probabilistic Linear Discriminant Analysis, 2006; Prince and Elder, 2007. Deviations: v is common to all classes, so that the head is linear, and κ is learned.
/// </para>
/// <para>
/// W and B are those of the embeddings of the training tasks, each plus the mean variance within classes in all directions. Cost of a head: O(classes · embedding²).
/// </para>
/// </remarks>
internal sealed class DiscriminantPrototypeAdapter : IMomentAdapter
{
    private const string LogScale = "log_scale", Transform = "transform", Ratios = "ratios";

    private readonly int _dimension;
    private readonly PrototypeAdapter _prototypes;
    private readonly int _first; // the number of parameters of prototypes

    /// <summary>Makes an adapter for heads of this shape.</summary>
    /// <param name="shape">Multiclass, without common classes.</param>
    public DiscriminantPrototypeAdapter(HeadShape shape)
    {
        _dimension = shape.EmbeddingDimension;
        _prototypes = new PrototypeAdapter(shape);
        _first = _prototypes.Parameters.Count;
        Parameters =
        [
            .. _prototypes.Parameters,
            ParameterSpec.Constant(LogScale, 0) with { IsTrained = false },
            new ParameterSpec(Transform, [_dimension, _dimension], _ => MatrixAlgebra.Identity<float>(_dimension)) { IsTrained = false }, // T
            ParameterSpec.Constant(Ratios, 1, _dimension) with { IsTrained = false }, // λ
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; }

    bool IMomentAdapter.NeedsProducts => false;

    /// <inheritdoc/>
    public AdaptedTasks Adapt(AdaptationInput input)
    {
        if (input.IsTraining)
            return _prototypes.Adapt(input);

        Tensor members = input.Support.OneHot(input.OutputCount) * input.Support.Weights.unsqueeze(-1); // [tasks, rows, classes]
        Tensor counts = members.sum(1L).unsqueeze(-1); // [tasks, classes, 1]
        Tensor present = counts.IsAbove(0).to(counts.dtype), classes = present.sum(1L, true).ClampMin(1); // [tasks, 1, 1]
        Tensor prototypes = members.transpose(1, 2).bmm(input.EmbedSupport()) / counts.ClampMin(1e-12); // [tasks, classes, embedding]
        Tensor centre = (prototypes * present).sum(1L, true) / classes; // [tasks, 1, embedding]
        Tensor transform = input.AdapterParameters[Transform].unsqueeze(0).expand(counts.shape[0], _dimension, _dimension), ratios = input.AdapterParameters[Ratios].reshape(1, 1, _dimension);
        Tensor expected = ((prototypes - centre) * present).bmm(transform); // aₖ x̄ₖ in three steps
        expected = expected * (counts * ratios) / (counts * ratios).Plus(1);
        Tensor variance = (ratios / (counts.sum(1L, true) / classes * ratios).Plus(1)).Plus(1); // [tasks, 1, embedding]
        Tensor scaled = expected / variance * input.AdapterParameters[LogScale].exp();
        Tensor weights = scaled.bmm(transform.transpose(1, 2)); // [tasks, classes, embedding]
        Tensor bias = -(scaled * expected).sum(-1L).Times(0.5) - (weights * centre).sum(-1L); // [tasks, classes]
        return new AdaptedTasks(input.EncoderParameters, weights.transpose(1, 2), bias);
    }

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support) => Adapt(parameters, TaskMoments.Of(LabelKind.Multiclass, support, hasProducts: false), [], null);

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, TaskMoments moments, IReadOnlyList<float> covariates, TaskPrior? prior)
    {
        double[][] sums = [.. moments.Sums.Where(sum => sum[_dimension] > 0)];
        double rows = sums.Sum(sum => sum[_dimension]) / Math.Max(1, sums.Length);
        var centre = new double[_dimension];
        foreach (double[] sum in sums)
            MatrixAlgebra.AddScaled(sum.AsSpan(0, _dimension), 1 / sum[_dimension] / sums.Length, centre);

        double scale = Math.Exp(parameters[_first][0]);
        float[] transform = parameters[_first + 1], ratios = parameters[_first + 2], difference = new float[_dimension], expected = new float[_dimension], scaled = new float[_dimension];
        int classes = moments.Sums.Length;
        var weights = new float[classes * _dimension];
        var bias = new float[classes];
        for (int k = 0; k < classes; k++)
        {
            double count = moments.Sums[k][_dimension];
            if (count <= 0)
                continue;
            Array.Clear(expected);
            for (int j = 0; j < _dimension; j++)
                difference[j] = (float)(moments.Sums[k][j] / count - centre[j]);
            for (int j = 0; j < _dimension; j++)
                TensorPrimitives.MultiplyAdd(transform.AsSpan(j * _dimension, _dimension), difference[j], expected, expected);
            for (int i = 0; i < _dimension; i++)
            {
                expected[i] = (float)(expected[i] * count * ratios[i] / (count * ratios[i] + 1));
                scaled[i] = (float)(scale * expected[i] / (1 + ratios[i] / (rows * ratios[i] + 1)));
            }

            Span<float> weight = weights.AsSpan(k * _dimension, _dimension);
            double atCentre = 0;
            for (int j = 0; j < _dimension; j++)
            {
                weight[j] = TensorPrimitives.Dot(transform.AsSpan(j * _dimension, _dimension), scaled);
                atCentre += weight[j] * centre[j];
            }

            bias[k] = (float)(-0.5 * TensorPrimitives.Dot<float>(scaled, expected) - atCentre);
        }

        return new LinearHead(weights, bias);
    }

    /// <inheritdoc/>
    public void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks)
    {
        var covariances = new ClassCovariances(_dimension);
        foreach (EmbeddedTask task in trainingTasks)
            covariances.Add(task);
        if (covariances.Diagonalize() is not { } found)
            return;
        found.Transform.CopyTo(parameters[_first + 1].Values, 0);
        found.Ratios.CopyTo(parameters[_first + 2].Values, 0);
        parameters[_first].Values[0] = 0;
        parameters[_first].Values[0] = (float)covariances.LogScale(episode => Adapt([.. parameters.Select(parameter => parameter.Values)], episode));
    }
}
