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

    /// <summary>The rows with other vectors in a column.</summary>
    /// <param name="env">The environment.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="column">The column.</param>
    /// <param name="vectors">The vector of each row.</param>
    public static IDataView WithVectors(IHostEnvironment env, IDataView rows, string column, float[][] vectors)
    {
        var builder = new ArrayDataViewBuilder(env);
        builder.AddColumn(column, NumberDataViewType.Single, vectors);
        return ZipDataView.Create(env, [rows, builder.GetDataView()]); // a later column hides an earlier one of its name
    }

    /// <summary>The rows with the values of a scalar column in another order.</summary>
    /// <param name="env">The environment.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="column">The column.</param>
    /// <param name="source">For each row, the number of the row that its value comes from.</param>
    public static IDataView WithPermuted(IHostEnvironment env, IDataView rows, DataViewSchema.Column column, int[] source) =>
        ((Func<IHostEnvironment, IDataView, DataViewSchema.Column, int[], IDataView>)Permuted<int>).Method.GetGenericMethodDefinition().MakeGenericMethod(column.Type.RawType)
            .CreateDelegate<Func<IHostEnvironment, IDataView, DataViewSchema.Column, int[], IDataView>>()(env, rows, column, source);

    private static IDataView Permuted<T>(IHostEnvironment env, IDataView rows, DataViewSchema.Column column, int[] source)
    {
        T[] values = [.. rows.GetColumn<T>(column)];
        if (values is ReadOnlyMemory<char>[] texts)
            values = (T[])(object)Array.ConvertAll(texts, text => text.ToString().AsMemory()); // a cursor reuses its buffer
        var builder = new ArrayDataViewBuilder(env);
        builder.AddColumn(column.Name, (PrimitiveDataViewType)column.Type, [.. source.Select(row => values[row])]);
        return ZipDataView.Create(env, [rows, builder.GetDataView()]);
    }

    /// <summary>A pair of views, as TrainTestSplit returns it.</summary>
    public static DataOperationsCatalog.TrainTestData Pair(IDataView training, IDataView test) => new(training, test);
}
