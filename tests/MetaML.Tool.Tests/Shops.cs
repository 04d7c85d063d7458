using System.Globalization;
using System.Text;

namespace MetaML.Tool.Tests;

/// <summary>Tables of shops: the price lowers the sales of every shop, by an amount that differs between shops.</summary>
internal static class Shops
{
    public const string Header = "shop,day,price,weather,remark,sales,sold_out,mood";

    /// <summary>The rows of some shops, with a header.</summary>
    /// <param name="first">The first shop.</param>
    /// <param name="count">Number of shops.</param>
    /// <param name="days">Days of each shop.</param>
    public static string Csv(int first, int count, int days)
    {
        var text = new StringBuilder(Header).Append('\n');
        for (int shop = first; shop < first + count; shop++)
        {
            var random = new Random(100 + shop);
            double slope = 1 + random.NextDouble(), level = 10 + random.NextDouble();
            for (int i = 0; i < days; i++)
            {
                double price = random.NextDouble() * 4;
                bool isSunny = random.Next(2) == 0;
                double sales = level - slope * price + (isSunny ? 2 : 0) + 0.3 * (random.NextDouble() - 0.5);
                string mood = sales > 10 ? "good" : sales > 7 ? "fair" : "poor";
                text.Append(CultureInfo.InvariantCulture, $"shop {shop},{new DateTime(2024, 1, 1).AddDays(i * 7):yyyy-MM-dd},{(i % 11 == 5 ? "NA" : price.ToString("F3", CultureInfo.InvariantCulture))},{(isSunny ? "sunny" : "rainy")},\"a {(isSunny ? "bright" : "grey")} day, number {i} of shop {shop}\",{sales:F3},{(sales > 9 ? "yes" : "no")},{mood}\n");
            }
        }

        return text.ToString();
    }
}
