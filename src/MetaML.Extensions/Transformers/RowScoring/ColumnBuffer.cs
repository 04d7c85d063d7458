using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>The values of an input column in a block of rows. The memory is reused for the next block.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>Creates the buffer of a column.</summary>
    /// <param name="row">The cursor.</param>
    /// <param name="column">An active column of a type that can be copied.</param>
    /// <param name="rowIndex">Gives the index of the current row in the block, for <see cref="Read"/> and <see cref="Getter"/>.</param>
    public static ColumnBuffer Of(DataViewRow row, DataViewSchema.Column column, Func<int> rowIndex)
    {
        var (method, type) = column.Type is VectorDataViewType vector ? (nameof(OfVectors), vector.ItemType.RawType) : (nameof(OfValues), column.Type.RawType);
        return (ColumnBuffer)typeof(ColumnBuffer).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [row, column, rowIndex], null)!;
    }

    /// <summary>A getter of the buffered value of the current row.</summary>
    public abstract Delegate Getter { get; }

    /// <summary>Copies the value of the cursor's current row into the buffer.</summary>
    public abstract void Read();

    private static Buffer<T> OfValues<T>(DataViewRow row, DataViewSchema.Column column, Func<int> rowIndex) => new(row.GetGetter<T>(column), rowIndex, (in T from, ref T to) => to = from);

    private static Buffer<VBuffer<T>> OfVectors<T>(DataViewRow row, DataViewSchema.Column column, Func<int> rowIndex) =>
        new(row.GetGetter<VBuffer<T>>(column), rowIndex, (in VBuffer<T> from, ref VBuffer<T> to) => from.CopyTo(ref to));

    private sealed class Buffer<T>(ValueGetter<T> read, Func<int> rowIndex, ValueMapper<T, T> copy) : ColumnBuffer
    {
        private T[] _values = [];

        public override Delegate Getter => (ValueGetter<T>)((ref T value) => copy(in _values[rowIndex()], ref value));

        public override void Read()
        {
            int row = rowIndex();
            if (row >= _values.Length)
                Array.Resize(ref _values, Math.Max(16, 2 * row));
            read(ref _values[row]);
        }
    }
}
