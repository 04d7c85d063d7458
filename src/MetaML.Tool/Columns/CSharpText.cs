using System.Globalization;
using System.Text;

namespace MetaML.Tool.Columns;

/// <summary>Texts and names of columns in C#.</summary>
internal static class CSharpText
{
    /// <summary>A literal: quoted and escaped.</summary>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (char character in text)
        {
            if (character is '"' or '\\')
                literal.Append('\\').Append(character);
            else if (char.IsControl(character) || character is '\u2028' or '\u2029' or '\u0085')
                literal.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
            else
                literal.Append(character);
        }

        return literal.Append('"').ToString();
    }

    /// <summary>Literals, separated by commas.</summary>
    public static string Literals(IEnumerable<string> texts) => string.Join(", ", texts.Select(Literal));

    /// <summary>The name of a property: "living_area" becomes LivingArea.</summary>
    public static string PropertyName(string column)
    {
        var name = new StringBuilder();
        bool isStart = true;
        foreach (char character in column)
        {
            bool isPart = char.IsAsciiLetterOrDigit(character) || (character > 127 && char.IsLetter(character));
            if (isPart)
                name.Append(isStart ? char.ToUpperInvariant(character) : character);
            isStart = !isPart;
        }

        return name.Length == 0 || char.IsDigit(name[0]) ? $"Column{name}" : name.ToString();
    }
}
