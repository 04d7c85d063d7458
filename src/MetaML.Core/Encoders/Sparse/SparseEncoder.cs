using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Graphs;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders.Sparse;

/// <summary>x ↦ (S x̂, √β Vᵀx̂), x̂ = x / ‖x‖: S hashes features into buckets with random signs, and V are the directions that the heads of training tasks share.</summary>
/// <remarks>
/// <para>Inner products of S x̂ equal those of x̂ up to noise of about 1 / √buckets (feature hashing: Weinberger et al., 2009, arXiv
/// 0902.2206). A linear head can therefore use every feature of its task's rows, even one that no training task had. V are the
/// leading right singular vectors of the ridge heads of the training tasks, one head for each output (structural learning: Ando
/// and Zhang, A Framework for Learning Predictive Structures from Multiple Tasks and Unlabeled Data, JMLR 6, 2005). β is the
/// additional weight of the directions that separate classes of training tasks. A ridge or prototype head on the embedding has
/// the kernel x̂ᵀ(I + βVVᵀ)x̂'. Deviations: hashed features, and ridge heads instead of modified Huber losses.</para>
/// <para>A row costs O(its values · directions). Gradients train no parameters, because on texts they would overfit the rare words
/// of the training classes.</para>
/// </remarks>
internal sealed class SparseEncoder : IEncoder
{
    private const string Buckets = "places";
    private const string Signs = "signs";
    private const string Structure = "structure";

    private const double ShortestLength = 1e-12; // for a row without values, whose embedding is 0

    private readonly int _sketch;
    private readonly int _structure;

    /// <summary>Makes an encoder of rows with this number of features.</summary>
    /// <param name="featureCount">Number of features of a row.</param>
    /// <param name="options">The size of the embedding.</param>
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
            new ParameterSpec(Buckets, [featureCount], random => Draw(feature => isHashed ? random.Next(_sketch) : feature)) { IsTrained = false },
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
    public long MultiplicationsPerRow => 100L * EmbeddingDimension; // for rows with dozens of values, in tasks with dozens of rows

    /// <inheritdoc/>
    public Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null)
    {
        Tensor buckets = parameters[Buckets].to(ScalarType.Int64), signs = parameters[Signs].to(features.dtype);
        Tensor sketch; // [tasks, rows, buckets]
        Tensor unit; // x̂, like the features
        if (features.is_sparse)
        {
            long tasks = features.shape[0], rows = features.shape[1];
            Tensor coordinates = features.SparseIndices, column = coordinates[2], values = features.SparseValues;
            Tensor squares = SparseRows.Matrix(features, column, values.Squared(), signs.shape[0]).mm(signs.new_ones(signs.shape[0], 1, dtype: values.dtype)); // [tasks · rows, 1]
            Tensor length = squares.squeeze(1).sqrt().ClampMin(ShortestLength).reshape(tasks, rows);
            values = values / length.index([TensorIndex.Tensor(coordinates[0]), TensorIndex.Tensor(coordinates[1])]);
            unit = sparse_coo_tensor(coordinates, values, features.shape);
            sketch = SparseRows.Matrix(unit, buckets.index_select(0, column), values * signs.index_select(0, column), _sketch).to_dense().reshape(tasks, rows, _sketch);
        }
        else
        {
            unit = features / features.Squared().sum(-1L, keepdim: true).sqrt().ClampMin(ShortestLength);
            sketch = unit.new_zeros(unit.shape[0], unit.shape[1], _sketch, dtype: unit.dtype).PlusAt(2, buckets, unit * signs);
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

    /// <inheritdoc/>
    GraphTensor IEncoder.Embed(IReadOnlyList<GraphParameter> parameters, GraphTensor rows)
    {
        float[] buckets = parameters[0].SharedValues!, signs = parameters[1].SharedValues!; // no adapter changes them
        GraphTensor sketch = Sketch(rows * rows.Graph.Constant(signs, FeatureCount), buckets);
        GraphTensor embedding = _structure > 0 ? rows.Graph.Join(sketch, rows.MatMul(parameters[2].Shaped(FeatureCount, _structure))) : sketch;
        return embedding / rows.SumOfSquares().Apply("Sqrt").Apply("Max", rows.Graph.Constant((float)ShortestLength));
    }

    // The sum of the features of each bucket. The list of each bucket ends with indices of a value that is 0.
    private GraphTensor Sketch(GraphTensor rows, float[] buckets)
    {
        if (FeatureCount <= _sketch)
            return rows;
        ILookup<int, long> features = Enumerable.Range(0, FeatureCount).ToLookup(feature => (int)buckets[feature], feature => (long)feature);
        int largest = features.Max(bucket => bucket.Count());
        IEnumerable<long> indices = Enumerable.Range(0, _sketch).SelectMany(bucket => features[bucket].Concat(Enumerable.Repeat((long)FeatureCount, largest - features[bucket].Count())));
        GraphTensor zero = (rows - rows).Sum();
        return rows.Graph.Join(rows, zero).Gather(rows.Graph.Constant(indices, _sketch, largest), 1).Sum().Reshape(-1, _sketch);
    }

    private Tensor Project(Tensor features, Tensor structure) => features.is_sparse
        ? SparseRows.Multiply(features, structure)
        : features.reshape(-1, FeatureCount).mm(structure).reshape(features.shape[0], features.shape[1], _structure);
}
