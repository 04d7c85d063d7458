using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>The coverage and the width of conformal intervals on tasks that neither the training nor the calibration has seen.</summary>
/// <remarks>
/// Each repetition divides the tasks at random: training, calibration, test. A test task is learned from k rows, and its other rows are judged. The comparison is split conformal prediction
/// in the task alone: the same model adapted to half of the k rows, and the quantile of its errors on the other half. With fewer than 9 rows in that half, no finite interval of 90 % exists.
/// </remarks>
internal static class Conformal
{
    private const double Coverage = 0.9;

    public static void Run(string root)
    {
        var clock = Stopwatch.StartNew();
        var rows = new List<object>();
        foreach (var (name, options) in new (string, Func<MetaLearnerOptions>)[]
        {
            ("Bayesian", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() }),
            ("ridge", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 300 }),
        })
        {
            rows.AddRange(Values("school", name, School.Read(Path.Combine(root, "school")).Select(pupil => pupil.Row).GroupBy(row => row.Task).Select(task => task.ToArray()), 60, 45, [4, 8, 16, 32], options));
            rows.AddRange(Values("computers", name, Computers.Read(Path.Combine(root, "computers")), 90, 50, [4, 8, 16], options));
            rows.AddRange(Values("Student's t, 2 degrees", name, HeavyTails(), 60, 60, [4, 8, 16, 32], options));
        }

        Result.Print(new { quality = "conformal", rows, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }

    private static IEnumerable<object> Values(string data, string learner, IEnumerable<RegressionRow[]> tasks, int training, int calibration, int[] supports, Func<MetaLearnerOptions> options)
    {
        const int Repetitions = 10;
        RegressionRow[][] all = [.. tasks.Where(task => task.Length >= supports[^1] + 4 || supports[^1] > 16)];
        var covered = supports.ToDictionary(k => k, _ => new List<double>()); // of each test task
        var ratios = supports.ToDictionary(k => k, _ => new List<double>());
        var infinite = supports.ToDictionary(k => k, _ => new List<double>());
        for (int repetition = 0; repetition < Repetitions; repetition++)
        {
            var ml = new MLContext(seed: repetition);
            var random = new Random(repetition);
            RegressionRow[][] drawn = [.. all.Select(task => (RegressionRow[])task.Clone())];
            random.Shuffle(drawn);
            Array.ForEach(drawn, random.Shuffle);
            IDataView View(IEnumerable<RegressionRow[]> some) => Methods.View(ml, [.. some.SelectMany(task => task)]);
            ITransformer model = ml.MetaLearning().Calibrate(ml.Regression.Trainers.MetaLearner(options()).Fit(View(drawn[..training])), View(drawn[training..(training + calibration)]), Coverage);
            foreach (int k in supports)
            {
                RegressionRow[][] test = [.. drawn[(training + calibration)..].Where(task => task.Length >= k + 4)];
                ITransformer adapted = ml.MetaLearning().Adapt(model, View(test.Select(task => task[..k])));
                RegressionRow[] queries = [.. test.SelectMany(task => task[k..])];
                IDataView scored = adapted.Transform(Methods.View(ml, queries));
                var bounds = queries.Zip(scored.GetColumn<float>("ScoreLowerBound"), scored.GetColumn<float>("ScoreUpperBound")).GroupBy(row => row.First.Task).ToDictionary(task => task.Key);
                covered[k].AddRange(bounds.Values.Select(task => task.Average(row => row.First.Label >= row.Second && row.First.Label <= row.Third ? 1.0 : 0)));

                int half = k / 2, rank = (int)Math.Ceiling(Coverage * (k - half + 1));
                infinite[k].Add(rank > k - half ? 1 : 0);
                if (rank > k - half)
                    continue;
                float[] scores = Methods.Scores(ml.MetaLearning().Adapt(model, View(test.Select(task => task[..half]))), ml, [.. test.SelectMany(task => task[half..k])]);
                for (int t = 0; t < test.Length; t++)
                {
                    double own = 2 * test[t][half..k].Select((row, i) => Math.Abs((double)row.Label - scores[t * (k - half) + i])).Order().ElementAt(rank - 1);
                    ratios[k].Add(bounds[test[t][0].Task].Average(row => row.Third - row.Second) / own);
                }
            }
        }

        foreach (int k in supports)
        {
            double[] sorted = [.. covered[k].Order()];
            var result = new
            {
                data,
                learner,
                support = k,
                test_tasks = sorted.Length,
                coverage = Math.Round(sorted.Average(), 4),
                coverage_ci = Math.Round(MeanInterval.Of(sorted).HalfWidth, 4),
                worst_decile_of_tasks = Math.Round(sorted[..Math.Max(1, sorted.Length / 10)].Average(), 4),
                own_split_is_infinite = infinite[k].Average() == 1,
                width_to_own_split = ratios[k].Count == 0 ? (double?)null : Math.Round(ratios[k].Order().ElementAt(ratios[k].Count / 2), 3),
            };
            Console.Error.WriteLine(result.ToString());
            yield return result;
        }
    }

    // y = wᵀ(x, 1) + Student's t with 2 degrees of freedom, w ~ N(1, 1).
    private static IEnumerable<RegressionRow[]> HeavyTails()
    {
        var random = new Random(1);
        double Normal() => NormalDraw.Next(random);
        for (int t = 0; t < 300; t++)
        {
            double[] w = [.. Enumerable.Range(0, 6).Select(_ => 1 + Normal())];
            yield return [.. Enumerable.Range(0, 60).Select(_ =>
            {
                float[] x = [.. Enumerable.Range(0, 5).Select(_ => (float)Normal())];
                double noise = Normal() / Math.Sqrt(-Math.Log(1 - random.NextDouble())); // a chi-squared variable with 2 degrees is exponential
                return new RegressionRow { Task = $"task {t}", Features = x, Label = (float)(w[5] + x.Zip(w).Sum(pair => pair.First * pair.Second) + noise) };
            })];
        }
    }
}
