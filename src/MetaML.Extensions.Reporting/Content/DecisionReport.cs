using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>Creates the report of learners that decided for the same tasks.</summary>
internal static class DecisionReport
{
    public static Report Of(DecisionComparison comparison)
    {
        DecisionCurve[] bestFirst = [.. comparison.Curves.OrderBy(curve => (comparison.IsHigherBetter ? -1 : 1) * curve.Overall.Mean)];
        DecisionCurve best = bestFirst[0];
        string tasks = Display.Count(best.Values.Count, "task"), direction = comparison.IsHigherBetter ? "higher is better" : "lower is better";
        return new Report("Decisions", Headline(comparison, bestFirst, tasks))
        {
            Facts =
            [
                ("Best", Display.Line(best.Learner)),
                ($"{Display.Sentence(comparison.Quantity)} in a decision", Display.Interval(best.Overall)),
                ("Decisions", Display.Count(best.Values.Values.Sum(task => (long)task.Count))),
            ],
            Sections =
            [
                new ReportSection("curves", "Decision by decision")
                {
                    Text = [$"{Display.Sentence(comparison.Quantity)} of the first, second, … decision of a task: the mean over {tasks} with its 95 % interval; {direction}. A learner that knows more of a task decides better, so that the curves show how fast each one learns."],
                    Figures = [new DecisionFigure(comparison, isCumulative: false)],
                },
                new ReportSection("sums", "Summed up")
                {
                    Text = [$"{Display.Sentence(comparison.Quantity)} of all decisions of a task up to the first, second, … one: the mean over {tasks} with its 95 % interval."],
                    Figures = [new DecisionFigure(comparison, isCumulative: true)],
                    Tables = [Table(comparison, bestFirst)],
                },
            ],
        };
    }

    private static string Headline(DecisionComparison comparison, DecisionCurve[] bestFirst, string tasks)
    {
        string sentence = $"‘{Display.Line(bestFirst[0].Learner)}’ is best: {comparison.Quantity} in a decision {Display.Interval(bestFirst[0].Overall)} over {tasks}";
        if (bestFirst.Length == 1)
            return $"{sentence}.";
        MeanInterval gain = comparison.Gain(bestFirst[0].Learner, bestFirst[1].Learner);
        return $"{sentence}, {Display.Number(gain.Mean)} better than ‘{Display.Line(bestFirst[1].Learner)}’{(gain.Lower > 0 ? "" : ", but the 95 % interval of this difference includes zero")}.";
    }

    private static ReportTable Table(DecisionComparison comparison, DecisionCurve[] bestFirst) => new(
        "All learners, the best first; the difference is paired by task, and positive if the best one is better",
        [("Learner", false), ("Kind", false), ($"{Display.Sentence(comparison.Quantity)} in a decision", true), ("First decision", true), ("Last decision", true), ("Sum", true), ("Behind the best", true)],
        [.. bestFirst.Select(curve => (IReadOnlyList<Cell>)
        [
            Display.Line(curve.Learner), Display.Kind(curve.Kind), Cell.Of(curve.Overall), Cell.Of(curve.Means[0]), Cell.Of(curve.Means[^1]), Cell.Of(curve.CumulativeMeans[^1]),
            curve == bestFirst[0] ? Cell.Empty : Cell.Of(comparison.Gain(bestFirst[0].Learner, curve.Learner)),
        ])])
    {
        Highlighted = 0,
    };
}
