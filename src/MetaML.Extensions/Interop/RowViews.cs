using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Interop;

/// <summary>Data views that are internal to ML.NET.</summary>
internal static class RowViews
{
    /// <summary>The rows of the first view, followed by the rows of the second.</summary>
    /// <exception cref="InvalidOperationException">The columns differ.</exception>
    public static IDataView Append(IHostEnvironment env, IDataView first, IDataView second) =>
        AppendRowsDataView.Create(env, first.Schema, first, second);

    /// <summary>The rows in memory, read from the view once. If a column cannot be cached, it is the view itself.</summary>
    /// <remarks>All columns are read together. A view whose rows come in another order at each reading would otherwise give columns whose rows do not match.</remarks>
    public static IDataView Cached(MLContext context, IDataView data)
    {
        bool canBeCached = context.Data.Cache(data).Schema.Count == data.Schema.Count;
        return canBeCached ? context.Data.Cache(data, [.. data.Schema.Where(column => !column.IsHidden).Select(column => column.Name)]) : data;
    }

    /// <summary>A view with these columns and no rows.</summary>
    public static IDataView Empty(IHostEnvironment env, DataViewSchema schema) => new EmptyDataView(env, schema);

    /// <summary>A pair of views, as TrainTestSplit returns it.</summary>
    public static DataOperationsCatalog.TrainTestData Pair(IDataView training, IDataView test) => new(training, test);
}
