using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace MetaML.Benchmarks.Speed;

/// <summary>Adapts to 100,000 new tasks of ten rows each in one call.</summary>
internal static class AdaptMany
{
    private const int Tasks = 100_000, RowsPerTask = 10, OneByOne = 500, FromScratch = 100;

    public static void Run()
    {
        var race = new Race("adapt-many", "tasks/s");
        var ml = new MLContext(seed: 1);
        ITransformer model = ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
        {
            Encoder = new MlpEncoderOptions { HiddenUnits = [64], EmbeddingDimension = 50 },
            Adapter = new RidgeAdapterOptions(),
            MaximumNumberOfIterations = 10,
            EarlyStopping = null,
        }).Fit(new ScoredModels(ml).Training);

        BinaryRow[] rows = [.. BinaryRow.Some(Tasks, Tasks * RowsPerTask, "new").OrderBy(row => row.Task, StringComparer.Ordinal)];
        IDataView all = ml.Data.LoadFromEnumerable(rows);
        IDataView[] single = [.. rows.Chunk(RowsPerTask).Take(OneByOne).Select(task => ml.Data.LoadFromEnumerable(task))];
        var lbfgs = ml.BinaryClassification.Trainers.LbfgsLogisticRegression(new LbfgsLogisticRegressionBinaryTrainer.Options { NumberOfThreads = 1 });
        IDataView[] twoClasses = [.. single.Where(view => view.GetColumn<bool>("Label").Distinct().Count() == 2).Take(FromScratch)];
        race.Run(
            "10 rows of 16 features, MLP 64-50, ridge",
            Contender.PerSecond("one Adapt", Tasks, () => ml.MetaLearning().Adapt(model, all)),
            Contender.PerSecond("an Adapt for each task", OneByOne, () => Array.ForEach(single, task => ml.MetaLearning().Adapt(model, task))),
            Contender.PerSecond("L-BFGS for each task", twoClasses.Length, () => Array.ForEach(twoClasses, task => lbfgs.Fit(task))));
        race.Print();
    }
}
