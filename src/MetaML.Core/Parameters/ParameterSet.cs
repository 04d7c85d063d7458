using static TorchSharp.torch;

namespace MetaML.Parameters;

/// <summary>Named tensors in a fixed order. Each is shared by all tasks, or has one value for each task along a leading dimension.</summary>
/// <remarks>The set does not own its tensors.</remarks>
public sealed class ParameterSet
{
    private readonly Dictionary<string, int> _indices = [];
    private readonly string[] _names;
    private readonly Tensor[] _tensors;

    /// <summary>Makes a set of these tensors under these names.</summary>
    /// <param name="parameters">Tensors with their names. Each name occurs once.</param>
    public ParameterSet(IEnumerable<(string Name, Tensor Tensor)> parameters)
    {
        var pairs = parameters.ToArray();
        _names = Array.ConvertAll(pairs, p => p.Name);
        _tensors = Array.ConvertAll(pairs, p => p.Tensor);
        for (int i = 0; i < pairs.Length; i++)
            _indices.Add(_names[i], i);
    }

    /// <summary>The names, in order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The tensors, in the order of <see cref="Names"/>.</summary>
    public IReadOnlyList<Tensor> Tensors => _tensors;

    /// <summary>The tensor of this name.</summary>
    /// <exception cref="KeyNotFoundException">No parameter has the name.</exception>
    public Tensor this[string name] => _tensors[_indices[name]];

    /// <summary>Whether there is a parameter of this name.</summary>
    public bool Contains(string name) => _indices.ContainsKey(name);

    /// <summary>The same names, each tensor replaced by the function's result.</summary>
    public ParameterSet Map(Func<string, Tensor, Tensor> replace) => new(_names.Select((name, i) => (name, replace(name, _tensors[i]))));

    /// <summary>Makes tensors of these values in the shapes of the specs. The current dispose scope owns them.</summary>
    /// <param name="specs">Names and shapes.</param>
    /// <param name="arrays">Values, in the order of <paramref name="specs"/>.</param>
    /// <param name="device">Where the tensors live.</param>
    /// <param name="dtype">Float32, or float64 to compare with exact computations.</param>
    /// <exception cref="ArgumentException">A name or the number of values does not match the spec.</exception>
    public static ParameterSet FromArrays(
        IReadOnlyList<ParameterSpec> specs, IReadOnlyList<ParameterArray> arrays, Device? device = null, ScalarType dtype = ScalarType.Float32)
    {
        CheckFit(specs, arrays);
        return new ParameterSet(specs.Select((spec, i) => (spec.Name, tensor(arrays[i].Values, spec.Shape, dtype: dtype, device: device))));
    }

    /// <summary>A copy of all values outside libtorch.</summary>
    public ParameterArray[] ToArrays()
    {
        using var scope = NewDisposeScope();
        return [.. _names.Select((name, i) => new ParameterArray(name, ToArray(_tensors[i])))];
    }

    internal static void CheckFit(IReadOnlyList<ParameterSpec> specs, IReadOnlyList<ParameterArray> arrays)
    {
        if (specs.Count != arrays.Count)
            throw new ArgumentException($"There must be {specs.Count} parameters; got {arrays.Count}.", nameof(arrays));
        for (int i = 0; i < specs.Count; i++)
        {
            if (arrays[i].Name != specs[i].Name || arrays[i].Values.Length != specs[i].Count)
            {
                throw new ArgumentException(
                    $"Parameter {i} must be '{specs[i].Name}' of {specs[i].Count} values; got '{arrays[i].Name}' of {arrays[i].Values.Length}.", nameof(arrays));
            }
        }
    }

    /// <summary>The tensor's values as single precision, row-major.</summary>
    internal static float[] ToArray(Tensor values)
    {
        using var scope = NewDisposeScope();
        return [.. values.detach().to(ScalarType.Float32).cpu().contiguous().data<float>()];
    }
}
