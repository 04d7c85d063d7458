using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Extensions.Reporting.Tests;

public partial class BrowserTests
{
    // These scripts run in the report, inside a frame of the tested width. They send their findings to the outer page.
    private const string Errors = """
        <script>
        const errors = [];
        addEventListener('error', e => errors.push(String(e.message)));
        addEventListener('securitypolicyviolation', e => errors.push('policy: ' + e.violatedDirective + ' ' + e.blockedURI));
        for (const level of ['error', 'warn']) console[level] = (...what) => errors.push(what.join(' '));
        </script>
        """;

    private const string Probe = """
        <script>
        addEventListener('load', () => document.fonts.ready.then(() => {
          const isShown = e => { const box = e.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
          const numbers = () => [...document.querySelectorAll('#tasks tbody tr')].map(row => Number(row.cells[3].dataset.v));
          document.querySelectorAll('#tasks thead button')[3].click();
          const falling = numbers();
          document.querySelectorAll('#tasks thead button')[3].click();
          const rising = numbers();
          const surface = () => getComputedStyle(document.querySelector('section')).backgroundColor;
          const before = surface();
          document.getElementById('theme').click();
          parent.postMessage(JSON.stringify({
            errors,
            width: innerWidth,
            clientWidth: document.documentElement.clientWidth,
            scrollWidth: document.documentElement.scrollWidth,
            figures: [...document.querySelectorAll('figure')].map(f => [...f.querySelectorAll('svg')].filter(isShown).length),
            outside: [...document.querySelectorAll('svg')].filter(isShown).flatMap(svg => [...svg.querySelectorAll('text')].filter(t => {
              const a = t.getBoundingClientRect(), b = svg.getBoundingClientRect();
              return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
            }).map(t => t.textContent)),
            font: document.fonts.check('16px Inter'),
            falling, rising, themes: [before, surface()],
          }), '*');
        }));
        </script>
        """;

    [BrowserFact]
    public void Report_OnAPhone_FitsAndWorks() => Check(390, SomeResults.Experiment());

    [BrowserFact]
    public void Report_OnAWideScreen_FitsAndWorks() => Check(1280, SomeResults.Experiment());

    [BrowserFact]
    public void Report_LongAndStrangeNames_FitOnAPhone() => Check(390, SomeResults.Experiment(
        tasks: 1000, name: task => $"<b>Averyveryverylongnamewithoutanyblank_{task}_andthenabitmore & \"quoted\"", relatedTasks: 40, weightedTasks: 100));

    private static void Check(int width, ExperimentResult result)
    {
        using var folder = new TemporaryFolder();
        result.SaveHtml(folder["report.html"]);
        string html = File.ReadAllText(folder["report.html"]);
        File.WriteAllText(folder["checked.html"], html.Replace("<title>", Errors + "<title>").Replace("</body>", Probe + "</body>"));
        File.WriteAllText(folder["frame.html"], $"<!DOCTYPE html><iframe src=\"checked.html\" style=\"width:{width}px;height:900px;border:0\"></iframe><pre></pre>"
            + "<script>addEventListener('message', e => document.querySelector('pre').textContent = e.data)</script>");

        string page = Run(folder["frame.html"], folder["profile"]);
        string message = WebUtility.HtmlDecode(Message().Match(page).Groups[1].Value);
        Assert.True(message.Length > 0, page);
        using JsonDocument json = JsonDocument.Parse(message);
        JsonElement findings = json.RootElement;
        Assert.Empty(findings.GetProperty("errors").EnumerateArray());
        Assert.Equal(width, findings.GetProperty("width").GetInt32());
        Assert.Equal(findings.GetProperty("clientWidth").GetInt32(), findings.GetProperty("scrollWidth").GetInt32()); // without the scroll bar
        int[] figures = [.. findings.GetProperty("figures").EnumerateArray().Select(count => count.GetInt32())];
        Assert.True(figures.Length >= 6);
        Assert.All(figures, count => Assert.Equal(1, count)); // exactly one of the two widths of each plot is visible
        Assert.Empty(findings.GetProperty("outside").EnumerateArray());
        Assert.True(findings.GetProperty("font").GetBoolean());
        double[] falling = Numbers("falling");
        Assert.Equal(falling.OrderDescending(), falling);
        Assert.Equal(falling.Order(), Numbers("rising"));
        Assert.Equal(2, findings.GetProperty("themes").EnumerateArray().Select(color => color.GetString()).Distinct().Count());

        double[] Numbers(string name) => [.. findings.GetProperty(name).EnumerateArray().Select(number => number.GetDouble())];
    }

    private static string Run(string page, string profile)
    {
        var start = new ProcessStartInfo(BrowserFactAttribute.Browser!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in new[] { "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", $"--user-data-dir={profile}", "--window-size=1400,1000", "--virtual-time-budget=10000", "--dump-dom", new Uri(page).AbsoluteUri })
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(1)))
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        _ = errors.Result;
        return output.Result;
    }

    [GeneratedRegex("<pre>(.*?)</pre>", RegexOptions.Singleline)]
    private static partial Regex Message();
}
