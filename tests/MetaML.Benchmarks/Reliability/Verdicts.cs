using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Reliability;

/// <summary>How often an experiment says that learning across tasks helps: without any gain, and with a gain of one standard deviation of tasks.</summary>
/// <remarks>
/// Strategies are guesses that are columns of the data, with an error of each task that is drawn: five from scratch, and five that count as
/// strategies across tasks. Without a gain all ten are alike, so that the best of five is the best by chance. With a gain the errors of those
/// across tasks are lower by the standard deviation of the difference of two strategies over tasks.
/// </remarks>
internal static class Verdicts
{
    private const int Tasks = 40, Rows = 8, StrategiesOfAKind = 5;
    private const double Error = 1, Deviation = 0.15;

    public static void Run(int experiments)
    {
        var clock = Stopwatch.StartNew();
        Count none = Experiments(experiments, 0), gain = Experiments(experiments, Deviation * Math.Sqrt(2));
        Console.WriteLine($"{experiments} experiments with {Tasks} tasks each.");
        Console.WriteLine($"without a gain: helps {none.Helps}, harms {none.Harms}, uncertain {none.Uncertain}; by the validation tasks that chose the strategies, helps {none.HelpsByChoice}");
        Console.WriteLine($"with a gain of one standard deviation: helps {gain.Helps}, harms {gain.Harms}, uncertain {gain.Uncertain}");
        Result.Print(new { reliability = "verdicts", experiments, none, gain, aimWithoutGain = 0.05, aimWithGain = 0.9, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }

    private static Count Experiments(int count, double gain)
    {
        var verdicts = new List<TransferVerdict>();
        int byChoice = 0;
        for (int seed = 0; seed < count; seed++)
        {
            var ml = new MLContext(seed);
            var settings = new TaskExperimentSettings { UsesDefaultTrainers = false, Adapters = [], FewShot = new FewShotOptions { SupportSizes = [2], Draws = 1 } };
            for (int j = 0; j < 2 * StrategiesOfAKind; j++)
            {
                IEstimator<ITransformer> guess = ml.Transforms.CopyColumns("Score", $"Guess{j}");
                settings.Add(j < StrategiesOfAKind ? LearningStrategy.FromScratch($"alone {j}", guess) : LearningStrategy.Pooled($"across {j}", guess, learnsSupport: false));
            }

            ExperimentResult result = ml.MetaLearning().CreateExperiment(settings).Execute(Data(ml, seed, gain));
            verdicts.Add(result.Verdict);
            byChoice += result.Validation.Compare(result.Transfer!.Strategy, result.Transfer.Baseline).Gain.Lower > 0 ? 1 : 0;
        }

        return new Count(verdicts.Count(verdict => verdict == TransferVerdict.Helps), verdicts.Count(verdict => verdict == TransferVerdict.Harms), verdicts.Count(verdict => verdict == TransferVerdict.Uncertain), byChoice);
    }

    private static IDataView Data(MLContext ml, int seed, double gain)
    {
        var random = new Random(seed);
        double Normal() => NormalDraw.Next(random);
        IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, Tasks).SelectMany(task =>
        {
            double[] errors = [.. Enumerable.Range(0, 2 * StrategiesOfAKind).Select(j => Error + Deviation * Normal() - (j < StrategiesOfAKind ? 0 : gain))];
            return Enumerable.Range(0, Rows).Select(row => new Guesses { Task = $"task {task}", Values = [.. errors.Select(error => (float)(row % 2 == 0 ? error : -error))] });
        }).ToArray());
        IEstimator<ITransformer> columns = Enumerable.Range(0, 2 * StrategiesOfAKind).Select(j =>
            (IEstimator<ITransformer>)ml.Transforms.CustomMapping<Guesses, Guess>((from, to) => to.Value = from.Values[j], null).Append(ml.Transforms.CopyColumns($"Guess{j}", nameof(Guess.Value)))).Aggregate((first, second) => first.Append(second));
        return columns.Fit(rows).Transform(rows);
    }

    /// <summary>The numbers of verdicts.</summary>
    /// <param name="Helps">Learning across tasks helps.</param>
    /// <param name="Harms">It is worse.</param>
    /// <param name="Uncertain">It cannot be told.</param>
    /// <param name="HelpsByChoice">The interval over the validation tasks, which chose the two strategies, is above 0.</param>
    private sealed record Count(int Helps, int Harms, int Uncertain, int HelpsByChoice);

    private sealed class Guesses
    {
        public string Task { get; set; } = "";

        public float Label { get; set; } // 0: guesses are errors

        [VectorType(2 * StrategiesOfAKind)]
        public float[] Values { get; set; } = [];

        [VectorType(1)]
        public float[] Features { get; set; } = [0];
    }

    private sealed class Guess
    {
        public float Value { get; set; }
    }
}
