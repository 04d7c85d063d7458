using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>The values of an input column in a block of rows. Their memory is used again for the next block.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>A buffer of a column.</summary>
    /// <param name="row">The cursor.</param>
    /// <param name="column">An active column of a type that can be copied.</param>
    public static ColumnBuffer Of(DataViewRow row, DataViewSchema.Column column) => (ColumnBuffer)Activator.CreateInstance(column.Type is VectorDataViewType vector
        ? typeof(OfVectors<>).MakeGenericType(vector.ItemType.RawType)
        : typeof(OfValues<>).MakeGenericType(column.Type.RawType), row, column)!;

    /// <summary>Keeps the value of the row that the cursor stands at.</summary>
    /// <param name="at">Its number in the block.</param>
    public abstract void Read(int at);

    /// <summary>A getter of what is kept.</summary>
    /// <param name="at">Says of which row.</param>
    public abstract Delegate Getter(Func<int> at);

    private abstract class Typed<T>(DataViewRow row, DataViewSchema.Column column) : ColumnBuffer
    {
        private readonly ValueGetter<T> _getter = row.GetGetter<T>(column);

        protected T[] Kept { get; private set; } = [];

        public override void Read(int at)
        {
            if (at >= Kept.Length)
            {
                T[] kept = Kept;
                Array.Resize(ref kept, Math.Max(16, 2 * at));
                Kept = kept;
            }

            _getter(ref Kept[at]);
        }
    }

    private sealed class OfValues<T>(DataViewRow row, DataViewSchema.Column column) : Typed<T>(row, column)
    {
        public override Delegate Getter(Func<int> at) => (ValueGetter<T>)((ref T value) => value = Kept[at()]);
    }

    private sealed class OfVectors<T>(DataViewRow row, DataViewSchema.Column column) : Typed<VBuffer<T>>(row, column)
    {
        public override Delegate Getter(Func<int> at) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => Kept[at()].CopyTo(ref value));
    }
}
