using MetaML.Options;

namespace MetaML;

/// <summary>Options of <see cref="MultiOutputTrainer"/>: the outputs, and the options of learning across them.</summary>
/// <remarks>Without a Task column (the default) each output is a task. With a Task column each output is learned across the tasks of this column.</remarks>
public sealed record MultiOutputOptions : TaskLearnerOptions
{
    /// <summary>Creates options with their defaults.</summary>
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

    /// <summary>The label columns. Their kinds may differ.</summary>
    /// <value>At least two without a Task column, at least one with a Task column. The names differ.</value>
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
            throw OptionCheck.Error(this, nameof(Outputs), "columns with different names", $"'{twice.Key}' {twice.Count()} times", "Their score columns would have the same names.", "Remove the repetition.");
        if (TaskColumnName is null && Adapter?.PredictsCounts(LabelKind.Regression) == true)
            throw OptionCheck.Error(this, nameof(TaskColumnName), "set if labels are counts", null, "Without a Task column outputs are tasks, whose values are standardised.", "Name the Task column, or set ValueLikelihood to Gaussian.");
        if (Outputs.Count < (TaskColumnName is null ? 2 : 1))
            throw OptionCheck.Error(this, nameof(Outputs), "at least two, or one with a Task column", Outputs.Count, "With fewer outputs there are no tasks to learn across.", "Use an ML.NET trainer for a single label, or name a Task column.");
    }
}
