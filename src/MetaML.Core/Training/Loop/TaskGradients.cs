using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>The gradients of the losses of several tasks by the encoder's parameters, from one backward pass. Each task is adapted and scored with its own copy of the parameters.</summary>
/// <remarks>
/// The copies are views of the shared values, so that a later backward pass still reaches the shared values. If tasks of a step share
/// statistics (pooled prototypes), the gradient of a task is that of all losses by the copy of the task. Tensors belong to the
/// dispose scope in which they are created.
/// </remarks>
internal sealed class TaskGradients
{
    private readonly IReadOnlyList<ParameterSpec> _specs;
    private readonly HashSet<string> _copied;
    private readonly long _tasks;
    private readonly long[]? _columns;
    private ParameterSet? _copies;

    /// <param name="specs">The encoder's parameters.</param>
    /// <param name="tasks">Number of tasks.</param>
    /// <param name="columns">The given columns of sparse features; null if all are given.</param>
    /// <param name="lastLayer">Whether to use only the last layer of the encoder.</param>
    public TaskGradients(IReadOnlyList<ParameterSpec> specs, long tasks, Tensor? columns, bool lastLayer)
    {
        _specs = specs;
        _tasks = tasks;
        _columns = columns is null ? null : [.. columns.cpu().data<long>()];

        // The first parameter of a layer is its weights. The others have one number for each unit.
        int first = lastLayer ? Enumerable.Range(0, specs.Count).Last(i => specs[i].Shape.Length > 1) : 0;
        _copied = [.. specs.Skip(first).Select(spec => spec.Name)];
    }

    /// <summary>The parameters with a copy for each task, for the forward pass.</summary>
    /// <param name="shared">The encoder's parameters; of sparse features, those of the columns.</param>
    public ParameterSet Copy(ParameterSet shared)
    {
        var specs = _specs.ToDictionary(spec => spec.Name);
        return _copies = shared.Map((name, value) => _copied.Contains(name) ? specs[name].PerTask(value, _tasks) : value);
    }

    /// <summary>The copies that the backward pass differentiates by.</summary>
    public IEnumerable<Tensor> Copies => _copies!.Names.Zip(_copies.Tensors).Where(pair => _copied.Contains(pair.First)).Select(pair => pair.Second);

    /// <summary>One backward pass for the tasks of several batches.</summary>
    /// <param name="losses">Float [tasks]; the graph is kept.</param>
    /// <param name="parts">The gradients of each batch.</param>
    public static void Backward(Tensor losses, IEnumerable<TaskGradients> parts) =>
        autograd.backward([losses.sum(0L)], retain_graph: true, inputs: [.. parts.SelectMany(part => part.Copies)]);

    /// <summary>gᵢ · gⱼ of all tasks of all parts, in their order.</summary>
    /// <returns>[tasks, tasks].</returns>
    public static double[,] Products(IReadOnlyList<TaskGradients> parts)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        long[]? columns = parts[0]._columns is null ? null : [.. parts.SelectMany(part => part._columns!).Distinct().Order()];
        Tensor? sum = null;
        foreach (ParameterSpec spec in parts[0]._specs.Where(spec => parts[0]._copied.Contains(spec.Name)))
        {
            Tensor all = cat([.. parts.Select(part => part.Of(spec, columns))], 0); // [tasks, values]
            Tensor products = all.mm(all.t());
            sum = sum is null ? products : sum.Plus(products);
        }

        int tasks = (int)sum!.shape[0];
        var result = new double[tasks, tasks];
        double[] values = [.. sum.to(ScalarType.Float64).cpu().contiguous().data<double>()];
        Buffer.BlockCopy(values, 0, result, 0, values.Length * sizeof(double));
        return result;
    }

    /// <summary>The gradients by one parameter.</summary>
    /// <param name="spec">Which parameter.</param>
    /// <param name="columns">The wanted columns of sparse features, ascending, including all given columns.</param>
    /// <returns>Float [tasks, values].</returns>
    public Tensor Of(ParameterSpec spec, long[]? columns)
    {
        Tensor copy = _copies![spec.Name];
        Tensor gradient = copy.grad ?? zeros_like(copy);
        if (columns is not null && copy.shape[1] != spec.Shape[0])
        {
            Tensor indices = tensor(Array.ConvertAll(_columns!, column => (long)Array.BinarySearch(columns, column)), device: copy.device);
            Tensor all = zeros([copy.shape[0], columns.Length, .. copy.shape[2..]], dtype: copy.dtype, device: copy.device);
            gradient = all.index_copy(1, indices, gradient);
        }

        return gradient.reshape(_tasks, -1);
    }
}
