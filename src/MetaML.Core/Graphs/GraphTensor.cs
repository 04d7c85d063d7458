namespace MetaML.Graphs;

/// <summary>A tensor of an <see cref="OperatorGraph"/>. Each operation adds an operator to the graph.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Name">The unique name of the tensor.</param>
internal readonly record struct GraphTensor(OperatorGraph Graph, string Name)
{
    public static GraphTensor operator +(GraphTensor a, GraphTensor b) => a.Apply("Add", b);

    public static GraphTensor operator -(GraphTensor a, GraphTensor b) => a.Apply("Sub", b);

    public static GraphTensor operator *(GraphTensor a, GraphTensor b) => a.Apply("Mul", b);

    public static GraphTensor operator /(GraphTensor a, GraphTensor b) => a.Apply("Div", b);

    public static GraphTensor operator +(GraphTensor a, float b) => a + a.Graph.Constant(b);

    public static GraphTensor operator *(GraphTensor a, float b) => a * a.Graph.Constant(b);

    /// <summary>Applies an operator without attributes to this tensor and others.</summary>
    public GraphTensor Apply(string operation, params GraphTensor[] others) => Graph.Apply(operation, [this, .. others]);

    /// <summary>The matrix product, of each matrix of a batch.</summary>
    public GraphTensor MatMul(GraphTensor other) => Apply("MatMul", other);

    /// <summary>The same values in another shape. −1 stands for the one extent that follows from the others.</summary>
    public GraphTensor Reshape(params long[] shape) => Apply("Reshape", Graph.List(shape));

    /// <summary>The tensor with its dimensions in another order.</summary>
    public GraphTensor Transpose(params long[] order) => Graph.Apply("Transpose", [this], ("perm", order));

    /// <summary>The sum along the last dimension, which remains with extent 1.</summary>
    public GraphTensor Sum() => Reduce("ReduceSum");

    /// <summary>The sum of squares along the last dimension, which remains with extent 1.</summary>
    public GraphTensor SumOfSquares() => Reduce("ReduceSumSquare");

    /// <summary>The values at these indices of a dimension.</summary>
    /// <param name="indices">Int64.</param>
    /// <param name="axis">The dimension; negative ones count from the last.</param>
    public GraphTensor Gather(GraphTensor indices, long axis) => Graph.Apply("Gather", [this, indices], ("axis", axis));

    /// <summary>Mean 0 and variance 1 along the last dimension: (x − mean) / √(variance + ε).</summary>
    public GraphTensor Normalize(float epsilon)
    {
        GraphTensor centred = this - Reduce("ReduceMean");
        return centred / ((centred * centred).Reduce("ReduceMean") + epsilon).Apply("Sqrt");
    }

    /// <summary>The values in double precision.</summary>
    public GraphTensor ToDouble() => Graph.Apply("Cast", [this], ("to", 11L));

    /// <summary>The values in single precision.</summary>
    public GraphTensor ToSingle() => Graph.Apply("Cast", [this], ("to", 1L));

    private GraphTensor Reduce(string operation) => Graph.Apply(operation, [this], ("axes", new[] { -1L }), ("keepdims", 1L));
}
