using System.Collections;
using System.Reflection;

namespace MetaML.Options;

/// <summary>Copies options so that the copy shares no mutable part with the original: lists, dictionaries and nested options are copied too.</summary>
/// <remarks>A record's own copy constructor copies references. A record with mutable parts declares one that calls <see cref="Fields"/>.</remarks>
internal static class OptionCopy
{
    private const BindingFlags DeclaredFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Copies the fields that a type itself declares. The copy constructor of its base type copies the others.</summary>
    /// <typeparam name="T">The type whose copy constructor calls this method.</typeparam>
    /// <param name="from">The original.</param>
    /// <param name="to">The copy.</param>
    public static void Fields<T>(T from, T to)
        where T : class
    {
        foreach (FieldInfo field in typeof(T).GetFields(DeclaredFields))
            field.SetValue(to, Of(field.FieldType, field.GetValue(from)));
    }

    private static object? Of(Type type, object? value) => value switch
    {
        IReadOnlyDictionary<string, double> numbers => new Dictionary<string, double>(numbers),
        IDictionary or IList when Is(value.GetType(), typeof(Dictionary<,>)) || Is(type, typeof(List<>)) => Activator.CreateInstance(value.GetType(), value),
        IEnumerable items when ElementOf(type) is { } element => ListOf(element, items),
        _ when value?.GetType().GetMethod("<Clone>$") is { } clone => clone.Invoke(value, null), // a record
        _ => value,
    };

    private static Array ListOf(Type element, IEnumerable items)
    {
        object?[] values = [.. items.Cast<object?>().Select(item => Of(element, item))];
        var list = Array.CreateInstance(element, values.Length);
        values.CopyTo(list, 0);
        return list;
    }

    // T for T[] and IReadOnlyList<T>; null for all other types.
    private static Type? ElementOf(Type type) => type.IsArray
        ? type.GetElementType()
        : Is(type, typeof(IReadOnlyList<>)) ? type.GetGenericArguments()[0] : null;

    private static bool Is(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;
}
