using System.Diagnostics;
using MetaML.TestKit;
using Microsoft.ML;

namespace MetaML.Benchmarks.Speed;

/// <summary>Measures a process, from its start to its end, that loads a model with ml.Model.Load and makes one prediction.</summary>
internal static class LoadScore
{
    public static void Run()
    {
        var race = new Race("load-score", "ms", isHigherBetter: false, runs: 15);
        var ml = new MLContext(seed: 1);
        var models = new ScoredModels(ml);
        using var folder = new TemporaryFolder();
        Contender Of(string name, ITransformer model)
        {
            string path = folder[name + ".zip"];
            ml.Model.Save(model, models.Training.Schema, path);
            return new Contender(name, () =>
            {
                long start = Stopwatch.GetTimestamp();
                SiblingProgram.Run("tests/MetaML.ScoringProcess", null, "predict", path);
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            });
        }

        race.Run("process, load and one prediction", Of("meta-learner", models.MetaLearner()), Of("LightGbm", models.LightGbm()), Of("Sdca", models.Sdca()));
        race.Print();
    }
}
