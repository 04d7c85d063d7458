using System.Diagnostics;
using System.Globalization;
using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Extensions;
using MetaML.Tasks;
using MetaML.Training;
using Microsoft.ML;

namespace MetaML.Benchmarks.Quality;

internal static class Sine
{
    public static void Run(string folder)
    {
        string Env(string name, string otherwise) => Environment.GetEnvironmentVariable(name) ?? otherwise;
        double D(string name, double otherwise) => double.Parse(Env(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
        var ml = new MLContext(seed: 1);
        RegressionRow[] training = [.. Waves(new Random(1), (int)D("TASKS", 2000), (int)D("ROWS", 40), "t")];
        GradientAdapterOptions gradient = new()
        {
            Scope = Enum.Parse<GradientScope>(Env("SCOPE", "All")),
            InnerSteps = (int)D("STEPS", 1),
            InnerLearningRate = D("RATE", 0.05),
            LearnedRates = Enum.Parse<LearnedRates>(Env("RATES", "PerStepAndTensor")),
            AdaptHead = D("HEAD", 0) > 0,
            ContextDimension = (int)D("CTX", 5),
            MultiStepLossUntil = D("MSL", 0),
            FirstOrderUntil = D("FO", 0),
            MaximumInnerGradientNorm = D("INORM", 10),
            Reptile = D("REPTILE", 0) > 0,
        };
        var options = new MetaLearnerOptions
        {
            Encoder = new MlpEncoderOptions
            {
                HiddenUnits = [.. Env("HIDDEN", "40").Split(',').Select(int.Parse)],
                EmbeddingDimension = (int)D("EMB", 40),
                Activation = Enum.Parse<Activation>(Env("ACT", "Relu")),
                LayerNormalization = D("LN", 0) > 0,
            },
            Adapter = Env("ADAPTER", "gradient") switch { "bayes" => new BayesianAdapterOptions(), "ridge" => new RidgeAdapterOptions(), _ => gradient },
            Episodes = new EpisodeOptions { SupportRows = 10, Queries = (int)D("QUERIES", 20), TasksPerIteration = (int)D("BATCH", 64) },
            MaximumNumberOfIterations = (int)D("ITER", 3000),
            LearningRate = D("LR", 0.005),
            MaximumGradientNorm = D("NORM", 10),
            EarlyStopping = null,
            ValidationFraction = 0.1,
            Progress = new Watch(),
        };
        var clock = Stopwatch.StartNew();
        ITransformer model = ml.Regression.Trainers.MetaLearner(options).Fit(Methods.View(ml, training));
        double trained = clock.Elapsed.TotalSeconds;
        Interval error = Interval.Of(Errors(ml, model, new Random(77)));
        Console.WriteLine($"trained {trained:F0} s, MSE {error.Mean:G4} ± {error.HalfWidth:G3}");
    }

    private static double[] Errors(MLContext ml, ITransformer model, Random random)
    {
        const int Shots = 10, Tasks = 600, Rows = 110;
        RegressionRow[] rows = [.. Waves(random, Tasks, Rows, "new")];
        RegressionRow[][] tasks = [.. rows.Chunk(Rows)];
        ITransformer adapted = ml.MetaLearning().Adapt(model, Methods.View(ml, [.. tasks.SelectMany(task => task[..Shots])]));
        RegressionRow[] query = [.. tasks.SelectMany(task => task[Shots..])];
        float[] scores = Methods.Scores(adapted, ml, query);
        return [.. query.Zip(scores, (row, score) => Math.Pow((double)row.Label - score, 2)).Chunk(Rows - Shots).Select(errors => errors.Average())];
    }

    private static IEnumerable<RegressionRow> Waves(Random random, int tasks, int rows, string name)
    {
        for (int t = 0; t < tasks; t++)
        {
            double amplitude = 0.1 + 4.9 * random.NextDouble(), phase = Math.PI * random.NextDouble();
            for (int i = 0; i < rows; i++)
            {
                float x = (float)(10 * random.NextDouble() - 5);
                yield return new RegressionRow { Task = $"{name}{t}", Features = [x], Label = (float)(amplitude * Math.Sin(x + phase)) };
            }
        }
    }

    private sealed class Watch : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Iteration % 500 == 0)
                Console.WriteLine($"{value.Iteration}: {value.TrainingLoss:G3} validation {value.ValidationLoss:G3} {value.Elapsed.TotalSeconds:F0} s");
        }
    }
}
