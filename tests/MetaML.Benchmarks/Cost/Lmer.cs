using System.Diagnostics;
using System.Globalization;

namespace MetaML.Benchmarks.Cost;

/// <summary>The cost of Fit on 125,066 tasks of two to six rows and three features, compared with lmer of R's package lme4.</summary>
/// <remarks>
/// lmer fits the smaller model, a random intercept for each task: y ~ x1 + x2 + x3 + (1 | task). This library fits random slopes
/// too, and a head for each task. R is timed without its start and without reading the file.
/// </remarks>
internal static class Lmer
{
    private const int Runs = 3;

    private const string Script = """
        suppressMessages(library(lme4))
        d <- read.csv(commandArgs(TRUE)[1])
        d$task <- factor(d$task)
        t <- system.time(m <- lmer(y ~ x1 + x2 + x3 + (1 | task), d, REML = FALSE))
        cat(sprintf("%.3f\n", t[["user.self"]] + t[["sys.self"]]))
        """;

    public static void Run()
    {
        var tasks = new LinearTasks(125_066, 2, 6, 3);
        double[] others = Reference(tasks);
        foreach (bool isDefault in new[] { false, true })
        {
            double[] own = [.. Enumerable.Range(0, Runs).Select(_ => FitCost.OfRegression(tasks, isDefault ? new MetaLearnerOptions() : FitCost.LinearPrior).ProcessorSeconds).Order()];
            double median = own[Runs / 2];
            double? ratio = others.Length == 0 ? null : Math.Round(others[Runs / 2] / median, 2);
            string setting = isDefault ? "default options" : "linear prior";
            Console.WriteLine($"lmer, {setting}: {median:F2} processor seconds ({own[0]:F2} to {own[^1]:F2}); lmer {(ratio is null ? "was not run, since Rscript with lme4 is absent" : $"{others[Runs / 2]:F2} ({others[0]:F2} to {others[^1]:F2})")}");
            Result.Print(new { speed = "lmer", setting, value = Math.Round(median, 2), unit = "processor s", peakMegabytes = Math.Round(Process.GetCurrentProcess().PeakWorkingSet64 / 1e6), ratios = new Dictionary<string, double?> { ["lmer"] = ratio }, aim = 2 });
        }
    }

    // Processor seconds of lmer, ascending; none where R or the package is absent.
    private static double[] Reference(LinearTasks tasks)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string data = Path.Combine(folder, "tasks.csv"), script = Path.Combine(folder, "lmer.R");
            File.WriteAllLines(data, tasks.Rows().Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Label},{row.Features[0]},{row.Features[1]},{row.Features[2]},{row.Task}")).Prepend("y,x1,x2,x3,task"));
            File.WriteAllText(script, Script);
            return [.. Enumerable.Range(0, Runs).Select(_ => Time(script, data)).OfType<double>().Order()];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double? Time(string script, string data)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("Rscript", [script, data]) { RedirectStandardOutput = true })!;
            string text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? double.Parse(text, CultureInfo.InvariantCulture) : null;
        }
        catch (System.ComponentModel.Win32Exception) // there is no such program
        {
            return null;
        }
    }
}
