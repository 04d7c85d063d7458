using Xunit;

namespace MetaML.Extensions.Reporting.Tests;

/// <summary>A test that opens a report in a real browser. It is skipped if there is no browser.</summary>
internal sealed class BrowserFactAttribute : FactAttribute
{
    public static readonly string? Browser =
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
         from name in new[] { "chromium", "chromium-browser", "google-chrome", "google-chrome-stable" }
         let path = Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault();

    public BrowserFactAttribute()
    {
        if (Browser is null)
            Skip = "There is no Chromium on the path (Debian's package is 'chromium').";
    }
}
