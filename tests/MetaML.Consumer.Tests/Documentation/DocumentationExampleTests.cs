using System.Text.RegularExpressions;
using System.Xml.Linq;
using MetaML.TestKit;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace MetaML.Consumer.Tests.Documentation;

/// <summary>The code of each example in the XML documentation compiles in a program that sees only the public API.</summary>
/// <remarks>
/// The test compiles each <c>&lt;code&gt;</c> of an <c>&lt;example&gt;</c> as a program of its own. The program has the implicit
/// usings of the SDK, <c>using MetaML</c> and <c>using Microsoft.ML</c>, and the variables of <see cref="Variables"/>.
/// An example of a new project of src needs a reference to that project in this test project.
/// </remarks>
public sealed partial class DocumentationExampleTests
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using MetaML;
        global using Microsoft.ML;
        global using static Variables;
        """;

    private const string Variables = """
        public static class Variables
        {
            public static readonly MLContext ml = new(seed: 1);
            public static readonly IDataView trainingTasks = null!, supportRows = null!, queryRows = null!;
            public static readonly ITransformer model = null!;
            public static readonly Microsoft.Extensions.AI.IEmbeddingGenerator<string, Microsoft.Extensions.AI.Embedding<float>> generator = null!;
            public static readonly Orleans.IClusterClient cluster = null!;
            public static readonly Orleans.Hosting.ISiloBuilder silo = null!;
        }
        """;

    // The assemblies of this test's process: the framework, ML.NET and the packages of src.
    private static readonly MetadataReference[] s_references = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    [Fact]
    public void EveryExample_Compiles()
    {
        (string File, string Code)[] examples = [.. Directory.EnumerateFiles(Path.Combine(SiblingProgram.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal)).SelectMany(Examples)];
        Assert.NotEmpty(examples);
        string[] errors = [.. examples.SelectMany(example => Errors(example.Code).Select(error => $"{example.File}: {error}"))];
        Assert.True(errors.Length == 0, string.Join('\n', errors));
    }

    [Theory]
    [InlineData("var options = new RidgeAdapterOptions { InitialPenalty = 10 };", true)]
    [InlineData("var options = new RidgeAdapterOptions { NoSuchOption = 10 };", false)]
    public void Errors_OfCode_TellWhetherItCompiles(string code, bool compiles) => Assert.Equal(compiles, !Errors(code).Any());

    private static IEnumerable<(string File, string Code)> Examples(string path)
    {
        string documentation = string.Join('\n', DocumentationLine().Matches(File.ReadAllText(path)).Select(line => line.Groups[1].Value));
        return Example().Matches(documentation).SelectMany(example => XElement.Parse(example.Value).Elements("code")).Select(code => (Path.GetFileName(path), code.Value));
    }

    private static IEnumerable<Diagnostic> Errors(string code)
    {
        var parsing = new CSharpParseOptions(LanguageVersion.Latest);
        SyntaxTree[] trees = [.. new[] { Usings, Variables, code }.Select(text => CSharpSyntaxTree.ParseText(text, parsing))];
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("Example", trees, s_references, options).GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
    }

    [GeneratedRegex(@"^\s*/// ?(.*?)\r?$", RegexOptions.Multiline)]
    private static partial Regex DocumentationLine();

    [GeneratedRegex(@"<example>.*?</example>", RegexOptions.Singleline)]
    private static partial Regex Example();
}
