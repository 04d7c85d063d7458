using System.Globalization;
using System.Text;
using MetaML.Options;

namespace MetaML.Extensions.Descriptions;

/// <summary>Writes a model's description as text.</summary>
internal static class DescriptionText
{
    private const int TasksShown = 20, EffectsShown = 20;

    public static string Of(ModelDescription model)
    {
        var text = new StringBuilder();
        Line(text, $"Encoder: {OptionText.Of(model.Encoder)}, {model.FeatureCount:N0} features to {model.EmbeddingDimension:N0} values");
        string before = "";
        foreach (OutputDescription output in model.Outputs)
        {
            Line(text, $"Label '{output.LabelColumnName}': {output.Kind}{(output.Classes.Count > 0 ? $" of {output.Classes.Count:N0} classes" : "")}");
            Line(text, $"  Adapter: {OptionText.Of(output.Adapter)}");
            if (output.Coverage is { } coverage)
                Line(text, $"  {(output.Kind == LabelKind.Regression ? "Intervals" : "Sets")} hold {coverage:P1} of new labels");
            if (output.TaskFeatures.Count > 0)
                Line(text, $"  Task features: {NameList.OfTexts(output.TaskFeatures)}");
            string training = Of(output.Training);
            if (training != before) // outputs that were learned together have the same summary, which is written once
                text.Append(training);
            before = training;
            if (output.Population is { } population)
                AppendPopulation(text, population);
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

    private static void AppendPopulation(StringBuilder text, PopulationDescription population)
    {
        string likelihood = population is { LogLikelihood: { } value, Aic: { } aic, Bic: { } bic } ? Text($", from {population.RowCount:N0} rows of {population.TaskCount:N0} tasks: log likelihood {value:F2}, AIC {aic:F1}, BIC {bic:F1}") : "";
        Line(text, $"  Population{likelihood}");
        foreach (PopulationEffect effect in population.Effects.Take(EffectsShown))
        {
            string error = double.IsNaN(effect.StandardError) ? "" : Text($" ± {effect.StandardError:G4}");
            string deviation = double.IsNaN(effect.TaskStandardDeviation) ? "" : effect.TaskStandardDeviation == 0 ? ", the same in all tasks" : Text($", standard deviation over tasks {effect.TaskStandardDeviation:G4}");
            Line(text, $"    {effect.Name}: {effect.Estimate:G4}{error}{deviation}");
        }

        if (population.Effects.Count > EffectsShown)
            Line(text, $"    and {population.Effects.Count - EffectsShown:N0} more");
        if (population.VaryingEffects.Count == 2)
            Line(text, $"    correlation of {population.VaryingEffects[0]} and {population.VaryingEffects[1]}: {population.Correlations[0][1]:G4}");
        foreach (GroupLevelDescription level in population.Groups)
            Line(text, $"    {level.GroupCount:N0} groups of '{level.ColumnName}': standard deviation {string.Join(", ", population.VaryingEffects.Zip(level.StandardDeviations, (name, deviation) => Text($"{name} {deviation:G4}")))}");
        if (!double.IsNaN(population.Dispersion))
            Line(text, $"    dispersion of counts {population.Dispersion:G4}");
        else if (double.IsNaN(population.ResidualStandardDeviation))
            Line(text, $"    {population.ShareBetweenTasks:P0} of the variance between tasks");
        else
            Line(text, $"    residual standard deviation {population.ResidualStandardDeviation:G4}; {population.ShareBetweenTasks:P0} of the variance between tasks");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

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
