using MetaML.Data;
using MetaML.Files;

namespace MetaML.Adapters;

/// <summary>What a model has learned of the groups of its tasks: the prior of a task of each group.</summary>
/// <param name="levels">The levels of groups, the outermost first.</param>
/// <param name="unknown">The prior of a task of unknown groups.</param>
internal sealed class GroupPriors(IReadOnlyList<GroupPriors.Level> levels, TaskPrior unknown)
{
    /// <summary>The levels of groups, the outermost first.</summary>
    public IReadOnlyList<Level> Levels => levels;

    /// <summary>The prior of a task of unknown groups.</summary>
    public TaskPrior Unknown => unknown;

    /// <summary>The prior of a task: that of its innermost known group.</summary>
    /// <param name="groups">The names of its groups, the outermost first; empty if they are not known.</param>
    public TaskPrior Of(IReadOnlyList<string> groups)
    {
        for (int level = groups.Count - 1; level >= 0; level--)
        {
            if (levels[level].Groups.TryGetValue(groups[level], out Group? group))
                return group.Prior;
        }

        return unknown;
    }

    /// <summary>The mean effect of the innermost known group, δ; zeros for unknown groups.</summary>
    public float[] ShiftOf(IReadOnlyList<string> groups) => Of(groups).Shift;

    /// <summary>Throws if a known group lies in another group than before.</summary>
    /// <param name="groups">The names of a task's groups, the outermost first.</param>
    /// <exception cref="ArgumentException">A group is in two groups.</exception>
    public void CheckNested(IReadOnlyList<string> groups)
    {
        for (int level = 1; level < groups.Count; level++)
        {
            if (levels[level].Groups.TryGetValue(groups[level], out Group? group) && group.Parent != groups[level - 1])
                throw new ArgumentException($"Each group of '{levels[level].Name}' must be in one group of '{levels[level - 1].Name}'; got '{groups[level]}' in '{group.Parent}', as in training, and in '{groups[level - 1]}'. Groups that cross have no common prior. Give groups of different outer groups different names.");
        }
    }

    /// <summary>Writes the priors.</summary>
    /// <param name="writer">Receives the prior of unknown groups; for each level its covariance, its number of groups, and for each group its name, the name of its outer group, its effect, its covariance, and its prior.</param>
    public void Write(BinaryWriter writer)
    {
        Write(writer, unknown);
        foreach (Level level in levels)
        {
            BinaryFormat.WriteFloats(writer, level.Covariance);
            writer.Write(level.Groups.Count);
            foreach (var (name, group) in level.Groups.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.Write(name);
                writer.Write(group.Parent);
                BinaryFormat.WriteFloats(writer, group.Deviations);
                Write(writer, group.Prior);
            }
        }
    }

    /// <summary>Reads what <see cref="Write(BinaryWriter)"/> wrote.</summary>
    /// <param name="reader">A reader at the start.</param>
    /// <param name="names">The names of the levels.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static GroupPriors Read(BinaryReader reader, IReadOnlyList<string> names, int width)
    {
        TaskPrior unknown = ReadPrior(reader, width);
        var levels = new List<Level>();
        foreach (string name in names)
        {
            float[] covariance = BinaryFormat.ReadFloats(reader, (long)width * width);
            var groups = new Dictionary<string, Group>(StringComparer.Ordinal);
            for (int i = BinaryFormat.ReadCount(reader, int.MaxValue, "groups"); i > 0; i--)
            {
                string group = BinaryFormat.ReadName(reader);
                if (!groups.TryAdd(group, new Group(BinaryFormat.ReadName(reader), BinaryFormat.ReadFloats(reader, width), ReadPrior(reader, width))))
                    throw new InvalidDataException($"A saved model's groups must have different names; got '{group}' twice. The file is damaged.");
            }

            levels.Add(new Level(name, covariance, groups));
        }

        return new GroupPriors(levels, unknown);
    }

    /// <summary>Writes δ and C of a task's prior.</summary>
    public static void Write(BinaryWriter writer, TaskPrior prior)
    {
        BinaryFormat.WriteFloats(writer, prior.Shift);
        BinaryFormat.WriteFloats(writer, prior.Covariance);
    }

    /// <summary>Reads a task's prior.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static TaskPrior ReadPrior(BinaryReader reader, int width) => new(BinaryFormat.ReadFloats(reader, width), BinaryFormat.ReadFloats(reader, width * (width + 1L) / 2));

    /// <summary>A level of groups.</summary>
    /// <param name="Name">Its name: that of its column.</param>
    /// <param name="Covariance">The covariance of the effects of its groups about those of their outer groups, [width, width].</param>
    /// <param name="Groups">The groups by name.</param>
    internal sealed record Level(string Name, float[] Covariance, IReadOnlyDictionary<string, Group> Groups);

    /// <summary>A group.</summary>
    /// <param name="Parent">The name of its outer group; empty for the outermost level.</param>
    /// <param name="Deviations">The standard deviations of its effect, given all tasks, [width].</param>
    /// <param name="Prior">The prior of a new task of the group. Its shift is the effect of the group and of its outer groups.</param>
    internal sealed record Group(string Parent, float[] Deviations, TaskPrior Prior);
}
