using System.Text;
using System.Text.RegularExpressions;
using MetaML.Options;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Extensions.Tests;

/// <summary>Each entry of docs/Troubleshooting.md quotes a message that the sources can give.</summary>
public sealed partial class TroubleshootingTests
{
    // Files whose messages become part of other messages, which are documented.
    private static readonly string[] s_internal = ["ElfSymbolPatch.cs", "Cholesky.cs", "CorruptedFeatureStore.cs", "EmbeddedFeatureStore.cs", "ParameterSet.cs", "FeatureScaling.cs"];

    // Entries that stand for many messages.
    private static readonly string[] s_endings = ["The file is damaged"];

    [Fact]
    public void EveryEntry_IsAMessage()
    {
        string[] messages = [.. Messages().Select(message => message.Value)];
        Assert.True(messages.Length > 100, $"{messages.Length} messages found");
        string[] stale = [.. Entries().Where(entry => !s_endings.Contains(entry) && !messages.Any(message => Fits(entry, message)))];
        Assert.True(stale.Length == 0, "no message of the sources is:\n" + string.Join('\n', stale));
    }

    // The first column of every table.
    private static string[] Entries() => [.. Entry().Matches(File.ReadAllText(Path.Combine(SiblingProgram.Root, "docs/Troubleshooting.md"))).Select(match => match.Groups[1].Value)];

    // An entry that begins or ends with … stands for several messages.
    private static bool Fits(string entry, string message) =>
        entry == message
        || (entry.StartsWith("… ", StringComparison.Ordinal) && (entry.EndsWith('…') ? message.Contains(entry.Trim('…'), StringComparison.Ordinal) : message.EndsWith(entry[1..], StringComparison.Ordinal)));

    // Each message up to its first full stop or to the given value. … stands for an interpolated part.
    private static IEnumerable<KeyValuePair<string, string>> Messages()
    {
        foreach (string path in Directory.EnumerateFiles(Path.Combine(SiblingProgram.Root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            string file = Path.GetFileName(path), code = DocumentationComment().Replace(File.ReadAllText(path), "");
            if (path.Contains("/obj/", StringComparison.Ordinal) || s_internal.Contains(file))
                continue;
            foreach (Match option in OptionError().Matches(code))
                yield return new(file, $"{(option.Groups[1].Success ? option.Groups[1].Value : "…")} must be {LiteralAt(code, option.Index + option.Length)}");
            foreach (Match error in ThrownError().Matches(code))
            {
                string message = LiteralAt(code, error.Index + error.Length);
                if (!message.Contains("The file is damaged", StringComparison.Ordinal)) // one entry for all
                    yield return new(file, End().Split(message)[0].Trim());
            }
        }
    }

    // The string literal at the given index, with … for each interpolated part.
    private static string LiteralAt(string code, int start)
    {
        var text = new StringBuilder();
        int at = start;
        Read(text);
        return text.ToString();

        void Read(StringBuilder? into)
        {
            bool isInterpolated = code[at] == '$';
            at += isInterpolated ? 2 : 1;
            for (; code[at] != '"'; at++)
            {
                if (code[at] == '\\')
                    into?.Append(code[++at]);
                else if (isInterpolated && code[at] == '{' && code[at + 1] != '{')
                    Skip(into);
                else
                    into?.Append(code[at]);
            }
        }

        void Skip(StringBuilder? into)
        {
            int depth = 1;
            for (at++; ; at++)
            {
                if (code[at] == '"' || (code[at] == '$' && code[at + 1] == '"'))
                    Read(null);
                else if (code[at] == '{')
                    depth++;
                else if (code[at] == '}' && --depth == 0)
                    break;
            }

            into?.Append('…');
        }
    }

    [GeneratedRegex(@"^\| `([^`]+)`", RegexOptions.Multiline)]
    private static partial Regex Entry();

    [GeneratedRegex(@"^\s*///.*$", RegexOptions.Multiline)]
    private static partial Regex DocumentationComment();

    [GeneratedRegex(@"; got|\. |\.$")]
    private static partial Regex End();

    [GeneratedRegex(@"OptionCheck\.Error\(\s*\w+(?:\.\w+)?,\s*(?:nameof\((?:\w+\.)?(\w+)\)|\w+|\$""[^""]*""),\s*(?=\$?"")")]
    private static partial Regex OptionError();

    [GeneratedRegex(@"(?:new \w*Exception\(|Exception \w+\([^)]*\) =>\s*new\(|[wW]arn(?:ing)?(?:\?\.Invoke)?\()\s*(?:[\w.()\[\]^]+, ){0,2}(?=\$?"")")]
    private static partial Regex ThrownError();
}
