namespace MetaML.Graphs;

/// <summary>A parameter in a graph: the same for all rows, or for each row the value of its task.</summary>
internal sealed class GraphParameter
{
    private readonly OperatorGraph _graph;
    private readonly IReadOnlyList<float[]> _values;
    private readonly GraphTensor? _index;

    private GraphParameter(OperatorGraph graph, IReadOnlyList<float[]> values, GraphTensor? index)
    {
        _graph = graph;
        _values = values;
        _index = index;
    }

    /// <summary>A parameter that all tasks share.</summary>
    public static GraphParameter Shared(OperatorGraph graph, float[] values) => new(graph, [values], null);

    /// <summary>A parameter of each task.</summary>
    /// <param name="values">The values of each task, all of one length.</param>
    /// <param name="index">Int64 [rows]: the task of each row. A single one stands for all rows.</param>
    public static GraphParameter PerTask(IReadOnlyList<float[]> values, GraphTensor index) => new(index.Graph, values, index);

    /// <summary>The values that all tasks share; null if each task has its own.</summary>
    public float[]? SharedValues => _index is null ? _values[0] : null;

    /// <summary>The parameter as a tensor: [shape] if it is shared, else [rows, shape]. Both broadcast over rows.</summary>
    /// <param name="shape">The extents of one value.</param>
    public GraphTensor Shaped(params long[] shape) => _index is { } index
        ? _graph.Constant(_values.SelectMany(value => value), [_values.Count, .. shape]).Gather(index, 0)
        : _graph.Constant(_values[0], shape);
}
