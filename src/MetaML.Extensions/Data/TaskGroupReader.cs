using Microsoft.ML;

namespace MetaML.Extensions.Data;

/// <summary>Reads the columns of groups that tasks are in: text or key, the outermost first.</summary>
internal sealed class TaskGroupReader
{
    private readonly IReadOnlyList<string> _names;
    private readonly DataViewRow _row;
    private readonly Func<string?>[] _getters;

    /// <param name="row">The row or cursor.</param>
    /// <param name="names">The columns, of types that <see cref="ColumnNames"/> has checked.</param>
    public TaskGroupReader(DataViewRow row, IReadOnlyList<string> names)
    {
        (_row, _names) = (row, names);
        _getters = [.. names.Select(name => TaskNames.Getter(row, name))];
    }

    /// <summary>The groups of the current row; empty if one is missing.</summary>
    public string[] Read()
    {
        string?[] groups = Array.ConvertAll(_getters, get => get());
        return groups.Contains(null) ? [] : [.. groups.OfType<string>()];
    }

    /// <summary>The groups of the current row.</summary>
    /// <param name="row">The number of the row.</param>
    /// <exception cref="InvalidOperationException">A group is missing.</exception>
    public string[] Read(long row)
    {
        string?[] groups = Array.ConvertAll(_getters, get => get());
        int missing = Array.IndexOf(groups, null);
        return missing < 0 ? [.. groups.OfType<string>()] : throw new InvalidOperationException($"Each row must have a group in column '{_row.Schema[_names[missing]].Name}'; got none in row {row}. Its task would have no place among the groups. Name the group, or leave the row out.");
    }
}
