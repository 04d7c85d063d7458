using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Interop;

/// <summary>Views of rows that ML.NET has, and does not show.</summary>
internal static class RowViews
{
    /// <summary>The rows of one view after those of another.</summary>
    /// <exception cref="InvalidOperationException">The columns differ.</exception>
    public static IDataView Append(IHostEnvironment env, IDataView first, IDataView second) =>
        AppendRowsDataView.Create(env, first.Schema, first, second);

    /// <summary>The rows in memory, read from the view once; the view itself where a column cannot be kept in memory.</summary>
    /// <remarks>All columns are read together. A view whose rows come in another order at each reading would otherwise give columns whose rows do not match.</remarks>
    public static IDataView Cached(MLContext context, IDataView data)
    {
        bool canBeKept = context.Data.Cache(data).Schema.Count == data.Schema.Count;
        return canBeKept ? context.Data.Cache(data, [.. data.Schema.Where(column => !column.IsHidden).Select(column => column.Name)]) : data;
    }

    /// <summary>A view of these columns without rows.</summary>
    public static IDataView Empty(IHostEnvironment env, DataViewSchema schema) => new EmptyDataView(env, schema);

    /// <summary>A pair of views as ML.NET's own split returns it.</summary>
    public static DataOperationsCatalog.TrainTestData Pair(IDataView training, IDataView test) => new(training, test);
}
