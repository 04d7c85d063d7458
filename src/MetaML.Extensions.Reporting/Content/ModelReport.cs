using System.Globalization;
using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>Creates the report of a model: what it has learned of the population and of its tasks, and the choices that were made.</summary>
internal static class ModelReport
{
    private const int MostEffects = 8, MostListed = 60;

    public static Report Of(ModelDescription model)
    {
        OutputDescription first = model.Outputs[0];
        return new Report("What the model has learned", Headline(model))
        {
            Facts = [.. Facts(model, first)],
            Sections = [.. model.Outputs.SelectMany((output, i) => Sections(output, i, model.Outputs.Count > 1))],
        };
    }

    private static string Headline(ModelDescription model)
    {
        string labels = string.Join(", ", model.Outputs.Select(output => $"‘{Display.Line(output.LabelColumnName)}’"));
        OutputDescription first = model.Outputs[0];
        string share = model.Outputs.Count == 1 && first.Population is { } population && double.IsFinite(population.ShareBetweenTasks)
            ? string.Create(CultureInfo.InvariantCulture, $": {population.ShareBetweenTasks:P0} of its variance lies between tasks{(population.Groups.Count > 0 ? " of the same groups" : first.TaskFeatures.Count > 0 ? " with the same task features" : "")}")
            : "";
        return $"{labels} in {Display.Count(first.Tasks.Count, "task")}{share}.";
    }

    private static IEnumerable<(string, string)> Facts(ModelDescription model, OutputDescription first)
    {
        yield return ("Features", Display.Count(model.FeatureCount));
        yield return ("Tasks", Display.Count(first.Tasks.Count));
        if (first.Training is { } training)
            yield return ("Training rows", Display.Count(training.RowCount));
        if (first.Training?.ValidationLoss is { } loss)
            yield return ("Loss on held-out data", Display.Number(loss));
        if (first.Population is { LogLikelihood: { } likelihood, Aic: { } aic, Bic: { } bic })
        {
            yield return ("Log likelihood", Display.Number(likelihood));
            yield return ("AIC, BIC", $"{Display.Number(aic)}, {Display.Number(bic)}");
        }
    }

    private static IEnumerable<ReportSection> Sections(OutputDescription output, int number, bool isNamed)
    {
        string name = isNamed ? $" of {Display.Line(output.LabelColumnName)}" : "", link = isNamed ? $"-{number + 1}" : "";
        if (output.Population is { } population)
        {
            yield return Population(population, $"population{link}", $"The population of tasks{name}");
            yield return Tasks(output, population, $"effects{link}", $"Effects in each task{name}");
        }

        yield return Choices(output, $"choices{link}", $"Choices made from the data{name}");
    }

    private static ReportSection Population(PopulationDescription population, string link, string title) => new(link, title)
    {
        Text = ["The effects on the label of a unit of each feature, in the mean over tasks, and how much they vary from task to task."],
        Tables =
        [
            new ReportTable(
                "Effects of the population",
                [("Effect", false), ("Estimate", true), ("Standard error", true), ("Standard deviation over tasks", true)],
                [.. population.Effects.Take(MostListed).Select(effect => (IReadOnlyList<Cell>)
                [
                    Display.Line(effect.Name), Cell.Of(effect.Estimate), Cell.Of(effect.StandardError),
                    effect.TaskStandardDeviation == 0 ? new Cell("the same in all tasks", 0) : Cell.Of(effect.TaskStandardDeviation),
                ])]) { Note = population.Effects.Count > MostListed ? $"The first {MostListed} of {Display.Count(population.Effects.Count)} effects." : null },
            CommonSections.Pairs("Components of the variance", Components(population)),
            .. population.VaryingEffects.Count is < 2 or > MostEffects ? [] : new[]
            {
                new ReportTable(
                    "Correlation of effects over tasks",
                    [("Effect", false), .. population.VaryingEffects.Select(effect => (Display.Line(effect), true))],
                    [.. population.VaryingEffects.Select((effect, i) => (IReadOnlyList<Cell>)[Display.Line(effect), .. population.Correlations[i].Select(Cell.Of)])]),
            },
        ],
    };

