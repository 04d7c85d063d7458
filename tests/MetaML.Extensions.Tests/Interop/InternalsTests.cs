using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Xunit;

namespace MetaML.Extensions.Tests.Interop;

/// <summary>Any version of ML.NET may change its internal members. This test names the members that are missing.</summary>
public sealed class InternalsTests
{
    [Fact]
    public void Extensions_EveryMemberOfMLNet_IsThere()
    {
        Module module = typeof(MetaLearnerTransformer).Module;
        using var file = new PEReader(File.OpenRead(module.FullyQualifiedName));
        MetadataReader metadata = file.GetMetadataReader();
        var missing = new List<string>();
        int found = 0;
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            try
            {
                found += module.ResolveMember(MetadataTokens.GetToken(handle), GenericArguments(64), GenericArguments(64))?.DeclaringType?.Assembly.GetName().Name?.StartsWith("Microsoft.ML", StringComparison.Ordinal) == true ? 1 : 0;
            }
            catch (Exception error) when (error is MissingMemberException or TypeLoadException)
            {
                missing.Add($"{metadata.GetString(metadata.GetMemberReference(handle).Name)}: {error.Message}");
            }
        }

        Assert.Empty(missing);
        Assert.True(found > 50, $"{found} members");
    }

    private static Type[] GenericArguments(int count) => [.. Enumerable.Repeat(typeof(int), count)];
}
