using MetaML.Graphs;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Interop;

/// <summary>Adds operators to the graph that ML.NET's ConvertToOnnx writes.</summary>
internal sealed class OnnxGraph : OperatorGraph
{
    private const string Prefix = "MetaML."; // ML.NET treats each tensor as a column of this name, which must be no column of the data
    private const int LowestOperatorSet = 11;
    private const long MaximumBytes = int.MaxValue - (1 << 20); // of a protobuf message, with space for the operators

    private readonly OnnxContext _context;
    private long _bytes;

    /// <exception cref="ArgumentOutOfRangeException">The operator set that the user asked for lacks some operators.</exception>
    public OnnxGraph(OnnxContext context)
    {
        _context = context;
        context.CheckOpSetVersion(LowestOperatorSet, nameof(MetaML));
    }

    /// <summary>The tensor of a column of the data.</summary>
    /// <exception cref="InvalidOperationException">An earlier step that makes the column has not been exported.</exception>
    public GraphTensor Column(string name) => _context.ContainsColumn(name)
        ? new GraphTensor(this, _context.GetVariableName(name))
        : throw new InvalidOperationException($"Column '{name}' must be an input, or an output of steps that can be exported to ONNX; got a column of another step. Its values cannot be computed in ONNX. Export the steps after it alone, with rows that have this column.");

    /// <summary>Makes a tensor a column of the data.</summary>
    /// <param name="tensor">[rows, 1] for a scalar, [rows, slots] for a vector.</param>
    /// <param name="name">The column.</param>
    /// <param name="type">Its type. Numbers are converted to it.</param>
    public void AddColumn(GraphTensor tensor, string name, DataViewType type)
    {
        string output = _context.AddIntermediateVariable(type, name);
        bool isKey = type is KeyDataViewType;
        OnnxNode node = _context.CreateNode(isKey ? "Cast" : "Identity", tensor.Name, output, _context.GetNodeName(Prefix + "Output"), "");
        if (isKey)
            node.AddAttribute("to", type.RawType);
    }

    /// <summary>Adds the operators of a model. The columns of the data stay as they are.</summary>
    /// <param name="env">The environment of the caller.</param>
    /// <param name="model">The model.</param>
    /// <param name="input">The columns of its input.</param>
    /// <param name="column">The output column whose tensor is returned.</param>
    /// <exception cref="NotSupportedException">ML.NET cannot export a step of the model.</exception>
    public GraphTensor Apply(IHostEnvironment env, ITransformer model, DataViewSchema input, string column)
    {
        var steps = new Stack<ITransformCanSaveOnnx>();
        for (IDataView view = model.Transform(RowViews.Empty(env, input)); view is IDataTransform step; view = step.Source)
        {
            steps.Push(step is ITransformCanSaveOnnx exported && exported.CanSaveOnnx(_context)
                ? exported
                : throw new NotSupportedException($"Each step of a model that is exported to ONNX must be one that ML.NET can export; got {step.GetType().Name}. Its columns cannot be computed in ONNX. Use another trainer, or save the model by ml.Model.Save."));
        }

        Dictionary<string, GraphTensor> before = input.Select(each => each.Name).Distinct().Where(_context.ContainsColumn).ToDictionary(name => name, Column);
        string[] names = [.. model.GetOutputSchema(input).Select(each => each.Name).Distinct()];
        foreach (ITransformCanSaveOnnx step in steps)
            step.SaveAsOnnx(_context);
        GraphTensor output = Column(column);
        foreach (string name in names.Where(_context.ContainsColumn))
        {
            if (!before.TryGetValue(name, out GraphTensor old))
                _context.RemoveColumn(name);
            else if (Column(name) != old)
                AddColumn(old, name, input[name].Type);
        }

        return output;
    }

    /// <inheritdoc/>
    public override GraphTensor Constant(IEnumerable<float> values, params long[] shape)
    {
        Count(sizeof(float), shape);
        return new GraphTensor(this, _context.AddInitializer(values, shape, Prefix + "Constant"));
    }

    /// <inheritdoc/>
    public override GraphTensor Constant(IEnumerable<long> values, params long[] shape)
    {
        Count(sizeof(long), shape);
        return new GraphTensor(this, _context.AddInitializer(values, shape, Prefix + "Indices"));
    }

    /// <inheritdoc/>
    public override GraphTensor Apply(string operation, IEnumerable<GraphTensor> inputs, params (string Name, object Value)[] attributes)
    {
        string output = _context.AddIntermediateVariable(null, Prefix + operation, skip: true);
        OnnxNode node = _context.CreateNode(operation, inputs.Select(input => input.Name), [output], _context.GetNodeName(Prefix + operation), operation == "LabelEncoder" ? "ai.onnx.ml" : "");
        foreach (var (name, value) in attributes)
        {
            switch (value)
            {
                case long number:
                    node.AddAttribute(name, number);
                    break;
                case long[] numbers:
                    node.AddAttribute(name, numbers);
                    break;
                case string[] texts:
                    node.AddAttribute(name, texts.AsEnumerable());
                    break;
                case Type type:
                    node.AddAttribute(name, type);
                    break;
                default:
                    throw new ArgumentException($"Attribute '{name}' of {operation} must be a long, long[], string[] or Type; got {value.GetType().Name}.", nameof(attributes));
            }
        }

        return new GraphTensor(this, output);
    }

    private void Count(int size, long[] shape)
    {
        _bytes = checked(_bytes + shape.Aggregate((long)size, (product, extent) => checked(product * extent)));
        if (_bytes > MaximumBytes)
            throw new InvalidOperationException($"The constants of an ONNX file must have at most {MaximumBytes} bytes; got {_bytes} or more. The model has too many tasks, outputs or parameters for one file. Export some tasks at a time: MetaLearning().RemoveTask removes tasks, and SelectTask returns the model of one.");
    }
}
