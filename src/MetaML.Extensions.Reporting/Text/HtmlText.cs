using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace MetaML.Extensions.Reporting.Text;

/// <summary>Escapes text from data for HTML content and quoted attributes.</summary>
internal static class HtmlText
{
    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static string Escape(string text) => s_encoder.Encode(text);
}
