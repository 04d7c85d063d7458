using System.Globalization;
using System.Text.RegularExpressions;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Extensions.Tests;

public sealed partial class ReadmeTests
{
    private static string Readme => File.ReadAllText(Path.Combine(SiblingProgram.Root, "README.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Example_IsTheProgramThatIsBuilt()
    {
        string program = File.ReadAllText(Path.Combine(SiblingProgram.Root, "examples/FirstSteps/Program.cs")).ReplaceLineEndings("\n");
        Assert.Contains($"```csharp\n{program.TrimEnd()}\n```", Readme);
    }

    [Fact]
    public void Example_Runs_AndPrintsWhatTheReadmeSays()
    {
        using var folder = new TemporaryFolder();
        string output = SiblingProgram.Run("examples/FirstSteps", Path.GetDirectoryName(folder["."])!);
        Assert.True(File.Exists(folder["shops.zip"]));
        Assert.Equal(Accuracy(Readme), Accuracy(output), 0.05); // other processors round otherwise
    }

    private static double Accuracy(string text) => double.Parse(AccuracyLine().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^accuracy ([0-9.]+), AUC", RegexOptions.Multiline)]
    private static partial Regex AccuracyLine();
}
