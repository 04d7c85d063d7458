using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MetaML.Data;
using MetaML.Files;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Interop;

/// <summary>What the numbers of a key column stand for: the values of its KeyValues annotation, or nothing but themselves.</summary>
/// <remarks>Immutable. Values are told apart by their text, so that keys made in different places can be matched.</remarks>
internal abstract class KeyVocabulary
{
    /// <summary>The largest number of keys: what a Single, as ML.NET reads labels, can tell apart.</summary>
    public const int MaximumCount = LabelRule.MaximumClasses;

    private const byte WithoutValues = 0, WithValues = 1;

    private readonly Lazy<Dictionary<string, int>> _indices;

    private protected KeyVocabulary(IReadOnlyList<string> names)
    {
        Names = names;
        _indices = new(() => names.Select((name, i) => KeyValuePair.Create(name, i)).ToDictionary());
    }

    /// <summary>The values as text; key k (from 1) is <c>Names[k − 1]</c>.</summary>
    public IReadOnlyList<string> Names { get; }

    public int Count => Names.Count;

    /// <summary>Type of the values; null where keys stand for nothing but their number.</summary>
    public abstract PrimitiveDataViewType? ItemType { get; }

    /// <summary>Whether a type is a key that has a vocabulary: its number of values is known, and each can be told apart.</summary>
    public static bool Has(DataViewType type) => type is KeyDataViewType { Count: > 0 and <= MaximumCount };

    /// <summary>The number of values of a key that <see cref="Has"/> a vocabulary.</summary>
    public static int CountOf(DataViewType type) => type.GetKeyCountAsInt32();

    /// <summary>The vocabulary of a key column.</summary>
    public static KeyVocabulary Of(DataViewSchema.Column column)
    {
        int count = column.Type.GetItemType().GetKeyCountAsInt32();
        return Of(column, AnnotationUtils.Kinds.KeyValues) is { } values && values.Count == count ? values : new Numbers(count);
    }

    /// <summary>The values of an annotation as text; null where there is no such annotation, or it is not a vector.</summary>
    public static IReadOnlyList<string>? NamesOf(DataViewSchema.Column column, string kind) => Of(column, kind)?.Names;

    /// <summary>Whether a column's keys have values that they can be told apart by.</summary>
    public static bool CanBeMapped(DataViewSchema.Column column) => Of(column).ItemType is not null;

    /// <summary>For each key of another vocabulary, its number here from 0, or −1 where it is unknown.</summary>
    /// <exception cref="ArgumentException">One has values, and the other has not.</exception>
    public int[] MapFrom(KeyVocabulary other)
    {
        if (ItemType is null != other.ItemType is null)
            throw new ArgumentException("Keys must have KeyValues in both places or in neither, to be matched. Map the values to keys in the same way as for training.");
        return ItemType is null
            ? [.. Enumerable.Range(0, other.Count).Select(key => key < Count ? key : -1)]
            : [.. other.Names.Select(name => _indices.Value.GetValueOrDefault(name, -1))];
    }

    /// <summary>This vocabulary followed by the other's values that it lacks.</summary>
    /// <exception cref="ArgumentException">The values are of different types.</exception>
    public abstract KeyVocabulary Append(KeyVocabulary other);

    /// <summary>Adds the values as an annotation; nothing where there are none.</summary>
    public abstract void Annotate(DataViewSchema.Annotations.Builder annotations, string kind);

    /// <summary>The values as the one column of a data view.</summary>
    public abstract IDataView ToDataView(IHostEnvironment env, string column);

    /// <summary>Writes: whether there are values; their number; then their kind, a key type's count, and the values.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(ItemType is null ? WithoutValues : WithValues);
        writer.Write(Count);
        WriteValues(writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    public static KeyVocabulary Read(BinaryReader reader)
    {
        byte form = reader.ReadByte();
        int count = reader.ReadInt32();
        if (form > WithValues || count < 0 || count > MaximumCount)
            throw new InvalidDataException("The classes of a saved model cannot be read. The file is damaged.");
        if (form == WithoutValues)
            return new Numbers(count);

        var kind = (InternalDataKind)reader.ReadByte();
        ulong keyCount = reader.ReadUInt64();
        if (!Enum.IsDefined(kind))
            throw new InvalidDataException($"The classes of a saved model are of an unknown kind, {kind}. The file is damaged.");
        try
        {
            PrimitiveDataViewType itemType = keyCount > 0 ? new KeyDataViewType(kind.ToType(), keyCount) : ColumnTypeExtensions.PrimitiveTypeFromKind(kind);
            var values = (KeyVocabulary)Invoke(nameof(ReadValues), itemType, reader, count, itemType);
            _ = values._indices.Value;
            return values;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            throw new InvalidDataException("The classes of a saved model must be different values of one type. The file is damaged.", error);
        }
    }

    private protected abstract void WriteValues(BinaryWriter writer);

    private static KeyVocabulary? Of(DataViewSchema.Column column, string kind) =>
        column.Annotations.Schema.GetColumnOrNull(kind)?.Type is VectorDataViewType { ItemType: { } itemType, Size: > 0 }
            ? (KeyVocabulary)Invoke(nameof(Get), itemType, column, kind, itemType)
            : null;

    private static Values<T> Get<T>(DataViewSchema.Column column, string kind, PrimitiveDataViewType itemType)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(kind, ref values);
        return new Values<T>(itemType, [.. values.DenseValues()]);
    }

