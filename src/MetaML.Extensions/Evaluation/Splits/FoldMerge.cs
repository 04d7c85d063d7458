namespace MetaML.Extensions.Evaluation.Splits;

/// <summary>Merges the evaluations of the folds of a cross-validation.</summary>
internal static class FoldMerge
{
    /// <summary>Merges evaluations of the same strategies on different tasks into one evaluation.</summary>
    public static FewShotEvaluation Merge(IReadOnlyList<FewShotEvaluation> folds) => folds[0] with
    {
        Curves = [.. folds[0].Curves.Select((first, i) =>
        {
            FewShotCurve[] curves = [.. folds.Select(fold => fold.Curves[i])];
            Exception? exception = curves.Select(curve => curve.Exception).FirstOrDefault(failure => failure is not null);
            return first with
            {
                Points = [.. folds[0].SupportSizes.Select((size, s) => (size, s)).Where(pair => curves.All(curve => curve.Points.Count > pair.s))
                    .Select(pair => new FewShotPoint(pair.size, Merge(curves.Select(curve => curve.Points[pair.s].Evaluation))))],
                Overall = exception is null ? Merge(curves.Select(curve => curve.Overall!)) : null,
                RuntimeInSeconds = curves.Sum(curve => curve.RuntimeInSeconds),
                Exception = exception,
            };
        })],
        SkippedTasks = [.. folds.SelectMany(fold => fold.SkippedTasks)],
    };

    private static TaskEvaluation Merge(IEnumerable<TaskEvaluation> evaluations)
    {
        TaskEvaluation[] all = [.. evaluations];
        return new TaskEvaluation(all[0].Kind, [.. all.SelectMany(evaluation => evaluation.Tasks)]);
    }
}