    private static IEnumerable<(string, string)> Components(PopulationDescription population)
    {
        foreach (GroupLevelDescription level in population.Groups)
        {
            foreach (var (effect, deviation) in population.VaryingEffects.Zip(level.StandardDeviations))
                yield return ($"{effect}, standard deviation over {Display.Count(level.GroupCount, "group")} of {level.ColumnName}", Display.Number(deviation));
        }

        foreach (PopulationEffect effect in population.Effects.Where(effect => effect.TaskStandardDeviation > 0).Take(MostEffects))
            yield return ($"{effect.Name}, standard deviation over tasks", Display.Number(effect.TaskStandardDeviation));
        if (double.IsFinite(population.ResidualStandardDeviation))
            yield return ("Residual standard deviation", Display.Number(population.ResidualStandardDeviation));
        if (double.IsFinite(population.Dispersion))
            yield return ("Dispersion of counts", Display.Number(population.Dispersion));
        if (double.IsFinite(population.ShareBetweenTasks))
            yield return ("Share of the variance between tasks", population.ShareBetweenTasks.ToString("P0", CultureInfo.InvariantCulture));
    }

    private static ReportSection Tasks(OutputDescription output, PopulationDescription population, string link, string title)
    {
        string[] shown = [.. population.Effects.Where(effect => effect.TaskStandardDeviation > 0).Select(effect => effect.Name).Take(MostEffects)];
        TaskEffect[] effects = [.. output.TaskEffects];
        TaskEffect[][] figures = [.. shown.Select(name => effects.Where(effect => effect.Name == name).ToArray()).Where(tasks => tasks.Length > 0)];
        return new ReportSection(link, title)
        {
            Text = figures.Length == 0 ? [] : [$"The difference of each task’s effect from that of the population{(population.Groups.Count > 0 ? " and of its groups" : "")}, given the rows of the task. Tasks with few rows are drawn towards 0. Where the interval contains 0, the rows do not tell the task from the others.{(population.VaryingEffects.Count > shown.Length ? $" The first {shown.Length} of {Display.Count(population.VaryingEffects.Count)} effects that vary are shown." : "")}"],
            Figures = [.. figures.Select((tasks, i) => new CaterpillarFigure(i + 1, tasks[0].Name, tasks))],
            Tables = figures.Length == 0 ? [] :
            [
                new ReportTable(
                    "Effects in each task, ± standard deviation",
                    [("Task", false), .. figures.Select(tasks => (Display.Line(tasks[0].Name), true))],
                    [.. figures[0].Select((task, i) => (IReadOnlyList<Cell>)[Display.Line(task.Task), .. figures.Select(tasks => OfEffect(tasks[i]))])])
                    .Shortened(CommonSections.TasksListed, "the result of TaskEffects"),
            ],
        };
    }

    private static Cell OfEffect(TaskEffect effect) => double.IsNaN(effect.StandardDeviation) ? Cell.Of(effect.Estimate) : new Cell($"{Display.Number(effect.Estimate)} ± {Display.Number(effect.StandardDeviation)}", effect.Estimate);

    private static ReportSection Choices(OutputDescription output, string link, string title)
    {
        LearnerCandidate[] candidates = [.. output.Training?.Candidates ?? []];
        return new ReportSection(link, title)
        {
            Tables =
            [
                .. candidates.Length == 0 ? [] : new[]
                {
                    new ReportTable("The learners that were compared, the simplest first", [("Learner", false), ("Loss on held-out data", true)], [.. candidates.Select(each => (IReadOnlyList<Cell>)[Display.Line(each.Name), Cell.Of(each.Loss)])])
                    {
                        Highlighted = Array.FindIndex(candidates, each => each.IsChosen),
                    },
                },
                .. output.Training is not { Reasons.Count: > 0 } training ? [] : new[]
                {
                    new ReportTable("Choices and their reasons", [("Choice", false)], [.. training.Reasons.Select(reason => (IReadOnlyList<Cell>)[Display.Line(reason)])]),
                },
            ],
        };
    }
}
