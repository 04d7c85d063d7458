using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace MetaML.Extensions.Reporting.Text;

/// <summary>Text from data as text in HTML, in content and in quoted attributes.</summary>
internal static class HtmlText
{
    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static string Escape(string text) => s_encoder.Encode(text);
}
