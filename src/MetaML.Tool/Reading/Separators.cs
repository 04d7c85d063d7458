using System.Text;

namespace MetaML.Tool.Reading;

/// <summary>Finds the character that separates the cells of a text file.</summary>
internal static class Separators
{
    private const int SampleCharacters = 1 << 18, SampleRows = 100;

    private static readonly char[] s_candidates = [',', ';', '\t', '|'];

    /// <summary>The candidate by which most of the first lines have the same number of cells as the first line; a comma if there is one cell in each.</summary>
    public static char Find(string path, Encoding encoding)
    {
        using StreamReader reader = TextFile.Open(path, encoding);
        char[] sample = new char[SampleCharacters];
        int count = reader.ReadBlock(sample);
        ReadOnlySpan<char> text = sample.AsSpan(0, count);
        char best = ',';
        double bestScore = 0;
        foreach (char candidate in s_candidates)
        {
            List<int> cells = CellCounts(text, candidate, isCut: count == SampleCharacters);
            if (cells.Count == 0 || cells[0] < 2)
                continue;
            // More cells decide only between separators that fit equally well.
            double score = cells.Count(number => number == cells[0]) / (double)cells.Count + 1e-6 * Math.Min(cells[0], 1000);
            if (score > bestScore)
                (best, bestScore) = (candidate, score);
        }

        return best;
    }

    private static List<int> CellCounts(ReadOnlySpan<char> text, char separator, bool isCut)
    {
        var counts = new List<int>();
        int cells = 1;
        bool isQuoted = false, isEmpty = true;
        foreach (char character in text)
        {
            if (character == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (!isQuoted && character == separator)
            {
                cells++;
            }
            else if (!isQuoted && character == '\n')
            {
                if (!isEmpty)
                    counts.Add(cells);
                if (counts.Count == SampleRows)
                    return counts;
                (cells, isEmpty) = (1, true);
                continue;
            }

            isEmpty &= character == '\r';
        }

        if (!isEmpty && (!isCut || counts.Count == 0))
            counts.Add(cells);
        return counts;
    }
}
