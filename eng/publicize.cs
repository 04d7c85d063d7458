// Copies assemblies and makes internal types and members public in the copies:
//   dotnet run --file eng/publicize.cs -- <output folder> <assembly> …
// Only the compiler reads the copies. Persistence needs members that are internal to ML.NET. At run time IgnoresAccessChecksToAttribute
// gives access to the same members of the original assemblies.
// Private members stay private. "private protected" becomes "protected", so that such members can be overridden.
#:property PublishAot=false
#:property EnforceCodeStyleInBuild=false

using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

foreach (string input in args[1..])
{
    byte[] image = File.ReadAllBytes(input);
    Publicize(image);
    Directory.CreateDirectory(args[0]);
    File.WriteAllBytes(Path.Combine(args[0], Path.GetFileName(input)), image);
}

static void Publicize(byte[] image)
{
    using var file = new PEReader(new MemoryStream(image));
    MetadataReader metadata = file.GetMetadataReader();
    int start = file.PEHeaders.MetadataStartOffset;

    // The offset of the flags in a row of each table: ECMA-335, II.22.37 (TypeDef), II.22.15 (Field), II.22.26 (MethodDef).
    foreach (Span<byte> flags in Rows(TableIndex.TypeDef, 0))
        flags[0] = (byte)((flags[0] & ~(int)TypeAttributes.VisibilityMask) | (int)OfType((TypeAttributes)flags[0] & TypeAttributes.VisibilityMask));
    foreach (Span<byte> flags in Rows(TableIndex.Field, 0))
        flags[0] = OfMember(flags[0]);
    foreach (Span<byte> flags in Rows(TableIndex.MethodDef, 6))
        flags[0] = OfMember(flags[0]);

    RowEnumerator Rows(TableIndex table, int offset) =>
        new(image, start + metadata.GetTableMetadataOffset(table) + offset, metadata.GetTableRowSize(table), metadata.GetTableRowCount(table));
}

static TypeAttributes OfType(TypeAttributes visibility) => visibility switch
{
    TypeAttributes.NotPublic => TypeAttributes.Public,
    TypeAttributes.NestedAssembly => TypeAttributes.NestedPublic,
    TypeAttributes.NestedFamANDAssem => TypeAttributes.NestedFamily,
    _ => visibility,
};

// The lowest three bits have the same meaning for fields and methods.
static byte OfMember(byte flags) => (byte)((flags & ~(int)MethodAttributes.MemberAccessMask) | (int)(((MethodAttributes)flags & MethodAttributes.MemberAccessMask) switch
{
    MethodAttributes.Assembly => MethodAttributes.Public,
    MethodAttributes.FamANDAssem => MethodAttributes.Family,
    MethodAttributes access => access,
}));

internal ref struct RowEnumerator(byte[] image, int first, int size, int count)
{
    private int _row = -1;

    public readonly Span<byte> Current => image.AsSpan(first + _row * size, size);

    public bool MoveNext() => ++_row < count;

    public readonly RowEnumerator GetEnumerator() => this;
}