    private static Values<T> ReadValues<T>(BinaryReader reader, int count, PrimitiveDataViewType itemType)
    {
        var values = new List<T>(); // grows with what is really there, whatever the count says
        var one = new T[1];
        for (int i = 0; i < count; i++)
        {
            if (one is ReadOnlyMemory<char>[] text)
                text[0] = BinaryFormat.ReadName(reader).AsMemory();
            else
                reader.BaseStream.ReadExactly(Bytes(one));
            values.Add(one[0]);
        }

        return new Values<T>(itemType, [.. values]);
    }

    // The raw types of a data view's values, text apart, hold no references.
    private static Span<byte> Bytes<T>(T[] values) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetArrayDataReference(values)), values.Length * Unsafe.SizeOf<T>());

    private static object Invoke(string method, PrimitiveDataViewType itemType, params object[] arguments) =>
        typeof(KeyVocabulary).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(itemType.RawType)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;

    private sealed class Numbers(int count) : KeyVocabulary(new NumberNames(count))
    {
        public override PrimitiveDataViewType? ItemType => null;

        public override KeyVocabulary Append(KeyVocabulary other) => MapFrom(other).Contains(-1) ? other : this;

        public override void Annotate(DataViewSchema.Annotations.Builder annotations, string kind)
        {
        }

        public override IDataView ToDataView(IHostEnvironment env, string column) => throw new NotSupportedException("Keys without KeyValues have no values.");

        private protected override void WriteValues(BinaryWriter writer)
        {
        }
    }

    // Made when asked for: the count may come from a file that does not hold as much.
    private sealed class NumberNames(int count) : IReadOnlyList<string>
    {
        public int Count => count;

        public string this[int index] => (uint)index < (uint)count
            ? (index + 1).ToString(CultureInfo.InvariantCulture)
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"The key must be below {count}.");

        public IEnumerator<string> GetEnumerator() => Enumerable.Range(0, count).Select(index => this[index]).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class Values<T>(PrimitiveDataViewType itemType, T[] values)
        : KeyVocabulary([.. values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")])
    {
        private readonly T[] _values = values;

        public override PrimitiveDataViewType? ItemType => itemType;

        public override KeyVocabulary Append(KeyVocabulary other)
        {
            int[] known = MapFrom(other);
            if (other is not Values<T> same)
                throw new ArgumentException($"Key values must be of type {itemType}, as for training; got {other.ItemType}. Convert them by ConvertType before MapValueToKey.");
            T[] added = [.. same._values.Where((_, i) => known[i] < 0)];
            return added.Length == 0 ? this : new Values<T>(itemType, [.. _values, .. added]);
        }

        public override void Annotate(DataViewSchema.Annotations.Builder annotations, string kind)
        {
            ValueGetter<VBuffer<T>> getter = (ref VBuffer<T> destination) => destination = new VBuffer<T>(_values.Length, [.. _values]);
            annotations.Add(kind, new VectorDataViewType(itemType, _values.Length), getter);
        }

        public override IDataView ToDataView(IHostEnvironment env, string column)
        {
            var builder = new ArrayDataViewBuilder(env);
            builder.AddColumn(column, itemType, _values);
            return builder.GetDataView();
        }

        private protected override void WriteValues(BinaryWriter writer)
        {
            writer.Write((byte)itemType.GetRawKind());
            writer.Write(itemType is KeyDataViewType key ? key.Count : 0UL);
            if (_values is ReadOnlyMemory<char>[] text)
            {
                foreach (ReadOnlyMemory<char> value in text)
                    writer.Write(value.ToString());
            }
            else if (_values.Length > 0)
            {
                writer.Write(Bytes(_values));
            }
        }
    }
}
