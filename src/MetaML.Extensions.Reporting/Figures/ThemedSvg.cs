using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>Turns what Skia writes into an element of a page: the page's colours and letters, no identifiers, as small as it gets.</summary>
internal static partial class ThemedSvg
{
    private static readonly Dictionary<string, string> s_variables = Palette.Colors.ToDictionary(color => color.Light, color => $"var(--{color.Name})");

    /// <param name="svg">A whole SVG document.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="texts">What its texts stand for.</param>
    /// <param name="description">What one sees.</param>
    /// <param name="style">The element's class.</param>
    public static string Of(string svg, int width, int height, IReadOnlyDictionary<string, string> texts, string description, string style)
    {
        XElement root = XDocument.Parse(svg).Root!;
        var page = new XElement(
            "svg",
            new XAttribute("class", style),
            new XAttribute("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {width} {height}")),
            new XAttribute("role", "img"),
            new XAttribute("aria-label", description));
        XElement? last = null;
        foreach (XElement element in root.Descendants().Where(IsDrawn))
        {
            XElement next = Restyled(element, texts);
            if (last is not null && next.Name == "path" && Look(next) == Look(last)) // many small boxes of one colour become one path
            {
                last.SetAttributeValue("d", last.Attribute("d")!.Value + next.Attribute("d")!.Value);
                continue;
            }

            page.Add(next);
            last = next.Name == "path" && next.Attribute("fill")?.Value is not (null or "none") ? next : null;
        }

        return page.ToString(SaveOptions.DisableFormatting);
    }

    // Clip paths are not needed, since nothing is drawn outside; the background is the page's.
    private static bool IsDrawn(XElement element) =>
        element.Name.LocalName is "path" or "ellipse" or "text" or "circle" or "line" or "polygon" or "rect"
        && element.Ancestors().All(ancestor => ancestor.Name.LocalName != "clipPath")
        && element.Attribute("fill-opacity")?.Value != "0"
        && !(element.Name.LocalName == "rect" && element.Attribute("x") is null);

    private static XElement Restyled(XElement element, IReadOnlyDictionary<string, string> texts)
    {
        var restyled = new XElement(element.Name.LocalName);
        foreach (XAttribute attribute in element.Attributes())
        {
            switch (attribute.Name.LocalName)
            {
                case "fill" or "stroke":
                    string color = attribute.Value == "white" ? Palette.Surface : attribute.Value.ToLowerInvariant();
                    restyled.SetAttributeValue(attribute.Name.LocalName, s_variables.GetValueOrDefault(color, color));
                    break;
                case "font-family" or "font-weight" or "stroke-miterlimit" or "style":
                    break;
                case "x" or "y" when element.Name.LocalName == "text": // a place for each letter: the first is enough
                    restyled.SetAttributeValue(attribute.Name.LocalName, Rounded(attribute.Value.Split(',')[0]));
                    break;
                default:
                    restyled.SetAttributeValue(attribute.Name.LocalName, Rounded(attribute.Value));
                    break;
            }
        }

        if (element.Name.LocalName == "text")
        {
            string drawn = element.Value.Trim();
            restyled.Value = texts.GetValueOrDefault(drawn, drawn);
        }

        return restyled;
    }

    private static string Rounded(string numbers) =>
        Number().Replace(numbers, number => Math.Round(double.Parse(number.Value, CultureInfo.InvariantCulture), 1).ToString("0.#", CultureInfo.InvariantCulture));

    private static string Look(XElement element) => string.Join(' ', element.Attributes().Where(attribute => attribute.Name != "d").Select(attribute => $"{attribute.Name}={attribute.Value}"));

    [GeneratedRegex(@"-?\d*\.\d+(e[-+]?\d+)?|-?\d+e[-+]?\d+")]
    private static partial Regex Number();
}
