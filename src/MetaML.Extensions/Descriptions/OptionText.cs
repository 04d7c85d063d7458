using System.Collections;
using System.Globalization;
using System.Reflection;

namespace MetaML.Extensions.Descriptions;

/// <summary>Writes options as text: their name, and the properties that differ from the defaults.</summary>
internal static class OptionText
{
    private static readonly string[] s_endings = ["EncoderOptions", "AdapterOptions", "WeightingOptions", "Options"];

    /// <summary>Writes one record, for example "Mlp(HiddenUnits = [16], LinearPath)".</summary>
    /// <param name="options">A record with a parameterless constructor.</param>
    public static string Of(object options)
    {
        string name = options.GetType().Name;
        string ending = Array.Find(s_endings, name.EndsWith) ?? "";
        string changes = string.Join(", ", Changes(options).Select(change => change.Value == bool.TrueString ? change.Key : $"{change.Key} = {change.Value}"));
        name = name[..^ending.Length];
        return changes.Length > 0 ? $"{name}({changes})" : name;
    }

    /// <summary>The properties that differ from the defaults.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Changes(object options)
    {
        object defaults = Activator.CreateInstance(options.GetType())!;
        foreach (PropertyInfo property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (!property.CanWrite || property.GetIndexParameters().Length > 0 || property.PropertyType.IsAssignableTo(typeof(Delegate)))
                continue;
            string value = Text(property.GetValue(options));
            if (value != Text(property.GetValue(defaults)))
                yield return KeyValuePair.Create(property.Name, value);
        }
    }

    /// <summary>Writes one value.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        string text => text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable values => $"[{string.Join(", ", values.Cast<object?>().Select(Text))}]",
        _ when value.GetType().Name.EndsWith("Options", StringComparison.Ordinal) => Of(value),
        _ => value.ToString() ?? "",
    };
}
