using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Graphs;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders.Kernel;

/// <summary>x ↦ (b x, √a L⁻¹k(x)): k are the kernels with the landmarks, LLᵀ is the matrix of kernels between landmarks.</summary>
/// <remarks>
/// Inner products of the second part are the Nyström approximation of a · kernel(x, x′). The factors a and b are variances of the Gaussian process,
/// so that under it all weights of a head have the variance 1. Kernels are computed in double precision, since L⁻¹ amplifies their rounding errors.
/// </remarks>
internal sealed class KernelEncoder : IEncoder
{
    private const string Slope = "slope"; // b
    private const string Scales = "scales"; // 1 / ℓ
    private const string Landmarks = "landmarks"; // divided by ℓ
    private const string Whitening = "whitening"; // √a L⁻¹; rows of zeros if there are fewer landmarks

    private const int LargestOnStack = 1024; // doubles

    private readonly int _landmarks;

    /// <param name="featureCount">Number of features of a row.</param>
    /// <param name="landmarks">Number of landmarks.</param>
    public KernelEncoder(int featureCount, int landmarks)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(featureCount);
        FeatureCount = featureCount;
        _landmarks = landmarks;
        Parameters =
        [
            ParameterSpec.Constant(Slope, 1, 1) with { IsTrained = false },
            ParameterSpec.Constant(Scales, 1, featureCount) with { IsTrained = false },
            ParameterSpec.Constant(Landmarks, 0, landmarks, featureCount) with { IsTrained = false },
            ParameterSpec.Constant(Whitening, 0, landmarks, landmarks) with { IsTrained = false },
        ];
    }

    /// <inheritdoc/>
    public int FeatureCount { get; }

    /// <inheritdoc/>
    public int EmbeddingDimension => FeatureCount + _landmarks;

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>Fits the kernel to the training tasks.</summary>
    /// <param name="values">Receives the parameters.</param>
    /// <param name="problems">Training tasks on one store of dense features.</param>
    /// <param name="scaling">The scaling of features before the encoder; null for none.</param>
    /// <param name="landmarks">The number of landmarks.</param>
    /// <param name="random">The only source of randomness.</param>
    /// <param name="endsNow">Whether the search for length scales must end with the best so far, asked before each step; null for never.</param>
    public static void Fit(IReadOnlyList<ParameterArray> values, TaskSet[] problems, FeatureScaling? scaling, int landmarks, Random random, Func<bool>? endsNow = null)
    {
        var sample = KernelSample.Draw(problems, scaling, random);
        KernelVariances kernel = new KernelLikelihood(sample).Maximize(endsNow);
        float[] scales = Array.ConvertAll(kernel.Precisions, precision => (float)Math.Sqrt(precision));
        var (rows, whitening) = NystromLandmarks.Choose(sample.Rows, scales, landmarks, random);
        values[0].Values[0] = (float)Math.Sqrt(kernel.Linear / scales.Length);
        scales.CopyTo(values[1].Values, 0);
        rows.CopyTo(values[2].Values, 0);
        TensorPrimitives.Multiply(whitening, (float)Math.Sqrt(kernel.Smooth), values[3].Values);
    }

    /// <inheritdoc/>
    public Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null)
    {
        Tensor landmarks = parameters[Landmarks], rows = features.reshape(-1, FeatureCount), scaled = rows * parameters[Scales];
        Tensor squares = scaled.Squared().sum(-1L, keepdim: true).Plus(landmarks.Squared().sum(-1L)).Add(scaled.mm(landmarks.transpose(0, 1)), -2);
        Tensor smooth = squares.ClampMin(0).Times(-0.5).exp().mm(parameters[Whitening].transpose(0, 1));
        return cat([rows * parameters[Slope], smooth], -1).reshape(features.shape[0], features.shape[1], EmbeddingDimension);
    }

    /// <inheritdoc/>
    public ParameterSet SelectColumns(ParameterSet parameters, Tensor columns) =>
        throw new NotSupportedException("The kernel encoder needs dense features; got sparse ones. Use the MLP or the sparse encoder, or reduce the features in the pipeline.");

    /// <inheritdoc/>
    public void Embed(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> embedding)
    {
        Span<float> linear = embedding[..FeatureCount], smooth = embedding[FeatureCount..];
        row.CopyTo(linear);
        int longest = Math.Max(FeatureCount, _landmarks), size = FeatureCount + _landmarks + longest;
        Span<double> buffer = size <= LargestOnStack ? stackalloc double[size] : new double[size];
        Span<double> scaled = buffer[..FeatureCount], kernels = buffer.Slice(FeatureCount, _landmarks), wide = buffer[^longest..];
        for (int j = 0; j < FeatureCount; j++)
            scaled[j] = (double)linear[j] * parameters[1][j];
        TensorPrimitives.Multiply(linear, parameters[0][0], linear);
        for (int i = 0; i < _landmarks; i++)
        {
            double distance = TensorPrimitives.Distance<double>(scaled, Widen(parameters[2].AsSpan(i * FeatureCount, FeatureCount), wide));
            kernels[i] = -0.5 * distance * distance;
        }

        TensorPrimitives.Exp(kernels, kernels);
        for (int i = 0; i < _landmarks; i++)
            smooth[i] = (float)TensorPrimitives.Dot<double>(Widen(parameters[3].AsSpan(i * _landmarks, _landmarks), wide), kernels);
    }

    /// <inheritdoc/>
    GraphTensor IEncoder.Embed(IReadOnlyList<GraphParameter> parameters, GraphTensor rows)
    {
        GraphTensor scaled = (rows.ToDouble() * parameters[1].Shaped(FeatureCount).ToDouble()).Reshape(-1, 1, FeatureCount);
        GraphTensor squares = (scaled - parameters[2].Shaped(_landmarks, FeatureCount).ToDouble()).SumOfSquares().Reshape(-1, _landmarks);
        GraphTensor kernels = (squares * rows.Graph.Constant(-0.5f).ToDouble()).Apply("Exp");
        return rows.Graph.Join(rows * parameters[0].Shaped(1), kernels.MatMul(parameters[3].Shaped(_landmarks, _landmarks).Transpose(1, 0).ToDouble()).ToSingle());
    }

    private static ReadOnlySpan<double> Widen(ReadOnlySpan<float> values, Span<double> wide)
    {
        TensorPrimitives.ConvertTruncating(values, wide);
        return wide[..values.Length];
    }
}
