using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders.Sparse;

/// <summary>x ↦ (S x̂, √β Vᵀx̂), x̂ = x / ‖x‖: S adds features up in fewer places with random signs, V are directions that the training tasks' heads have in common.</summary>
/// <remarks>
/// <para>Inner products of S x̂ are those of x̂ but for noise of about 1 / √places (feature hashing: Weinberger et al., 2009, arXiv
/// 0902.2206), so that a linear head on it learns from any feature that its task's rows have, also from one that no training
/// task had. V are the leading right singular vectors of the training tasks' ridge heads, one for each output (structural
/// learning: Ando and Zhang, A Framework for Learning Predictive Structures from Multiple Tasks and Unlabeled Data, JMLR 6,
/// 2005): β makes what has told classes apart before count for more. A ridge or prototype head on the embedding is one with
/// the kernel x̂ᵀ(I + βVVᵀ)x̂'. Deviations: hashed features, and ridge heads in place of modified Huber losses.</para>
/// <para>A row costs O(its values · directions). Nothing is trained by gradients: on texts, weights so trained learn the
/// training classes' rare words by heart.</para>
/// </remarks>
internal sealed class SparseEncoder : IEncoder
{
    private const string Places = "places";
    private const string Signs = "signs";
    private const string Structure = "structure";

    private const double ShortestLength = 1e-12; // of a row without values, which stays 0

    private readonly int _sketch;
    private readonly int _structure;

    /// <summary>An encoder of rows with this many features.</summary>
    /// <param name="featureCount">Number of features of a row.</param>
    /// <param name="options">Its size.</param>
    public SparseEncoder(int featureCount, SparseEncoderOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(featureCount);
        FeatureCount = featureCount;
        _sketch = Math.Min(options.SketchDimension, featureCount);
        _structure = options.StructureDimension;
        bool isHashed = featureCount > _sketch;
        float[] Draw(Func<int, float> value) => [.. Enumerable.Range(0, featureCount).Select(value)];
        Parameters =
        [
            new ParameterSpec(Places, [featureCount], random => Draw(feature => isHashed ? random.Next(_sketch) : feature)) { IsTrained = false },
            new ParameterSpec(Signs, [featureCount], random => Draw(_ => isHashed && random.Next(2) == 0 ? -1 : 1)) { IsTrained = false },
        ];
        if (_structure > 0)
            Parameters = [.. Parameters, ParameterSpec.Constant(Structure, 0, featureCount, _structure) with { IsTrained = false }];
    }

    /// <inheritdoc/>
    public int FeatureCount { get; }

    /// <inheritdoc/>
    public int EmbeddingDimension => _sketch + _structure;

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <inheritdoc/>
    public long MultiplicationsPerRow => 100L * EmbeddingDimension; // a row has dozens of values, and meets dozens of its task's rows

    /// <inheritdoc/>
    public Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null)
    {
        Tensor places = parameters[Places].to(ScalarType.Int64), signs = parameters[Signs].to(features.dtype);
        Tensor sketch; // [tasks, rows, places]
        Tensor unit; // x̂, like the features
        if (features.is_sparse)
        {
            long tasks = features.shape[0], rows = features.shape[1];
            Tensor coordinates = features.SparseIndices, column = coordinates[2], values = features.SparseValues;
            Tensor squares = SparseRows.Matrix(features, column, values.Squared(), signs.shape[0]).mm(signs.new_ones(signs.shape[0], 1, dtype: values.dtype)); // [tasks · rows, 1]
            Tensor length = squares.squeeze(1).sqrt().ClampMin(ShortestLength).reshape(tasks, rows);
            values = values / length.index([TensorIndex.Tensor(coordinates[0]), TensorIndex.Tensor(coordinates[1])]);
            unit = sparse_coo_tensor(coordinates, values, features.shape);
            sketch = SparseRows.Matrix(unit, places.index_select(0, column), values * signs.index_select(0, column), _sketch).to_dense().reshape(tasks, rows, _sketch);
        }
        else
        {
            unit = features / features.Squared().sum(-1L, keepdim: true).sqrt().ClampMin(ShortestLength);
            sketch = unit.new_zeros(unit.shape[0], unit.shape[1], _sketch, dtype: unit.dtype).PlusAt(2, places, unit * signs);
        }

        return _structure > 0 ? cat([sketch, Project(unit, parameters[Structure])], -1) : sketch;
    }

    /// <inheritdoc/>
    public ParameterSet SelectColumns(ParameterSet parameters, Tensor columns) => parameters.Map((_, value) => value.index_select(0, columns));

    /// <inheritdoc/>
    public void Embed(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> embedding)
    {
        embedding.Clear();
        Span<float> structure = embedding[_sketch..];
        double squares = 0;
        for (int i = 0; i < row.Values.Length; i++)
        {
            float value = row.Values[i];
            if (value == 0)
                continue;
            int feature = row.IsSparse ? row.Indices[i] : i;
            squares += (double)value * value;
            embedding[(int)parameters[0][feature]] += parameters[1][feature] * value;
            if (_structure > 0)
                TensorPrimitives.MultiplyAdd(parameters[2].AsSpan(feature * _structure, _structure), value, structure, structure);
        }

        TensorPrimitives.Divide(embedding, (float)Math.Max(Math.Sqrt(squares), ShortestLength), embedding);
    }

    private Tensor Project(Tensor features, Tensor structure) => features.is_sparse
        ? SparseRows.Multiply(features, structure)
        : features.reshape(-1, FeatureCount).mm(structure).reshape(features.shape[0], features.shape[1], _structure);
}
