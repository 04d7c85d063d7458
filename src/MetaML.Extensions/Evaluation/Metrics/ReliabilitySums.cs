namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>Sums over rows in bins of their predicted probability.</summary>
internal sealed class ReliabilitySums
{
    private const int BinCount = 10;

    private readonly long[] _rows = new long[BinCount];
    private readonly double[] _probabilities = new double[BinCount];
    private readonly double[] _hits = new double[BinCount];

    /// <summary>Adds the rows of a task. Numbers that are not probabilities are left out.</summary>
    public void Add(LabelKind kind, TaskScores rows)
    {
        for (int i = 0; i < rows.Count && kind != LabelKind.Regression; i++)
        {
            float probability = kind == LabelKind.Binary ? rows.Probabilities[i] : rows.Confidences[i];
            if (!(probability is >= 0 and <= 1))
                continue;
            int bin = Math.Min((int)(probability * BinCount), BinCount - 1);
            _rows[bin]++;
            _probabilities[bin] += probability;
            _hits[bin] += (kind == LabelKind.Binary ? rows.Labels[i] > 0 : rows.Scores[i] == rows.Labels[i]) ? 1 : 0;
        }
    }

    /// <summary>Adds the sums of other rows.</summary>
    public void Add(ReliabilitySums? other)
    {
        for (int bin = 0; other is not null && bin < BinCount; bin++)
        {
            _rows[bin] += other._rows[bin];
            _probabilities[bin] += other._probabilities[bin];
            _hits[bin] += other._hits[bin];
        }
    }

    public void Write(BinaryWriter writer)
    {
        for (int bin = 0; bin < BinCount; bin++)
        {
            writer.Write(_rows[bin]);
            writer.Write(_probabilities[bin]);
            writer.Write(_hits[bin]);
        }
    }

    /// <summary>Reads the output of <see cref="Write"/>.</summary>
    public static ReliabilitySums Read(BinaryReader reader)
    {
        var sums = new ReliabilitySums();
        for (int bin = 0; bin < BinCount; bin++)
            (sums._rows[bin], sums._probabilities[bin], sums._hits[bin]) = (reader.ReadInt64(), reader.ReadDouble(), reader.ReadDouble());
        return sums;
    }

    /// <summary>The reliability; null without rows.</summary>
    public Reliability? ToReliability() => _rows.All(count => count == 0) ? null : new Reliability
    {
        Bins = [.. _rows.Select((count, bin) => new ReliabilityBin(count, _probabilities[bin] / count, _hits[bin] / count))],
    };
}
