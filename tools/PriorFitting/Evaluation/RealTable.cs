using System.Globalization;
using MetaML.Pretrained.Tables;

namespace MetaML.PriorFitting.Evaluation;

/// <summary>A real table of RealTables/tables.tsv.</summary>
/// <param name="Name">The name of its file.</param>
/// <param name="Split">"look" if results on it may be looked at; "end" if it is run once, after all choices.</param>
/// <param name="Kind">The kind of its labels.</param>
/// <param name="Rows">All rows.</param>
internal sealed record RealTable(string Name, string Split, LabelKind Kind, LabeledTable Rows)
{
    /// <summary>Reads the tables of a split.</summary>
    /// <param name="list">The file tables.tsv.</param>
    /// <param name="folder">The folder that RealTables/convert.R wrote.</param>
    /// <param name="split">"look" or "end".</param>
    public static IEnumerable<RealTable> Read(string list, string folder, string split) =>
        from line in File.ReadLines(list).Skip(1)
        let cells = line.Split('\t')
        where cells[1] == split
        let kind = Enum.Parse<LabelKind>(cells[2], ignoreCase: true)
        select new RealTable(cells[0], split, kind, ReadRows(Path.Combine(folder, cells[0] + ".csv"), kind));

    /// <summary>Draws rows of a support and of a query. Classes that the support does not have are left out, and the others are numbered anew.</summary>
    /// <param name="random">The only source of randomness.</param>
    /// <param name="support">The number of rows of the support.</param>
    /// <param name="maximumQuery">The largest number of rows of the query.</param>
    public (LabeledTable Support, LabeledTable Query) Draw(Random random, int support, int maximumQuery)
    {
        while (true)
        {
            int[] order = [.. Enumerable.Range(0, Rows.Rows)];
            random.Shuffle(order);
            int[] chosen = order[..support];
            if (Kind == LabelKind.Regression)
                return (Rows.Select(chosen), Rows.Select(order[support..Math.Min(order.Length, support + maximumQuery)]));
            float[] classes = [.. chosen.Select(row => Rows.Labels[row]).Distinct().Order()];
            int[] query = [.. order.Skip(support).Where(row => classes.Contains(Rows.Labels[row])).Take(maximumQuery)];
            if (classes.Length < 2 || query.Select(row => Rows.Labels[row]).Distinct().Count() < 2)
                continue; // AUC is not defined
            return (Renumber(Rows.Select(chosen), classes), Renumber(Rows.Select(query), classes));
        }
    }

    private static LabeledTable Renumber(LabeledTable table, float[] classes) =>
        table with { Labels = [.. table.Labels.Select(label => (float)Array.IndexOf(classes, label))], Classes = classes.Length };

    private static LabeledTable ReadRows(string path, LabelKind kind)
    {
        float[][] rows = [.. File.ReadLines(path).Skip(1).Select(line => Array.ConvertAll(line.Split(','), Number))];
        float[] labels = [.. rows.Select(row => row[0])];
        return new LabeledTable([.. rows.SelectMany(row => row.Skip(1))], rows[0].Length - 1, labels, kind == LabelKind.Regression ? 0 : (int)labels.Max() + 1);
    }

    private static float Number(string text) => text.Length == 0 ? float.NaN : float.Parse(text, CultureInfo.InvariantCulture);
}
