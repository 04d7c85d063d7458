using Microsoft.ML;

namespace MetaML.Benchmarks.Cost;

/// <summary>The cost of Fit with default options on data below 10,000 rows: all candidates and their validation included.</summary>
/// <remarks>The first setting includes the compilation of the code and the loading of the native library.</remarks>
internal static class SmallData
{
    public static void Run(bool logs)
    {
        Measure(new LinearTasks(19, 80, 80, 9), ["regression", "binary", "multiclass"], logs);
        Measure(new LinearTasks(100, 99, 99, 30), ["regression", "binary"], logs);
        Measure(new LinearTasks(40, 40, 40, 200), ["regression"], logs);
    }

    private static void Measure(LinearTasks tasks, string[] kinds, bool logs)
    {
        foreach (string kind in kinds)
        {
            var ml = new MLContext(seed: 1);
            if (logs)
                ml.Log += (_, entry) => Console.WriteLine(entry.Message);
            IDataView data = tasks.View(ml);
            data = ml.Transforms.Conversion.MapValueToKey("Key", "Class").Fit(data).Transform(data);
            FitCost cost = kind switch
            {
                "regression" => FitCost.Of(ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions()), data),
                "binary" => FitCost.Of(ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "IsPositive" }), data),
                _ => FitCost.Of(ml.MulticlassClassification.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Key" }), data),
            };
            cost.Print("small-data", $"{tasks.Tasks} tasks x {tasks.MostRows} rows x {tasks.Features} features, {kind}, default options", aim: 2);
        }
    }
}
