using System.Globalization;
using Xunit;

namespace MetaML.Extensions.Reporting.Tests;

/// <summary>Runs code in a culture with a decimal comma and other unusual separators.</summary>
internal static class Foreign
{
    public static T Culture<T>(Func<T> run)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        var foreign = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        foreign.NumberFormat.NumberDecimalSeparator = ",";
        foreign.NumberFormat.NumberGroupSeparator = ".";
        foreign.NumberFormat.NegativeSign = "~";
        foreign.DateTimeFormat.DateSeparator = "!";
        try
        {
            CultureInfo.CurrentCulture = foreign;
            Assert.Equal("~1,5", string.Format(CultureInfo.CurrentCulture, "{0}", -1.5));
            return run();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
