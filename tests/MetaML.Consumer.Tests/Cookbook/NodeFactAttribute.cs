using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Consumer.Tests.Cookbook;

/// <summary>A test that runs a script in Node with ONNX Runtime. It is skipped if there is no Node, or if npm cannot install the runtime.</summary>
internal sealed partial class NodeFactAttribute : FactAttribute
{
    private const string Runtime = "onnxruntime-node@1.30.0";

    // The installed runtime, beside the tests, so that it is installed once.
    private static readonly string s_modules = Path.Combine(AppContext.BaseDirectory, "node");
    private static readonly Lazy<string?> s_absence = new(Install);

    public NodeFactAttribute() => Skip = s_absence.Value!;

    /// <summary>The script that a page shows.</summary>
    public static string ScriptOf(string page) => Script().Match(File.ReadAllText(Path.Combine(SiblingProgram.Root, page)).ReplaceLineEndings("\n")).Groups[1].Value;

    /// <summary>Runs a script.</summary>
    /// <returns>The numbers that it prints, one a line.</returns>
    public static float[] Run(string script, string folder)
    {
        File.WriteAllText(Path.Combine(folder, "script.mjs"), script);
        Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules"), Path.Combine(s_modules, "node_modules"));
        var (code, output) = Start("node", ["script.mjs"], folder);
        Assert.True(code == 0, output);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => float.Parse(line, CultureInfo.InvariantCulture))];
    }

    // Returns the reason why there is no runtime; null if there is one.
    private static string? Install()
    {
        if (Directory.Exists(Path.Combine(s_modules, "node_modules")))
            return null;
        Directory.CreateDirectory(s_modules);
        try
        {
            var (code, output) = Start("npm", ["install", Runtime, "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "0"], s_modules); // its script loads libraries for graphics cards
            return code == 0 ? null : $"npm cannot install {Runtime}: {output.Split('\n')[0]}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "There is no npm on the path.";
        }
    }

    private static (int Code, string Output) Start(string program, string[] arguments, string folder)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : errors.Result + output);
    }

    [GeneratedRegex(@"^```js\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Script();
}
