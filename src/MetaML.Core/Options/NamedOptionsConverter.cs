using System.Text.Json;
using System.Text.Json.Serialization;

namespace MetaML.Options;

/// <summary>Converts options to and from JSON. The property "$type" holds their saved name.</summary>
/// <typeparam name="TFamily">The base type: options of adapters, of encoders, or of task weights.</typeparam>
/// <remarks>
/// The attributes of System.Text.Json would list all derived types on the base type. The base type would then depend on each
/// adapter or encoder. Instead, each type declares its own name, and other assemblies register theirs (<see cref="OptionNames"/>).
/// </remarks>
internal sealed class NamedOptionsConverter<TFamily> : JsonConverter<TFamily>
    where TFamily : class
{
    private const string TypeProperty = "$type";

    /// <inheritdoc/>
    public override TFamily Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        JsonElement json = JsonElement.ParseValue(ref reader);
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(TypeProperty, out JsonElement name) || name.ValueKind != JsonValueKind.String)
            throw new JsonException($"{typeof(TFamily).Name} must be an object with the property \"{TypeProperty}\"; got {json.ValueKind}. Its type is unknown. Add the property, for example \"{TypeProperty}\": \"{OptionNames.Known(typeof(TFamily))[0]}\".");
        Type type = OptionNames.TypeOf(typeof(TFamily), name.GetString()!)
            ?? throw new JsonException($"{typeof(TFamily).Name}.{TypeProperty} must be one of {string.Join(", ", OptionNames.Known(typeof(TFamily)))}; got \"{name.GetString()}\". No options of that name are known here. Register them with {typeof(TFamily).Name}.Register when the program starts{(OptionNames.PackageOf(name.GetString()!) is { } package ? $", or refer to the package {package}" : "")}.");
        return (TFamily)json.Deserialize(type, options)!;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TFamily value, JsonSerializerOptions options)
    {
        string name = OptionNames.NameOf(typeof(TFamily), value.GetType())
            ?? throw new NotSupportedException($"{value.GetType().Name} has no saved name. Call {typeof(TFamily).Name}.Register<{value.GetType().Name}>(\"your.name\") when the program starts.");
        writer.WriteStartObject();
        writer.WriteString(TypeProperty, name);
        foreach (JsonProperty property in JsonSerializer.SerializeToElement(value, value.GetType(), options).EnumerateObject())
            property.WriteTo(writer);
        writer.WriteEndObject();
    }
}
