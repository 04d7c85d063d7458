using System.Globalization;
using System.Text;

namespace MetaML.Extensions.Descriptions;

/// <summary>Writes a model's description as text.</summary>
internal static class DescriptionText
{
    private const int TasksShown = 20;

    public static string Of(ModelDescription model)
    {
        var text = new StringBuilder();
        Line(text, $"Encoder: {OptionText.Of(model.Encoder)}, {model.FeatureCount:N0} features to {model.EmbeddingDimension:N0} values");
        string before = "";
        foreach (OutputDescription output in model.Outputs)
        {
            Line(text, $"Label '{output.LabelColumnName}': {output.Kind}{(output.Classes.Count > 0 ? $" of {output.Classes.Count:N0} classes" : "")}");
            Line(text, $"  Adapter: {OptionText.Of(output.Adapter)}");
            string training = Of(output.Training);
            if (training != before) // outputs that were learned together have the same summary, which is written once
                text.Append(training);
            before = training;
            AppendTasks(text, output);
        }

        return text.ToString();
    }

    private static string Of(TrainingSummary? training)
    {
        var text = new StringBuilder();
        if (training is null)
        {
            Line(text, $"  Training: unknown, because an earlier version saved the model");
            return text.ToString();
        }

        string steps = training.Iterations == 0 ? "no outer steps" : $"{training.Iterations:N0} outer steps; the parameters are those after step {training.BestIteration:N0}";
        Line(text, $"  Training: MetaML {training.Version}, {training.TaskCount:N0} tasks, {training.RowCount:N0} rows; {steps}");
        if (training.ValidationLoss is { } loss)
            Line(text, $"  Validation: loss {loss:G4}, mean of {training.ValidationEpisodes:N0} episodes");
        foreach (string reason in training.Reasons)
            Line(text, $"  - {reason}");
        return text.ToString();
    }

    private static void AppendTasks(StringBuilder text, OutputDescription output)
    {
        if (output.Tasks is [{ Name: "" } only])
        {
            Line(text, $"  Rows: {Of(only)}");
            return;
        }

        Line(text, $"  Tasks: {output.Tasks.Count:N0}; rows of unknown tasks: {output.UnknownTasks}");
        foreach (TaskDescription task in output.Tasks.Take(TasksShown))
            Line(text, $"    {task.Name}: {Of(task)}");
        if (output.Tasks.Count > TasksShown)
            Line(text, $"    and {output.Tasks.Count - TasksShown:N0} more");
    }

    private static string Of(TaskDescription task) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(task.RowCount is { } rows ? $"{rows:N0} rows" : "unknown number of rows")}{(task.Weight is { } weight ? $", λ {weight:G3}" : "")}");

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
