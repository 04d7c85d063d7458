using MetaML.Options;

namespace MetaML;

/// <summary>Options of <see cref="MultiOutputTrainer"/>: which outputs, and all that governs learning across them.</summary>
/// <remarks>Without a Task column (the default) each output is a task; with one, each output of each task is.</remarks>
public sealed record MultiOutputOptions : TaskLearnerOptions
{
    /// <summary>Options with their defaults.</summary>
    public MultiOutputOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    private MultiOutputOptions(MultiOutputOptions original)
        : base(original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>The label columns, of any mix of kinds.</summary>
    /// <value>At least two without a Task column, at least one with it; each name once.</value>
    public IReadOnlyList<OutputColumn> Outputs { get; set; } = [];

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        base.Validate(kind);
        OptionCheck.NotNull(this, nameof(Outputs), Outputs);
        foreach (OutputColumn output in Outputs)
        {
            CheckName(nameof(Outputs), output?.Name);
            if (output!.Kind is { } declared)
                OptionCheck.Defined(output, nameof(output.Kind), declared);
        }

        if (Outputs.GroupBy(output => output.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw OptionCheck.Error(this, nameof(Outputs), "named once each", $"'{twice.Key}' {twice.Count()} times", "Their score columns would have the same names.", "Remove the repetition.");
        if (Outputs.Count < (TaskColumnName is null ? 2 : 1))
            throw OptionCheck.Error(this, nameof(Outputs), "at least two, or one with a Task column", Outputs.Count, "There is nothing to learn across.", "For a single label use a plain ML.NET trainer, or name a Task column.");
    }
}
