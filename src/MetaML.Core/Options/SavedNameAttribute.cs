namespace MetaML.Options;

/// <summary>The name of an options type of this assembly in saved models.</summary>
/// <param name="name">Files contain this name. It never changes, even if the type is renamed.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class SavedNameAttribute(string name) : Attribute
{
    /// <summary>The name. It has no dot, because names with a dot belong to other assemblies.</summary>
    public string Name { get; } = name;
}
