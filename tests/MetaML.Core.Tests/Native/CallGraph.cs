using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace MetaML.Core.Tests.Native;

/// <summary>Which methods an assembly's methods call, read from its instructions.</summary>
internal sealed class CallGraph
{
    private static readonly Dictionary<int, OpCode> s_opCodes = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value & 0xffff);

    private readonly Dictionary<string, HashSet<string>> _callees = [];

    public CallGraph(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            MethodDefinition method = metadata.GetMethodDefinition(handle);
            var callees = new HashSet<string>();
            if (method.RelativeVirtualAddress != 0)
                Read(metadata, file.GetMethodBody(method.RelativeVirtualAddress).GetILContent(), callees);
            string name = NameOf(metadata, handle);
            if (_callees.TryGetValue(name, out HashSet<string>? known))
                known.UnionWith(callees);
            else
                _callees.Add(name, callees);
        }
    }

    /// <summary>Names are Type.Method(parameters), for the assembly's own methods and for those of others that it calls.</summary>
    public IEnumerable<(string Caller, string Callee)> Calls => _callees.SelectMany(pair => pair.Value.Select(callee => (pair.Key, callee)));

    /// <summary>All methods of the assembly that call one of these, directly or not.</summary>
    public HashSet<string> CallersOf(Func<string, bool> isTarget)
    {
        var found = new HashSet<string>(_callees.Where(pair => pair.Value.Any(isTarget)).Select(pair => pair.Key));
        for (int before = -1; before != found.Count;)
        {
            before = found.Count;
            found.UnionWith(_callees.Where(pair => pair.Value.Overlaps(found)).Select(pair => pair.Key).ToArray());
        }

        return found;
    }

    private static void Read(MetadataReader metadata, ImmutableArray<byte> content, HashSet<string> callees)
    {
        byte[] code = [.. content];
        for (int at = 0; at < code.Length;)
        {
            int value = code[at++];
            if (value == 0xfe)
                value = 0xfe00 | code[at++];
            OpCode operation = s_opCodes[value];
            if (operation.OperandType is OperandType.InlineMethod or OperandType.InlineTok)
            {
                EntityHandle handle = MetadataTokens.EntityHandle(BitConverter.ToInt32(code, at));
                if (handle.Kind == HandleKind.MethodSpecification)
                    handle = metadata.GetMethodSpecification((MethodSpecificationHandle)handle).Method;
                if (handle.Kind is HandleKind.MethodDefinition or HandleKind.MemberReference)
                    callees.Add(NameOf(metadata, handle));
            }

            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
        }
    }

    private static string NameOf(MetadataReader metadata, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.MethodDefinition)
        {
            MethodDefinition method = metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
            return $"{TypeName(metadata, method.GetDeclaringType())}.{metadata.GetString(method.Name)}({Parameters(metadata, method.Signature)})";
        }

        MemberReference member = metadata.GetMemberReference((MemberReferenceHandle)handle);
        string parameters = member.GetKind() == MemberReferenceKind.Method ? Parameters(metadata, member.Signature) : "";
        return $"{TypeName(metadata, member.Parent)}.{metadata.GetString(member.Name)}({parameters})";
    }

    private static string TypeName(MetadataReader metadata, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                TypeDefinition definition = metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
                return Join(definition.GetDeclaringType() is { IsNil: false } outer ? TypeName(metadata, outer) : metadata.GetString(definition.Namespace), metadata.GetString(definition.Name));
            case HandleKind.TypeReference:
                TypeReference reference = metadata.GetTypeReference((TypeReferenceHandle)handle);
                return Join(reference.ResolutionScope.Kind == HandleKind.TypeReference ? TypeName(metadata, reference.ResolutionScope) : metadata.GetString(reference.Namespace), metadata.GetString(reference.Name));
            case HandleKind.TypeSpecification:
                return metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(new Names(), null);
            default:
                return "?";
        }
    }

    private static string Join(string outer, string name) => outer.Length == 0 ? name : $"{outer}.{name}";

    private static string Parameters(MetadataReader metadata, BlobHandle signature)
    {
        BlobReader reader = metadata.GetBlobReader(signature);
        return string.Join(",", new SignatureDecoder<string, object?>(new Names(), metadata, null).DecodeMethodSignature(ref reader).ParameterTypes);
    }

    private sealed class Names : ISignatureTypeProvider<string, object?>
    {
        public string GetArrayType(string elementType, ArrayShape shape) => elementType + "[,]";

        public string GetByReferenceType(string elementType) => elementType + "&";

        public string GetFunctionPointerType(MethodSignature<string> signature) => "*()";

        public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => $"{genericType}<{string.Join(",", typeArguments)}>";

        public string GetGenericMethodParameter(object? genericContext, int index) => $"!!{index}";

        public string GetGenericTypeParameter(object? genericContext, int index) => $"!{index}";

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

        public string GetPinnedType(string elementType) => elementType;

        public string GetPointerType(string elementType) => elementType + "*";

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => TypeName(reader, handle);

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => TypeName(reader, handle);

        public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) => TypeName(reader, handle);
    }
}
