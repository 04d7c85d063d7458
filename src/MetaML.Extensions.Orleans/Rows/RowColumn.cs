using Microsoft.ML.Data;

namespace MetaML;

/// <summary>A column of rows that are sent to a grain, or that a grain returns. Immutable.</summary>
/// <remarks>The types of ML.NET that can be sent are Single, Double, Int32, Int64, Boolean, String, and vector of Single of known size.</remarks>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.RowColumn")]
public sealed class RowColumn
{
    [Id(0)]
    private readonly string _name;

    // The size of a vector; 0 for a scalar.
    [Id(1)]
    private readonly int _size;

    // Exactly one of the following is set in a valid column.
    [Id(2)]
    private readonly float[]? _singles;

    [Id(3)]
    private readonly double[]? _doubles;

    [Id(4)]
    private readonly int[]? _integers;

    [Id(5)]
    private readonly long[]? _longs;

    [Id(6)]
    private readonly bool[]? _booleans;

    [Id(7)]
    private readonly string[]? _texts;

    private RowColumn(string name, Array values, int size = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);
        _name = name;
        _size = size;
        _singles = values as float[];
        _doubles = values as double[];
        _integers = values as int[];
        _longs = values as long[];
        _booleans = values as bool[];
        _texts = values as string[];
    }

    /// <summary>A column of Single.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="values">[rows]. Do not change them later.</param>
    public RowColumn(string name, float[] values)
        : this(name, (Array)values)
    {
    }

    /// <summary>A column of vectors of Single.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="values">[rows, size], row by row. Do not change them later.</param>
    /// <param name="size">Number of values of each row; at least 1.</param>
    /// <exception cref="ArgumentException">The number of values is not a multiple of the size.</exception>
    public RowColumn(string name, float[] values, int size)
        : this(name, (Array)values, size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        if (values.Length % size != 0)
            throw new ArgumentException($"The number of values of column '{name}' must be a multiple of {size}, the size of its vectors; got {values.Length}.", nameof(values));
    }

    /// <summary>A column of Double.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="values">[rows]. Do not change them later.</param>
    public RowColumn(string name, double[] values)
        : this(name, (Array)values)
    {
    }

    /// <summary>A column of Int32.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="values">[rows]. Do not change them later.</param>
    public RowColumn(string name, int[] values)
        : this(name, (Array)values)
    {
    }

    /// <summary>A column of Int64.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="values">[rows]. Do not change them later.</param>
    public RowColumn(string name, long[] values)
        : this(name, (Array)values)
    {
    }

    /// <summary>A column of Boolean.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="values">[rows]. Do not change them later.</param>
    public RowColumn(string name, bool[] values)
        : this(name, (Array)values)
    {
    }

    /// <summary>A column of text.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="values">[rows]. Do not change them later.</param>
    public RowColumn(string name, string[] values)
        : this(name, (Array)values)
    {
    }

    /// <summary>The name of the column.</summary>
    public string Name => _name ?? "";

    /// <summary>Number of rows.</summary>
    public int Count => Values is not { } values ? 0 : _size > 0 ? values.Length / _size : values.Length;

    /// <summary>The type of the column in ML.NET.</summary>
    /// <exception cref="InvalidDataException">The bytes that the column was read from are damaged.</exception>
    internal DataViewType Type => Values switch
    {
        float[] => _size > 0 ? new VectorDataViewType(NumberDataViewType.Single, _size) : NumberDataViewType.Single,
        double[] => NumberDataViewType.Double,
        int[] => NumberDataViewType.Int32,
        long[] => NumberDataViewType.Int64,
        bool[] => BooleanDataViewType.Instance,
        string[] => TextDataViewType.Instance,
        _ => throw new InvalidDataException($"Column '{Name}' must have values; got none. Its bytes are damaged."),
    };

    /// <summary>The size of vectors; 0 for scalars.</summary>
    internal int Size => _size;

    /// <summary>The array of values.</summary>
    internal Array? Values => (Array?)_singles ?? (Array?)_doubles ?? (Array?)_integers ?? (Array?)_longs ?? (Array?)_booleans ?? _texts;

    /// <summary>An estimate of the memory of the column, in bytes.</summary>
    internal long ByteCount => 2L * Name.Length + Values switch
    {
        string[] texts => texts.Sum(text => 24L + 2L * (text?.Length ?? 0)),
        double[] or long[] => 8L * Values.Length,
        bool[] flags => flags.Length,
        { } others => 4L * others.Length,
        null => 0,
    };

    /// <summary>Whether the column is of a whole number of rows, and its texts are set.</summary>
    internal bool IsWhole => Values is { } values && _size >= 0 && (_size == 0 || (values is float[] && values.Length % _size == 0)) && (_texts is null || !Array.Exists(_texts, text => text is null));

    /// <summary>The values, of the type that the column has.</summary>
    /// <typeparam name="T">float (also for vectors), double, int, long, bool or string.</typeparam>
    /// <returns>[rows], or [rows, size] for vectors. Do not change them.</returns>
    /// <exception cref="InvalidOperationException">The column has another type.</exception>
    public T[] Get<T>() => Values as T[] ?? throw new InvalidOperationException($"Column '{Name}' must be read as {Type}; got {typeof(T).Name}.");

    internal static RowColumn Of(string name, Array values, int size = 0) => new(name, values, size);
}
