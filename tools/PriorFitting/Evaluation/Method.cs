using MetaML.Pretrained.Tables;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;

namespace MetaML.PriorFitting.Evaluation;

/// <summary>A learner of one table.</summary>
/// <param name="Name">Its name in the results.</param>
/// <param name="Predict">Learns from the support and predicts each row of the query: the probability of class 1, the probabilities of the classes, or the number.</param>
internal sealed record Method(string Name, Func<LabeledTable, LabeledTable, float[][]> Predict)
{
    private static readonly float[] s_penalties = [0.03f, 0.3f, 3, 30];

    /// <summary>The methods for a kind of labels, the prior-fitted network first.</summary>
    /// <param name="kind">The kind of labels.</param>
    /// <param name="views">The number of views of the network.</param>
    public static Method[] Of(LabelKind kind, int views)
    {
        var ml = new MLContext(seed: 1);
        PriorFittedOptions Options(string label, bool isDistilled = false) => new() { LabelColumnName = label, NumberOfViews = views, Distilled = isDistilled };
        return kind switch
        {
            LabelKind.Binary =>
            [
                new("PriorFitted", (support, query) => Run(ml, kind, ml.BinaryClassification.Trainers.PriorFitted(Options("Answer")), support, query)),
                new("PriorFitted, distilled", (support, query) => Run(ml, kind, ml.BinaryClassification.Trainers.PriorFitted(Options("Answer", isDistilled: true)), support, query)),
                Tuned("L-BFGS, tuned", kind, ml, penalty => ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Answer", l1Regularization: 0, l2Regularization: penalty)),
                new("SDCA", (support, query) => Run(ml, kind, Prepared(ml, ml.BinaryClassification.Trainers.SdcaLogisticRegression("Answer")), support, query)),
                new("FastForest", (support, query) => Run(ml, kind, Prepared(ml, Forest(ml, support)), support, query, isProbabilityAsNumber: true)),
                new("LightGBM", (support, query) => Run(ml, kind, Prepared(ml, ml.BinaryClassification.Trainers.LightGbm("Answer", minimumExampleCountPerLeaf: LeafRows(support, 20))), support, query)),
            ],
            LabelKind.Multiclass =>
            [
                new("PriorFitted", (support, query) => Run(ml, kind, ml.MulticlassClassification.Trainers.PriorFitted(Options("Class")), support, query)),
                new("PriorFitted, distilled", (support, query) => Run(ml, kind, ml.MulticlassClassification.Trainers.PriorFitted(Options("Class", isDistilled: true)), support, query)),
                Tuned("L-BFGS, tuned", kind, ml, penalty => ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Class", l1Regularization: 0, l2Regularization: penalty)),
                new("SDCA", (support, query) => Run(ml, kind, Prepared(ml, ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Class")), support, query)),
                new("LightGBM", (support, query) => Run(ml, kind, Prepared(ml, ml.MulticlassClassification.Trainers.LightGbm("Class", minimumExampleCountPerLeaf: LeafRows(support, 20))), support, query)),
            ],
            _ =>
            [
                new("PriorFitted", (support, query) => Run(ml, kind, ml.Regression.Trainers.PriorFitted(Options("Number")), support, query)),
                new("PriorFitted, distilled", (support, query) => Run(ml, kind, ml.Regression.Trainers.PriorFitted(Options("Number", isDistilled: true)), support, query)),
                Tuned("SDCA, tuned", kind, ml, penalty => ml.Regression.Trainers.Sdca("Number", l2Regularization: penalty / 30)),
                new("FastForest", (support, query) => Run(ml, kind, Prepared(ml, Forest(ml, support)), support, query)),
                new("LightGBM", (support, query) => Run(ml, kind, Prepared(ml, ml.Regression.Trainers.LightGbm("Number", minimumExampleCountPerLeaf: LeafRows(support, 20))), support, query)),
            ],
        };
    }

    // ML.NET's default number of rows of a leaf, or fewer for small tables, on which no tree could grow otherwise.
    private static int LeafRows(LabeledTable support, int standard) => Math.Clamp(support.Rows / 10, 1, standard);

    // The mean of 0 and 1 over the trees is a probability.
    private static FastForestRegressionTrainer Forest(MLContext ml, LabeledTable support) =>
        ml.Regression.Trainers.FastForest("Number", minimumExampleCountPerLeaf: LeafRows(support, 10));

    private static EstimatorChain<ITransformer> Prepared(MLContext ml, IEstimator<ITransformer> trainer) =>
        ml.Transforms.ReplaceMissingValues("Features", replacementMode: Microsoft.ML.Transforms.MissingValueReplacingEstimator.ReplacementMode.Mean)
            .Append(ml.Transforms.NormalizeMeanVariance("Features", fixZero: false)).Append(trainer);

    private static float[][] Run(MLContext ml, LabelKind kind, IEstimator<ITransformer> estimator, LabeledTable support, LabeledTable query, bool isProbabilityAsNumber = false)
    {
        IDataView scored = estimator.Fit(TableData.Of(ml, support)).Transform(TableData.Of(ml, query));
        return TableData.Predictions(scored, kind, isProbabilityAsNumber);
    }

    // Chooses the L2 penalty by cross-validation with three folds of the support.
    private static Method Tuned(string name, LabelKind kind, MLContext ml, Func<float, IEstimator<ITransformer>> trainer) => new(name, (support, query) =>
    {
        const int folds = 3;
        float best = s_penalties.MinBy(penalty => Enumerable.Range(0, folds).Sum(fold =>
        {
            LabeledTable train = support.Select([.. Enumerable.Range(0, support.Rows).Where(row => row % folds != fold)]);
            LabeledTable test = support.Select([.. Enumerable.Range(0, support.Rows).Where(row => row % folds == fold)]);
            return train.Labels.Distinct().Count() < 2 ? 0 : TableMetrics.Loss(kind, Run(ml, kind, Prepared(ml, trainer(penalty)), train, test), test.Labels) * test.Rows;
        }));
        return Run(ml, kind, Prepared(ml, trainer(best)), support, query);
    });
}
