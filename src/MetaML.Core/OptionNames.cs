using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MetaML;

/// <summary>The names by which saved models know the options of adapters and encoders: those beside the base types, and those that a program registered.</summary>
/// <remarks>A model never names a type: what a file can make of a program is what the program registered.</remarks>
internal static class OptionNames
{
    private static readonly Lock s_gate = new();
    private static readonly List<(Type Family, JsonDerivedType Options)> s_registered = [];
    private static volatile JsonSerializerOptions s_json = Make([]);

    /// <summary>How a model's header is written and read.</summary>
    public static JsonSerializerOptions Json => s_json;

    /// <summary>Registers options of another assembly.</summary>
    /// <exception cref="ArgumentException">The name has no dot, or it or the type is taken.</exception>
    public static void Register(Type family, Type options, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!name.Contains('.', StringComparison.Ordinal))
            throw new ArgumentException($"The name of options must hold a dot, as in \"contoso.nearest\"; got \"{name}\". Names without one are kept for MetaML itself. Put the name of your organisation in front.", nameof(name));
        lock (s_gate)
        {
            foreach (var (other, taken) in s_registered)
            {
                if (other != family || (taken.DerivedType != options && !name.Equals(taken.TypeDiscriminator)))
                    continue;
                if (taken.DerivedType == options && name.Equals(taken.TypeDiscriminator))
                    return;
                throw new ArgumentException($"A name must belong to one type of options, and a type have one name; got \"{name}\" for {options.Name}, but \"{taken.TypeDiscriminator}\" is {taken.DerivedType.Name}. Models would be read as what they are not. Choose another name.", nameof(name));
            }

            s_registered.Add((family, new JsonDerivedType(options, name)));
            s_json = Make([.. s_registered]); // type information is kept from first use on
        }
    }

    /// <summary>Checks that a model with these options can be saved.</summary>
    /// <exception cref="ArgumentException">They are of another assembly, and not registered.</exception>
    public static void Check(object owner, string member, object? options)
    {
        if (options is null || options.GetType() is var type && type.Assembly == typeof(OptionNames).Assembly)
            return;
        lock (s_gate)
        {
            if (s_registered.All(registered => registered.Options.DerivedType != type))
                throw OptionCheck.Error(owner, member, "of a registered type", type.Name, "A model could not be saved.", $"Call {type.BaseType!.Name}.Register<{type.Name}>(\"your.name\") when the program starts.");
        }
    }

    private static JsonSerializerOptions Make(IReadOnlyList<(Type Family, JsonDerivedType Options)> registered)
    {
        var resolver = new DefaultJsonTypeInfoResolver();
        resolver.Modifiers.Add(information =>
        {
            foreach (var (family, options) in registered)
            {
                if (information.Type == family)
                    information.PolymorphismOptions!.DerivedTypes.Add(options);
            }
        });
        return new JsonSerializerOptions { TypeInfoResolver = resolver };
    }
}
