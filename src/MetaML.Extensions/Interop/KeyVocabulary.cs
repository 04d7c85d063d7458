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

/// <summary>The values of the keys of a column. They come from its KeyValues annotation. Without this annotation a key has no value but its number.</summary>
/// <remarks>Immutable. Values are compared by their text, so that keys from different mappings can be matched.</remarks>
internal abstract class KeyVocabulary
{
    /// <summary>The largest number of keys. ML.NET reads labels as Single, which represents only so many whole numbers exactly.</summary>
    public const int MaximumCount = LabelRule.MaximumClasses;

    private const byte WithoutValues = 0, WithValues = 1;

    private static readonly ConditionalWeakTable<DataViewSchema.Annotations, IReadOnlyDictionary<int, string>> s_names = [];

    private readonly Lazy<Dictionary<string, int>> _indices;

    private protected KeyVocabulary(IReadOnlyList<string> names)
    {
        Names = names;
        _indices = new(() => names.Select((name, i) => KeyValuePair.Create(name, i)).ToDictionary());
    }

    /// <summary>The values as text; key k (from 1) is <c>Names[k − 1]</c>.</summary>
    public IReadOnlyList<string> Names { get; }

    public int Count => Names.Count;

    /// <summary>Type of the values; null if the keys have no values.</summary>
    public abstract PrimitiveDataViewType? ItemType { get; }

    /// <summary>Whether a type is a key that can have a vocabulary: its number of values is known and at most <see cref="MaximumCount"/>.</summary>
    public static bool Has(DataViewType type) => type is KeyDataViewType { Count: > 0 and <= MaximumCount };

    /// <summary>The number of values of a key type for which <see cref="Has"/> is true.</summary>
    public static int CountOf(DataViewType type) => type.GetKeyCountAsInt32();

    /// <summary>The vocabulary of a key column.</summary>
    public static KeyVocabulary Of(DataViewSchema.Column column)
    {
        int count = column.Type.GetItemType().GetKeyCountAsInt32();
        return OfAnnotation(column, AnnotationUtils.Kinds.KeyValues) is { } values && values.Count == count ? values : new Numbers(count);
    }

    /// <summary>The names of the keys of a column, by their numbers from 0.</summary>
    public static Func<int, string> NamesOf(DataViewSchema.Column column)
    {
        var all = new Lazy<IReadOnlyList<string>>(() => Of(column).Names);
        return s_names.TryGetValue(column.Annotations, out IReadOnlyDictionary<int, string>? known)
            ? key => known.TryGetValue(key, out string? name) ? name : all.Value[key]
            : key => all.Value[key];
    }

    /// <summary>Names the keys that occur in a column, so that <see cref="NamesOf"/> need not read all values.</summary>
    /// <param name="column">The column.</param>
    /// <param name="names">The names by their numbers from 0.</param>
    public static void Name(DataViewSchema.Column column, IReadOnlyDictionary<int, string> names) => s_names.AddOrUpdate(column.Annotations, names);

    /// <summary>The values of an annotation as text; null if there is no such annotation, or it is not a vector.</summary>
    public static IReadOnlyList<string>? TextsOf(DataViewSchema.Column column, string kind) => OfAnnotation(column, kind)?.Names;

    /// <summary>Whether the keys of a column have values, so that they can be matched with other keys.</summary>
    public static bool CanBeMapped(DataViewSchema.Column column) => Of(column).ItemType is not null;

    /// <summary>For each key of another vocabulary, its index in this one (from 0), or −1 if it is unknown.</summary>
    /// <exception cref="ArgumentException">Only one of the two has values.</exception>
    public int[] MapFrom(KeyVocabulary other)
    {
        if (ItemType is null != other.ItemType is null)
            throw new ArgumentException("Keys must have KeyValues both here and in the training data, or in neither. Otherwise they cannot be matched. Map the values to keys in the same way as for training.");
        return ItemType is null
            ? [.. Enumerable.Range(0, other.Count).Select(key => key < Count ? key : -1)]
            : [.. other.Names.Select(name => _indices.Value.GetValueOrDefault(name, -1))];
    }

    /// <summary>This vocabulary, followed by the values of the other that it lacks.</summary>
    /// <exception cref="ArgumentException">The values are of different types.</exception>
    public abstract KeyVocabulary Append(KeyVocabulary other);

    /// <summary>Adds the values as an annotation. Adds nothing if there are no values.</summary>
    public abstract void Annotate(DataViewSchema.Annotations.Builder annotations, string kind);

    /// <summary>The values as a data view with one column.</summary>
    public abstract IDataView ToDataView(IHostEnvironment env, string column);

    /// <summary>Writes whether there are values, then their number, their kind, the count of a key type, and the values.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(ItemType is null ? WithoutValues : WithValues);
        writer.Write(Count);
        WriteValues(writer);
    }

    /// <summary>Reads the output of <see cref="Write"/>.</summary>
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

    /// <summary>The values of an annotation; null if there is no such annotation, or it is not a vector.</summary>
    public static KeyVocabulary? OfAnnotation(DataViewSchema.Column column, string kind) =>
        column.Annotations.Schema.GetColumnOrNull(kind)?.Type is VectorDataViewType { ItemType: { } itemType, Size: > 0 }
            ? (KeyVocabulary)Invoke(nameof(Get), itemType, column, kind, itemType)
            : null;

    private static Values<T> Get<T>(DataViewSchema.Column column, string kind, PrimitiveDataViewType itemType)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(kind, ref values);
        return new Values<T>(itemType, values.IsDense ? values.GetValues().ToArray() : [.. values.DenseValues()]);
    }

    private static Values<T> ReadValues<T>(BinaryReader reader, int count, PrimitiveDataViewType itemType)
    {
        var values = new List<T>(); // grows with the values that are read: a damaged file may have a wrong count
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

    // Except for text, the raw types of a data view contain no references.
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

    // Each name is created when it is read: the count may come from a damaged file and be too large for memory.
    private sealed class NumberNames(int count) : NamesOnRequest
    {
        public override int Count => count;

        public override string this[int index] => (uint)index < (uint)count
            ? (index + 1).ToString(CultureInfo.InvariantCulture)
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"The key must be below {count}.");
    }

    // Each name is created when it is read: a few new rows of a model with many tasks need the names of a few keys.
    private sealed class ValueNames<T>(T[] values) : NamesOnRequest
    {
        private readonly string?[] _names = new string?[values.Length];

        public override int Count => values.Length;

        public override string this[int index] => _names[index] ??= Convert.ToString(values[index], CultureInfo.InvariantCulture) ?? "";
    }

    private abstract class NamesOnRequest : IReadOnlyList<string>
    {
        public abstract int Count { get; }

        public abstract string this[int index] { get; }

        public IEnumerator<string> GetEnumerator() => Enumerable.Range(0, Count).Select(index => this[index]).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class Values<T>(PrimitiveDataViewType itemType, T[] values)
        : KeyVocabulary(new ValueNames<T>(values))
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
