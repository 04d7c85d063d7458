using System.Globalization;
using System.Reflection;
using System.Text;
using MetaML.Extensions.Reporting.Content;
using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Html;

/// <summary>Writes a report as one HTML file without external resources.</summary>
internal sealed class HtmlPage
{
    // The browser loads nothing from other addresses, even if a name in the data contains HTML.
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'";

    private const int LongHeadline = 130;

    private readonly StringBuilder _page = new();

    private HtmlPage()
    {
    }

    /// <summary>Creates the page of a report.</summary>
    public static string Of(Report report)
    {
        var page = new HtmlPage();
        page.Write(report);
        return page._page.ToString();
    }

    private void Write(Report report)
    {
        Raw($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="{Policy}">
            <title>{Escaped(report.Title)}</title>
            <style>
            {Fonts()}{Colors()}{Resource("report.css")}</style>
            </head>
            <body>
            <header>
            <div class="top"><p class="kind">{Escaped(report.Title)}</p><button id="theme" type="button" aria-label="Dark or light">◐</button></div>
            <h1{(report.Headline.Length > LongHeadline ? " class=\"long\"" : "")}>{Escaped(report.Headline)}</h1>

            """);
        if (report.Verdict is { } verdict)
        {
            string style = verdict.IsGood switch { true => "good", false => "bad", _ => "open" };
            Raw($"<p class=\"verdict {style}\">{Escaped(verdict.Text)}</p>\n");
        }

        if (report.Reason is not null)
            Raw($"<p class=\"reason\">{Escaped(report.Reason)}</p>\n");
        if (report.Facts.Count > 0)
            Raw($"<dl class=\"facts\">{string.Concat(report.Facts.Select(fact => $"<div><dt>{Escaped(fact.Name)}</dt><dd>{Escaped(fact.Value)}</dd></div>"))}</dl>\n");
        if (report.Sections.Count > 1)
            Raw($"<nav aria-label=\"Sections\">{string.Join(' ', report.Sections.Select(section => $"<a href=\"#{section.Name}\">{Escaped(section.Title)}</a>"))}</nav>\n");
        Raw("</header>\n<main>\n");
        foreach (ReportSection section in report.Sections)
            Write(section);
        Raw($"</main>\n<footer><p>MetaML.Extensions.Reporting {Escaped(Version())}</p></footer>\n<script>\n{Resource("report.js")}</script>\n</body>\n</html>\n");
    }

    private void Write(ReportSection section)
    {
        Raw($"<section id=\"{section.Name}\" aria-labelledby=\"{section.Name}-title\">\n<h2 id=\"{section.Name}-title\">{Escaped(section.Title)}</h2>\n");
        foreach (string text in section.Text)
            Raw($"<p>{Escaped(text)}</p>\n");
        if (section.Figures.Count > 0)
        {
            Raw("<div class=\"figures\">\n");
            foreach (Figure figure in section.Figures)
                Raw($"<figure{(figure.IsHalf ? " class=\"pair\"" : "")}><figcaption>{Escaped(figure.Title)}</figcaption>{string.Concat(figure.ToSvg())}</figure>\n");
            Raw("</div>\n");
        }

        foreach (ReportTable table in section.Tables)
            Write(table);
        Raw("</section>\n");
    }

    private void Write(ReportTable table)
    {
        Raw($"<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"{Escaped(table.Caption)}\"><table>\n<caption><span>{Escaped(table.Caption)}</span></caption>\n<thead><tr>");
        foreach ((string head, bool isNumeric) in table.Columns)
            Raw($"<th scope=\"col\"{(isNumeric ? " class=\"n\"" : "")}><button type=\"button\">{Escaped(head)}</button></th>");
        Raw("</tr></thead>\n<tbody>\n");
        for (int i = 0; i < table.Rows.Count; i++)
        {
            Raw(i == table.Highlighted ? "<tr class=\"best\">" : "<tr>");
            for (int j = 0; j < table.Columns.Count; j++)
            {
                Cell cell = table.Rows[i][j];
                string style = table.Columns[j].IsNumeric ? " class=\"n\"" : "";
                string value = cell.Number is { } number ? string.Create(CultureInfo.InvariantCulture, $" data-v=\"{number:R}\"") : "";
                Raw(j == 0 ? $"<th scope=\"row\"{value}>{Escaped(cell.Text)}</th>" : $"<td{style}{value}>{Escaped(cell.Text)}</td>");
            }

            Raw("</tr>\n");
        }

        Raw("</tbody>\n</table></div>\n");
        if (table.Note is not null)
            Raw($"<p class=\"note\">{Escaped(table.Note)}</p>\n");
    }

    private void Raw(string html) => _page.Append(html);

    private static string Escaped(string text) => HtmlText.Escape(text);

    private static string Fonts() => Face("Inter-Regular.woff2", 400) + Face("Inter-SemiBold.woff2", 600);

    private static string Face(string resource, int weight) =>
        $"@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/woff2;base64,{Convert.ToBase64String(Bytes(resource))}) format('woff2')}}\n";

    // The colours follow the button of the page. Without a choice they follow the system. The default is light.
    private static string Colors()
    {
        string light = string.Concat(Palette.Colors.Select(color => $"--{color.Name}:{color.Light};"));
        string dark = string.Concat(Palette.Colors.Select(color => $"--{color.Name}:{color.Dark};"));
        return $$"""
            :root{color-scheme:light;{{light}}}
            @media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;{{dark}}} }
            @media screen{:root[data-theme=dark]{color-scheme:dark;{{dark}}} }

            """;
    }

    private static string Resource(string name) => Encoding.UTF8.GetString(Bytes(name));

    private static byte[] Bytes(string name)
    {
        using Stream stream = typeof(HtmlPage).Assembly.GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string Version() =>
        typeof(HtmlPage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
