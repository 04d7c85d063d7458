using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Xunit;

namespace MetaML.Extensions.Tests.Interop;

/// <summary>Any version of ML.NET may change its internal members. This test names the members that are missing.</summary>
public sealed class InternalsTests
{
    // A type parameter has no constraint that one of these does not fit.
    private static readonly Type[] s_arguments = [typeof(int), typeof(Anything)];

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
            var errors = new List<string>();
            foreach (Type argument in s_arguments)
            {
                try
                {
                    Type[] arguments = [.. Enumerable.Repeat(argument, 64)];
                    found += module.ResolveMember(MetadataTokens.GetToken(handle), arguments, arguments)?.DeclaringType?.Assembly.GetName().Name?.StartsWith("Microsoft.ML", StringComparison.Ordinal) == true ? 1 : 0;
                    break;
                }
                catch (Exception error) when (error is MissingMemberException or TypeLoadException)
                {
                    errors.Add($"{metadata.GetString(metadata.GetMemberReference(handle).Name)}: {error.Message}");
                }
            }

            missing.AddRange(errors.Count == s_arguments.Length ? errors : []);
        }

        Assert.Empty(missing);
        Assert.True(found > 50, $"{found} members");
    }

    private sealed class Anything;
}
