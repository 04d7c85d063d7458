using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MetaML.Models;
using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Interop;

/// <summary>Only a few folders use internal members of ML.NET. After an update of ML.NET these folders are reviewed first.</summary>
public sealed partial class InternalNamesTests
{
    // Interop, and the folders of formats and transformers, whose base classes have internal members.
    private static readonly string[] s_folders = ["Interop", "Persistence", "Transformers", "Ensembles"];

    private static readonly Type[] s_types = [.. new[] { typeof(DataViewSchema).Assembly, typeof(IEstimator<>).Assembly, typeof(MLContext).Assembly }.Distinct().SelectMany(assembly => assembly.GetTypes())];

    [Fact]
    public void Sources_OutsideInterop_NameNoInternalOfMLNet()
    {
        string source = Path.Combine(SiblingProgram.Root, "src", "MetaML.Extensions");
        HashSet<string> types = InternalTypes(), extensions = InternalExtensions();
        var used = new List<string>();
        int inside = 0;
        foreach (string path in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            string file = Path.GetRelativePath(source, path).Replace(Path.DirectorySeparatorChar, '/');
            if (file.Split('/')[0] is "bin" or "obj")
                continue;
            string code = CommentOrText().Replace(File.ReadAllText(path), " ");
            IEnumerable<string> names = [.. TypeName().Matches(code).Select(match => match.Value).Where(types.Contains), .. Call().Matches(code).Select(match => match.Groups[1].Value).Where(extensions.Contains)];
            if (s_folders.Contains(file.Split('/')[0]))
                inside += names.Count();
            else
                used.AddRange(names.Distinct().Select(name => $"{file}: {name}"));
        }

        Assert.True(used.Count == 0, string.Join("; ", used));
        Assert.True(inside > 20, $"{inside} uses in {string.Join(", ", s_folders)}");
    }

    private static HashSet<string> InternalTypes()
    {
        IEnumerable<string> Names(bool isVisible) => s_types.Where(type => !type.IsNested && type.IsVisible == isVisible && !HasOnlyConstants(type)).Select(type => type.Name.Split('`')[0]);
        HashSet<string> names = [.. Names(isVisible: false)];
        names.ExceptWith(Names(isVisible: true));
        names.ExceptWith(typeof(MetaLearnerTransformer).Assembly.GetTypes().Select(type => type.Name.Split('`')[0]));
        return names;
    }

    private static HashSet<string> InternalExtensions()
    {
        IEnumerable<string> Names(bool isVisible) => s_types.SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Where(method => (isVisible || method.IsDefined(typeof(ExtensionAttribute), inherit: false)) && (type.IsVisible && method.IsPublic) == isVisible)).Select(method => method.Name);
        HashSet<string> names = [.. Names(isVisible: false)];
        names.ExceptWith(Names(isVisible: true));
        Type[] others = [.. typeof(MetaLearnerTransformer).Assembly.GetTypes(), .. typeof(MetaModel).Assembly.GetTypes(), typeof(Enumerable), typeof(Random)]; // names of other methods are not counted
        names.ExceptWith(others.SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)).Select(method => method.Name));
        return names;
    }

    // The compiler copies constants, so that the type is not needed at run time.
    private static bool HasOnlyConstants(Type type) => type.IsAbstract && type.IsSealed
        && type.GetMembers(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).All(member => member is FieldInfo { IsLiteral: true });

    [GeneratedRegex(@"//.*|""(?:[^""\\\n]|\\.)*""")]
    private static partial Regex CommentOrText();

    // The name of a type: neither a method nor a member.
    [GeneratedRegex(@"(?<=\bnew )[A-Z]\w+|(?<![.\w])[A-Z]\w+\b(?!\()")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\.([A-Z]\w+)(?:<[^>]*>)?\(")]
    private static partial Regex Call();
}
