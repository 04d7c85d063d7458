using MetaML.Extensions.Orleans.Rows;
using Microsoft.ML;

namespace MetaML;

/// <summary>Rows that are sent to a grain, or that a grain returns: columns with names and types. Immutable.</summary>
/// <remarks>
/// The columns are those of the input of the model, as in <c>ml.Data.LoadFromEnumerable</c>. The Task column may be absent, because the grain is that of one task.
/// Predict needs no label.
/// </remarks>
/// <example>
/// <code>
/// TaskRows rows = TaskRows.From([new Day { Price = 2, Demand = 30 }, new Day { Price = 3, Demand = 20 }]);
/// TaskRows same = new([new RowColumn("Price", [2f, 3f]), new RowColumn("Demand", [30f, 20f])]);
///
/// class Day
/// {
///     public float Price { get; set; }
///     public float Demand { get; set; }
/// }
/// </code>
/// </example>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.TaskRows")]
public sealed class TaskRows
{
    [Id(0)]
    private readonly RowColumn[] _columns;

    /// <summary>Creates rows from columns.</summary>
    /// <param name="columns">The columns, of one number of rows and with different names.</param>
    /// <exception cref="ArgumentException">The numbers of rows differ, or two columns have one name.</exception>
    public TaskRows(IEnumerable<RowColumn> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _columns = [.. columns];
        Check();
    }

    /// <summary>The columns.</summary>
    public IReadOnlyList<RowColumn> Columns => _columns ?? [];

    /// <summary>Number of rows.</summary>
    public int Count => Columns.Count == 0 ? 0 : Columns[0].Count;

    /// <summary>An estimate of the memory of the rows, in bytes.</summary>
    internal long ByteCount => Columns.Sum(column => column.ByteCount);

    /// <summary>A column.</summary>
    /// <param name="name">The name of the column.</param>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public RowColumn this[string name] => Columns.FirstOrDefault(column => column.Name == name)
        ?? throw new ArgumentException($"The column must be one of {string.Join(", ", Columns.Select(column => column.Name))}; got '{name}'.", nameof(name));

    /// <summary>Creates rows from objects. The members of an object are the columns, as in <c>ml.Data.LoadFromEnumerable</c>.</summary>
    /// <param name="rows">The objects.</param>
    /// <typeparam name="T">The type of the objects.</typeparam>
    /// <exception cref="NotSupportedException">A member has a type that cannot be sent.</exception>
    public static TaskRows From<T>(IEnumerable<T> rows)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(rows);
        return RowObjects<T>.Write([.. rows]);
    }

    /// <summary>Creates rows from a data view, with its visible columns.</summary>
    /// <param name="data">The data.</param>
    /// <exception cref="NotSupportedException">A column has a type that cannot be sent.</exception>
    public static TaskRows From(IDataView data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return RowsReader.Read(data, [.. data.Schema.Where(column => !column.IsHidden)]);
    }

    /// <summary>Creates objects whose members are columns. Members without a column keep their value, and columns without a member are left out.</summary>
    /// <typeparam name="T">The type of the objects.</typeparam>
    /// <exception cref="InvalidOperationException">A member and its column have different types.</exception>
    public T[] To<T>()
        where T : class, new() => RowObjects<T>.Read(this);

    /// <summary>Checks rows that come from another process.</summary>
    /// <exception cref="ArgumentException">The rows are damaged, the numbers of rows differ, or two columns have one name.</exception>
    internal void Check()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (RowColumn column in Columns)
        {
            if (column is not { IsWhole: true })
                throw new ArgumentException($"Each column must have values, and a whole number of rows; got '{column?.Name}'. Its bytes are damaged, or a text is null. Use \"\" for a missing text.");
            if (column.Count != Count)
                throw new ArgumentException($"All columns must have one number of rows; got {Count} in '{Columns[0].Name}' and {column.Count} in '{column.Name}'.");
            if (!names.Add(column.Name))
                throw new ArgumentException($"All columns must have different names; got '{column.Name}' twice. Leave one out.");
        }
    }
}
