namespace MetaML.Options;

/// <summary>The name by which saved models know options of this assembly.</summary>
/// <param name="name">Written into files: it stays the same for ever, whatever the type is called.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class SavedNameAttribute(string name) : Attribute
{
    /// <summary>The name, without a dot: names with one belong to other assemblies.</summary>
    public string Name { get; } = name;
}
