using System.Reflection;

namespace MetaML.Options;

/// <summary>The version of this library.</summary>
internal static class LibraryVersion
{
    /// <summary>The version of the package, without the commit.</summary>
    public static readonly string Current = typeof(LibraryVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
