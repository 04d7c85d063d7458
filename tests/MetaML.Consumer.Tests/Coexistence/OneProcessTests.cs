using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;
using Xunit;

namespace MetaML.Consumer.Tests.Coexistence;

/// <summary>libtorch, LightGBM and the ONNX runtime in one process. Each starts native threads.</summary>
public sealed class OneProcessTests
{
    [Fact]
    public void AllTrainers_InTurnAndOnSharedFeatures_LeaveEachOtherAlone()
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(Some.Tasks(tasks: 12, rows: 30));
        MetaLearnerTransformer first = MetaLearner(ml).Fit(rows);
        float[] scores = Scores(first, rows);

        // Trainers of other packages, on the embedding of the shared encoder and on the features.
        var encoder = ml.MetaLearning().SharedEncoder(first);
        foreach (string features in (string[])["Features", "Embedding"])
        {
            IEstimator<ITransformer>[] others =
            [
                ml.BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options { LabelColumnName = "Answer", FeatureColumnName = features, NumberOfIterations = 20, MinimumExampleCountPerLeaf = 5 }),
                ml.BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options { LabelColumnName = "Answer", FeatureColumnName = features, NumberOfTrees = 20, MinimumExampleCountPerLeaf = 5 }),
            ];
            foreach (IEstimator<ITransformer> other in others)
            {
                ITransformer chain = encoder.Append(other).Fit(rows);
                double accuracy = ml.BinaryClassification.EvaluateNonCalibrated(chain.Transform(rows), "Answer").Accuracy;
                Assert.True(accuracy > 0.7, $"{other.GetType().Name} on {features}: accuracy {accuracy}");
            }
        }

        Assert.Equal(scores, Scores(first, rows));
        Assert.Equal(scores, Scores(MetaLearner(ml).Fit(rows), rows)); // the same bits, although other trainers ran in between
    }

    [Fact]
    public void AllTrainers_AtOnce_GiveTheBitsOfEachAlone()
    {
        IDataView rows = new MLContext().Data.LoadFromEnumerable(Some.Tasks(tasks: 12, rows: 30));
        Func<float[]>[] fits =
        [
            () => Scores(MetaLearner(new MLContext(seed: 1)).Fit(rows), rows),
            () => Scores(new MLContext(seed: 1).BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options { LabelColumnName = "Answer", NumberOfIterations = 50, NumberOfThreads = 1, Deterministic = true }).Fit(rows), rows),
            () => Scores(new MLContext(seed: 1).BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options { LabelColumnName = "Answer", NumberOfTrees = 50, NumberOfThreads = 1 }).Fit(rows), rows),
        ];
        float[][] alone = [.. fits.Select(fit => fit())];
        float[][] together = new float[fits.Length][];
        Thread[] threads = [.. fits.Select((fit, i) => new Thread(() => together[i] = fit()))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        for (int i = 0; i < fits.Length; i++)
            Assert.Equal(alone[i], together[i]);
    }

    private static IEstimator<MetaLearnerTransformer> MetaLearner(MLContext ml) => ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
    {
        LabelColumnName = "Answer",
        Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6 },
        MaximumNumberOfIterations = 60,
        Seed = 1,
    });

    private static float[] Scores(ITransformer model, IDataView rows) => [.. model.Transform(rows).GetColumn<float>("Score")];
}
