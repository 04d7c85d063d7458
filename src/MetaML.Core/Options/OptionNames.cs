using System.Collections.Concurrent;
using System.Reflection;

namespace MetaML.Options;

/// <summary>The names of the options of adapters, encoders and task weights in JSON and in saved models: those of this assembly (<see cref="SavedNameAttribute"/>), and those that a program registered.</summary>
/// <remarks>A saved model never names a type. Thus a file can create only options whose names the program knows.</remarks>
internal static class OptionNames
{
    private static readonly Lock s_gate = new();
    private static readonly ConcurrentDictionary<Type, Dictionary<string, Type>> s_declared = new();
    private static readonly List<(Type Family, string Name, Type Options)> s_registered = [];

    // Options of the other packages of MetaML. They are found by name if the program refers to the package, so that this assembly depends on none of them.
    private static readonly Dictionary<string, (string Type, string Package)> s_packaged = new() { [PriorFitted] = ("MetaML.PriorFittedAdapterOptions", "MetaML.Pretrained") };

    /// <summary>The name of the options of the adapter by the prior-fitted network, which are in a package of their own.</summary>
    public const string PriorFitted = "prior-fitted";

    /// <summary>Registers options of another assembly.</summary>
    /// <exception cref="ArgumentException">The name has no dot, or the name or the type is already registered.</exception>
    public static void Register(Type family, Type options, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!name.Contains('.', StringComparison.Ordinal))
            throw new ArgumentException($"The name of options must hold a dot, as in \"contoso.nearest\"; got \"{name}\". Names without a dot are reserved for MetaML. Start the name with that of your organisation.", nameof(name));
        lock (s_gate)
        {
            foreach (var (other, taken, type) in s_registered)
            {
                if (other != family || (type != options && taken != name))
                    continue;
                if (type == options && taken == name)
                    return;
                throw new ArgumentException($"Each name must belong to one options type, and each type must have one name; got \"{name}\" for {options.Name}, but \"{taken}\" is {type.Name}. Saved models would be read with the wrong options. Choose another name.", nameof(name));
            }

            s_registered.Add((family, name, options));
        }
    }

    /// <summary>The options type of this name; null if none is known.</summary>
    public static Type? TypeOf(Type family, string name)
    {
        if (Declared(family).TryGetValue(name, out Type? declared))
            return declared;
        lock (s_gate)
        {
            if (s_registered.Find(entry => entry.Family == family && entry.Name == name).Options is { } registered)
                return registered;
        }

        return s_packaged.TryGetValue(name, out var packaged) && Type.GetType($"{packaged.Type}, {packaged.Package}", throwOnError: false) is { } type && type.IsSubclassOf(family) ? type : null;
    }

    /// <summary>The package that holds the options of a name; null for those of this assembly and those that are registered.</summary>
    public static string? PackageOf(string name) => s_packaged.TryGetValue(name, out var packaged) ? packaged.Package : null;

    /// <summary>The saved name of this options type; null if it has none.</summary>
    public static string? NameOf(Type family, Type options)
    {
        if (options.GetCustomAttribute<SavedNameAttribute>() is { } declared)
            return declared.Name;
        lock (s_gate)
            return s_registered.Find(registered => registered.Family == family && registered.Options == options).Name;
    }

    /// <summary>All names of a family, sorted.</summary>
    public static string[] Known(Type family)
    {
        lock (s_gate)
            return [.. Declared(family).Keys.Concat(s_registered.Where(registered => registered.Family == family).Select(registered => registered.Name)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Checks that a model with these options can be saved.</summary>
    /// <exception cref="ArgumentException">The options are of another assembly and not registered.</exception>
    public static void Check(object owner, string member, object? options)
    {
        if (options is null || options.GetType() is var type && type.Assembly == typeof(OptionNames).Assembly)
            return;
        if (NameOf(type.BaseType!, type) is null)
            throw OptionCheck.Error(owner, member, "of a registered type", type.Name, "A model could not be saved.", $"Call {type.BaseType!.Name}.Register<{type.Name}>(\"your.name\") when the program starts.");
    }

    private static Dictionary<string, Type> Declared(Type family) => s_declared.GetOrAdd(family, static family =>
        (from type in family.Assembly.GetTypes()
         where type.IsSubclassOf(family)
         let name = type.GetCustomAttribute<SavedNameAttribute>()
         where name is not null
         select (name.Name, type)).ToDictionary());
}
