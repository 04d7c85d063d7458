using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Parameters;

namespace MetaML.Training;

/// <summary>Ridge regression of one task by itself: the penalty is chosen by cross-validation over its rows.</summary>
/// <remarks>Features and labels are standardised by the rows of the task. The largest penalty predicts almost their mean.</remarks>
internal static class CrossValidatedRidge
{
    private const int Folds = 10; // each row is a fold of its own if there are fewer rows
    private const int MaximumRows = 2_000; // of the choice

    private static readonly double[] s_penalties = [.. Enumerable.Range(-4, 17).Select(exponent => Math.Pow(10, exponent / 2.0))];

    /// <summary>A model whose ridge adapter has the chosen penalty.</summary>
    /// <param name="task">A set with one task of values.</param>
    /// <param name="cancellationToken">Cancels between penalties.</param>
    public static MetaModel Fit(TaskSet task, CancellationToken cancellationToken)
    {
        LearningTask all = task.Tasks[0];
        FeatureScaling scaling = FeatureScaling.Fit(task.Features);
        LabelScaling labels = LabelScaling.Fit(task);
        int[] order = [.. RowOrder(all.RowCount)];
        int[][] folds = [.. Enumerable.Range(0, Math.Min(Folds, order.Length)).Select(fold => order.Where((_, i) => i % Folds == fold).ToArray())];
        TaskSet supports = task.With([.. folds.Select(fold => all.Take(order.Except(fold).ToArray()))]);
        MetaModel[] models = Array.ConvertAll(s_penalties, Model);
        return folds.Length < 2 ? models[^1] : models.Reverse().MinBy(Error)!; // of equal errors, the largest penalty

        MetaModel Model(double penalty)
        {
            var design = new MetaModelDesign(LabelKind.Regression, task.Features.FeatureCount, 1, new IdentityEncoderOptions(), new RidgeAdapterOptions { InitialPenalty = penalty }, task.Features.FeatureNames);
            return new MetaModel(design, scaling, labels, [], ParameterArray.Initialize(design.Adapter.Parameters, new Random(0)));
        }

        double Error(MetaModel model)
        {
            cancellationToken.ThrowIfCancellationRequested();
            MetaScorer scorer = model.CreateScorer();
            return model.Adapt(supports, cancellationToken: cancellationToken).Zip(folds).Sum(pair => pair.Second.Sum(row =>
                (all.Weights?[row] ?? 1) * ScoreLoss.Of(LabelKind.Regression, scorer.Score(pair.First, task.Features[all.Rows[row]]), all.Labels[row])));
        }
    }

    private static IEnumerable<int> RowOrder(int count)
    {
        int[] rows = [.. Enumerable.Range(0, count)];
        new Random(0).Shuffle(rows);
        return rows.Take(MaximumRows);
    }
}
