using Microsoft.ML;

namespace MetaML.Extensions.Data;

/// <summary>A column and the view that contains it.</summary>
/// <param name="View">The view.</param>
/// <param name="Name">The name of the column.</param>
internal readonly record struct SourceColumn(IDataView View, string Name);
