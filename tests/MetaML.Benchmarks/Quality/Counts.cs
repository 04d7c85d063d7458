using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>Ticks on grouse chicks of 118 broods (grouseticks of lme4). Each brood is a task. A fifth of the chicks of each brood, or a fifth of the broods, is held out, in ten draws.</summary>
internal static class Counts
{
    private const int Draws = 10, Folds = 5;

    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        Chick[] chicks = Read(folder);
        foreach (bool isKnown in new[] { true, false })
        {
            var table = new Table(isKnown ? "ticks of new chicks of known broods" : "ticks of chicks of new broods", "deviance");
            foreach (var (name, trainer) in Trainers())
            {
                var deviances = new List<double>();
                var errors = new List<double>();
                for (int draw = 0; draw < Draws; draw++)
                {
                    bool[] isTest = Choose(chicks, isKnown, draw);
                    Chick[] training = [.. chicks.Where((_, i) => !isTest[i])], test = [.. chicks.Where((_, i) => isTest[i])];
                    var ml = new MLContext(seed: draw);
                    ITransformer model = trainer(ml).Fit(ml.Data.LoadFromEnumerable(training));
                    float[] scores = [.. model.Transform(ml.Data.LoadFromEnumerable(test)).GetColumn<float>("Score")];
                    deviances.Add(test.Zip(scores, (chick, mean) => Deviance(chick.Label, Math.Max(mean, 0.01))).Average()); // a Gaussian model may expect less than nothing
                    errors.Add(Math.Sqrt(test.Zip(scores, (chick, mean) => (chick.Label - mean) * (chick.Label - mean)).Average()));
                }

                table.Add(name, "deviance", deviances);
                table.Add(name, "RMSE", errors);
            }

            table.Print(clock.Elapsed.TotalSeconds);
        }
    }

    private static IEnumerable<(string Name, Func<MLContext, IEstimator<ITransformer>> Trainer)> Trainers()
    {
        yield return ("LbfgsPoissonRegression of ML.NET", ml => ml.Regression.Trainers.LbfgsPoissonRegression());
        yield return ("the same, brood as a feature", ml => ml.Transforms.Categorical.OneHotEncoding("Brood", "Task").Append(ml.Transforms.Concatenate("Features", "Features", "Brood")).Append(ml.Regression.Trainers.LbfgsPoissonRegression()));
        foreach (ValueLikelihood likelihood in new[] { ValueLikelihood.Gaussian, ValueLikelihood.Poisson, ValueLikelihood.NegativeBinomial })
        {
            yield return ($"Bayesian, {likelihood}", ml => ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions
            {
                Encoder = new IdentityEncoderOptions(),
                Adapter = new BayesianAdapterOptions { ValueLikelihood = likelihood },
            }));
        }
    }

    // −2 log of Poisson's likelihood, against that of a mean that equals the count.
    private static double Deviance(double count, double mean) => 2 * ((count > 0 ? count * Math.Log(count / mean) : 0) - count + mean);

    private static bool[] Choose(Chick[] chicks, bool isKnown, int draw)
    {
        var random = new Random(draw);
        if (isKnown)
        {
            Dictionary<string, int> first = [];
            return Array.ConvertAll(chicks, chick => first.TryAdd(chick.Task, 0) ? false : random.Next(Folds) == 0); // a chick of each brood is trained on
        }

        HashSet<string> held = [.. chicks.Select(chick => chick.Task).Distinct().Where(_ => random.Next(Folds) == 0)];
        return Array.ConvertAll(chicks, chick => held.Contains(chick.Task));
    }

    private static Chick[] Read(string folder) => [.. File.ReadLines(Path.Combine(folder, "grouseticks.csv")).Skip(1).Select(line => line.Split(',').Select(field => field.Trim('"')).ToArray()).Select(fields => new Chick
    {
        Task = fields[0],
        Features = [fields[2] == "96" ? 1 : 0, fields[2] == "97" ? 1 : 0, float.Parse(fields[4], CultureInfo.InvariantCulture)],
        Label = float.Parse(fields[3], CultureInfo.InvariantCulture),
    })];

    private sealed class Chick
    {
        public string Task { get; set; } = "";

        [VectorType(3)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
