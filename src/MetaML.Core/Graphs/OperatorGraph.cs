namespace MetaML.Graphs;

/// <summary>A graph of tensor operators that an exporter writes to a file. Operators and attributes are those of ONNX, operator sets 11 and 12.</summary>
internal abstract class OperatorGraph
{
    /// <summary>Adds a constant of Single.</summary>
    /// <param name="values">Row-major, as many as the shape holds.</param>
    /// <param name="shape">The extents, at least one.</param>
    public abstract GraphTensor Constant(IEnumerable<float> values, params long[] shape);

    /// <summary>Adds a constant of Int64.</summary>
    /// <param name="values">Row-major, as many as the shape holds.</param>
    /// <param name="shape">The extents, at least one.</param>
    public abstract GraphTensor Constant(IEnumerable<long> values, params long[] shape);

    /// <summary>Adds an operator with one result.</summary>
    /// <param name="operation">The name of the operator.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="attributes">Its attributes: long, long[], float, or string[].</param>
    /// <exception cref="ArgumentException">An attribute is of another type.</exception>
    public abstract GraphTensor Apply(string operation, IEnumerable<GraphTensor> inputs, params (string Name, object Value)[] attributes);

    /// <summary>Adds a number as a tensor of one element.</summary>
    public GraphTensor Constant(float value) => Constant([value], 1);

    /// <summary>Adds a list of Int64.</summary>
    public GraphTensor List(params long[] values) => Constant(values, values.Length);

    /// <summary>Joins tensors along their last dimension.</summary>
    public GraphTensor Join(params GraphTensor[] tensors) => Apply("Concat", tensors, ("axis", -1L));
}
