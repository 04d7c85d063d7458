using System.Globalization;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Transforms;
using static Microsoft.ML.Transforms.ValueToKeyMappingTransformer;

namespace MetaML.Extensions.Interop;

/// <summary>Adds values to fitted value-to-key mappings.</summary>
/// <remarks>
/// ML.NET can only fit a mapping again to all its values. For 100,000 values this takes 0.2 s. Here the old values are shared,
/// and the new ones are kept in a map of their own.
/// </remarks>
internal static class KeyMappings
{
    private const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Instance;

    private static readonly MethodInfo s_clone = typeof(object).GetMethod(nameof(MemberwiseClone), Hidden)!;

    // The only array of maps. It is private, and each transformer has its own.
    private static readonly FieldInfo s_maps = typeof(ValueToKeyMappingTransformer).GetFields(Hidden).Single(field => field.FieldType == typeof(TermMap[]));

    // The arrays with an element for each column.
    private static readonly FieldInfo[] s_arrays = [.. typeof(ValueToKeyMappingTransformer).GetFields(Hidden).Concat(typeof(OneToOneTransformerBase).GetFields(Hidden | BindingFlags.Public)).Where(field => field.FieldType.IsArray)];

    /// <summary>The output and input column of each mapping of a transformer.</summary>
    public static IReadOnlyList<(string Output, string Input)> Columns(ValueToKeyMappingTransformer mapping) => mapping.ColumnPairs;

    /// <summary>A mapping with more values. The old values keep their keys, and the new ones follow.</summary>
    /// <param name="mapping">A fitted mapping. It does not change.</param>
    /// <param name="others">For each column, a mapping of one column with the values to add; null to add none.</param>
    /// <returns>The given mapping if no value is new, or if the values are of another type.</returns>
    public static ValueToKeyMappingTransformer Append(ValueToKeyMappingTransformer mapping, IReadOnlyList<ValueToKeyMappingTransformer?> others)
    {
        TermMap[] old = [.. others.Select((_, column) => mapping.GetTermMap(column))];
        TermMap[] all = [.. old.Zip(others, (map, other) => other is null ? map : Append(map, other.GetTermMap(0)))];
        if (all.SequenceEqual(old))
            return mapping;
        var copy = (ValueToKeyMappingTransformer)s_clone.Invoke(mapping, null)!;
        s_maps.SetValue(copy, all);
        return copy;
    }

    /// <summary>A mapping without some of its columns.</summary>
    /// <param name="mapping">A fitted mapping. It does not change.</param>
    /// <param name="outputs">The output columns that are left out.</param>
    /// <returns>The given mapping if no column is left out; null if all are.</returns>
    public static ValueToKeyMappingTransformer? Without(ValueToKeyMappingTransformer mapping, IReadOnlyCollection<string> outputs)
    {
        int[] kept = [.. mapping.ColumnPairs.Index().Where(pair => !outputs.Contains(pair.Item.outputColumnName)).Select(pair => pair.Index)];
        if (kept.Length == mapping.ColumnPairs.Length)
            return mapping;
        if (kept.Length == 0)
            return null;
        var copy = (ValueToKeyMappingTransformer)s_clone.Invoke(mapping, null)!;
        foreach (FieldInfo field in s_arrays)
        {
            Array all = (Array)field.GetValue(mapping)!, some = Array.CreateInstance(all.GetType().GetElementType()!, kept.Length);
            for (int i = 0; i < kept.Length; i++)
                some.SetValue(all.GetValue(kept[i]), i);
            field.SetValue(copy, some);
        }

        return copy;
    }

    /// <summary>Names the keys of some values in a column, so that their names are read without reading those of all keys.</summary>
    /// <param name="mapping">A fitted mapping.</param>
    /// <param name="number">The number of the mapping's column.</param>
    /// <param name="output">The column that the mapping made.</param>
    /// <param name="some">A mapping of one column whose values the mapping has too.</param>
    public static void NameKeys(ValueToKeyMappingTransformer mapping, int number, DataViewSchema.Column output, ValueToKeyMappingTransformer some)
    {
        TermMap map = mapping.GetTermMap(number), others = some.GetTermMap(0);
        DataViewType? named = (output.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type as VectorDataViewType)?.ItemType;
        if (map.ItemType.Equals(named) && map.ItemType.Equals(others.ItemType)) // else names are made in another way
            KeyVocabulary.Name(output, (IReadOnlyDictionary<int, string>)Invoke(nameof(NamesOf), map, map, others));
    }

    private static TermMap Append(TermMap map, TermMap other) => !other.ItemType.Equals(map.ItemType) ? map
        : map is TermMap<ReadOnlyMemory<char>> text ? Append(text, (TermMap<ReadOnlyMemory<char>>)other, BuildText)
        : (TermMap)Invoke(nameof(AppendValues), map, map, other);

    private static TermMap<T> AppendValues<T>(TermMap<T> map, TermMap<T> other)
        where T : IEquatable<T>, IComparable<T> => Append(map, other, values => Build(map.ItemType, values));

    private static TermMap<T> Append<T>(TermMap<T> map, TermMap<T> other, Func<IReadOnlyList<T>, TermMap<T>> build)
    {
        ValueMapper<T, uint> find = map.GetKeyMapper();
        T[] added = [.. Values(other).Where(value => KeyOf(find, value) == 0)];
        return added.Length == 0 ? map : Join(map, added, build);
    }

    // Each part has more than twice the values of the next. So the parts are few, and adding a value costs O(log n) copies of values on average.
    private static TermMap<T> Join<T>(TermMap<T> map, T[] added, Func<IReadOnlyList<T>, TermMap<T>> build) =>
        map.Count <= 2 * added.Length ? build([.. Values(map), .. added])
        : map is AppendedTermMap<T> parts && parts.Second.Count <= 2 * added.Length ? Join(parts.First, [.. Values(parts.Second), .. added], build)
        : new AppendedTermMap<T>(map, build(added), build);

    private static TermMap.TextImpl BuildText(IReadOnlyList<ReadOnlyMemory<char>> values)
    {
        var pool = new NormStr.Pool();
        foreach (ReadOnlyMemory<char> value in values)
            pool.Add(value);
        return new TermMap.TextImpl(pool);
    }

    private static TermMap.HashArrayImpl<T> Build<T>(PrimitiveDataViewType type, IReadOnlyList<T> values)
        where T : IEquatable<T>, IComparable<T>
    {
        var table = new HashArray<T>();
        foreach (T value in values)
            table.Add(value);
        return new TermMap.HashArrayImpl<T>(type, table);
    }

    private static Dictionary<int, string> NamesOf<T>(TermMap<T> map, TermMap<T> some)
    {
        ValueMapper<T, uint> find = map.GetKeyMapper();
        return Values(some).ToDictionary(value => (int)KeyOf(find, value) - 1, value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
    }

    private static uint KeyOf<T>(ValueMapper<T, uint> find, T value)
    {
        uint key = 0;
        find(in value, ref key);
        return key;
    }

    private static T[] Values<T>(TermMap<T> map)
    {
        VBuffer<T> values = default;
        map.GetTerms(ref values);
        return [.. values.DenseValues()];
    }

    private static object Invoke(string method, TermMap map, params object[] arguments) =>
        typeof(KeyMappings).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(map.ItemType.RawType)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
}
