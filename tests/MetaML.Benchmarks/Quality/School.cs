using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;

namespace MetaML.Benchmarks.Quality;

/// <summary>Exam scores of the pupils of 139 schools. Each school is a task. For each of the ten published splits, the model is trained on the training rows of all schools and evaluated on the test rows.</summary>
internal static class School
{
    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        (RegressionRow Row, bool[] IsTest)[] pupils = Read(folder);

        var methods = new List<(string Name, Func<MLContext, RegressionRow[], ITransformer> Fit)> { ("pooled SDCA", (ml, training) => ml.Regression.Trainers.Sdca().Fit(Methods.View(ml, training))) };
        methods.AddRange(Methods.MetaLearners.Select(method => (method.Name, (Func<MLContext, RegressionRow[], ITransformer>)((ml, training) =>
            ml.Regression.Trainers.MetaLearner(method.Options()).Fit(Methods.View(ml, training))))));

        var table = new Table("school", "RMSE");
        foreach (var (name, fit) in methods)
        {
            var errors = new List<double>();
            var explained = new List<double>();
            var explainedWithin = new List<double>();
            var covered = new List<double>();
            for (int split = 0; split < 10; split++)
            {
                RegressionRow[] test = [.. pupils.Where(pupil => pupil.IsTest[split]).Select(pupil => pupil.Row)];
                var ml = new MLContext(seed: split);
                ITransformer model = fit(ml, [.. pupils.Where(pupil => !pupil.IsTest[split]).Select(pupil => pupil.Row)]);
                float[] scores = Methods.Scores(model, ml, test);
                if (Methods.Deviations(model, ml, test) is { } deviations)
                    covered.Add(test.Zip(scores, deviations).Average(row => Math.Abs(row.First.Label - row.Second) < 1.645 * row.Third ? 1.0 : 0));
                errors.Add(Methods.RootMeanSquaredError(test, scores));
                explained.Add(1 - errors[^1] * errors[^1] / Variance(test));
                explainedWithin.Add(test.Zip(scores).GroupBy(pair => pair.First.Task).Where(school => school.Count() > 1).Average(school =>
                    1 - school.Average(pair => Math.Pow(pair.First.Label - pair.Second, 2)) / Math.Max(Variance([.. school.Select(pair => pair.First)]), 1e-9)));
            }

            table.Add(name, "RMSE", errors);
            table.Add(name, "explained variance, all rows", explained);
            table.Add(name, "explained variance, mean over schools", explainedWithin);
            if (covered.Count > 0)
                table.Add(name, "90 % intervals cover", covered);
        }

        table.Print(clock.Elapsed.TotalSeconds);
    }

    /// <summary>The pupils, and whether each is a test row of each published split.</summary>
    /// <param name="folder">The folder of school.csv.</param>
    public static (RegressionRow Row, bool[] IsTest)[] Read(string folder) => [.. File.ReadLines(Path.Combine(folder, "school.csv")).Skip(1).Select(line => line.Split(',')).Select(fields => (
        new RegressionRow
        {
            Task = fields[0],
            Label = float.Parse(fields[1], CultureInfo.InvariantCulture),
            Features = [.. fields[2..30].Select(field => float.Parse(field, CultureInfo.InvariantCulture))],
        },
        fields[30..40].Select(field => field == "1").ToArray()))];

    private static double Variance(RegressionRow[] rows)
    {
        double mean = rows.Average(row => row.Label);
        return rows.Average(row => (row.Label - mean) * (row.Label - mean));
    }
}
