using MetaML.Pretrained.Network;
using MetaML.PriorFitting.Prior;

namespace MetaML.PriorFitting.Training;

/// <summary>The tables of each step. They depend on seed and step alone.</summary>
internal sealed class BatchSource(TrainingOptions options)
{
    private const double NumericShare = 0.25, BinaryShare = 0.5;

    private readonly TablePrior _prior = new(options.Shape.Slots);

    /// <summary>The tables of a step, divided among the threads.</summary>
    public TableBatch[] Of(int step)
    {
        var random = new Random(HashCode(options.Seed, step));
        int support = (int)Math.Round(random.LogUniform(options.MinimumSupport, options.MaximumSupport));
        int tables = Math.Clamp(options.RowsPerStep / (support + options.QueryRows), 4, 32);
        MadeTable[] made = [.. Enumerable.Range(0, tables).Select(table => _prior.Draw(random, Classes(random, (table + 0.5) / tables), support, options.QueryRows))];
        return [.. Enumerable.Range(0, options.Threads).Select(thread => new TableBatch(options.Shape, [.. made.Where((_, table) => table % options.Threads == thread)]))];
    }

    /// <summary>Mixes two numbers to a seed, the same in every process.</summary>
    public static int HashCode(int seed, int step)
    {
        ulong mixed = (ulong)(uint)seed << 32 | (uint)step;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
        return (int)(mixed ^ mixed >> 31);
    }

    // The first tables of a step have numeric labels, the next ones two classes, the last ones more.
    private static int Classes(Random random, double position) => position < NumericShare ? 0
        : position < NumericShare + BinaryShare ? 2 : random.Next(3, NetworkShape.MaximumClasses + 1);
}
