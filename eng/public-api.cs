// Updates the PublicAPI.Unshipped.txt of each package, or of the named ones, from its sources: dotnet run eng/public-api.cs [name …]
#:property PublishAot=false
#:property EnforceCodeStyleInBuild=false
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

string root = Path.GetFullPath("..", Folder());
foreach (string folder in Directory.GetDirectories(Path.Combine(root, "src")).Where(folder => args.Length == 0 || args.Contains(Path.GetFileName(folder))).Order(StringComparer.Ordinal))
{
    string file = Path.Combine(folder, "PublicAPI.Unshipped.txt");
    string output = Build(folder);
    string[] added = Symbols(output, "RS0016"), removed = Symbols(output, "RS0017");
    string[] lines = File.ReadAllLines(file);
    File.WriteAllLines(file, [.. lines.Where(line => line.StartsWith('#')), .. lines.Where(line => !line.StartsWith('#')).Except(removed).Union(added).Order(StringComparer.Ordinal)]);
    Console.WriteLine($"{Path.GetFileName(folder)}: {added.Length} added, {removed.Length} removed");
}

static string Build(string project)
{
    using Process process = Process.Start(new ProcessStartInfo("dotnet", ["build", "-c", "Release", "--no-incremental", "-p:TreatWarningsAsErrors=false", "-v:q", "--nologo", project]) { RedirectStandardOutput = true })!;
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode == 0 ? output : throw new InvalidOperationException(output);
}

static string[] Symbols(string output, string rule) => [.. Regex.Matches(output, $"{rule}: Symbol '(.*?)' is (not )?part of the declared").Select(match => match.Groups[1].Value).Distinct()];

static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
