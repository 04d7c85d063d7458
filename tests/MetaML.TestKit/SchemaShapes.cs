using System.Runtime.CompilerServices;
using Microsoft.ML;

namespace MetaML.TestKit;

/// <summary>The shape of a schema that ML.NET computes when a chain is fitted.</summary>
internal static class SchemaShapes
{
    public static SchemaShape Of(DataViewSchema schema) => Create(null, schema);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "Create")]
    private static extern SchemaShape Create(SchemaShape? type, DataViewSchema schema);
}
