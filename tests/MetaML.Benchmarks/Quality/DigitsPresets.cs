using System.Diagnostics;
using Digits;
using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Extensions;
using Microsoft.ML;

namespace MetaML.Benchmarks.Quality;

/// <summary>The job of examples/Digits, forty questions and ten new ones of twenty images each, with the presets: seconds of training, and accuracy on the new questions.</summary>
internal static class DigitsPresets
{
    private const int Seeds = 3;

    private static readonly (string Name, Func<MetaLearnerOptions> Options)[] s_presets =
        [("for speed", MetaLearnerOptions.ForSpeed), ("default", () => new()), ("for quality", MetaLearnerOptions.ForQuality)];

    public static void Run()
    {
        var clock = Stopwatch.StartNew();
        var questions = new Questions(Path.Combine(AppContext.BaseDirectory, "digits.csv"));
        var tasks = questions.New.ToArray();
        Row[] training = [.. questions.Training];
        var seconds = new Table("digits-presets-time", "seconds of training");
        var accuracy = new Table("digits-presets", "accuracy", isHigherBetter: true);
        foreach (var (name, preset) in s_presets)
        {
            foreach (bool isNetwork in new[] { false, true })
            {
                var times = new List<double>();
                var byQuestion = new List<double[]>();
                for (int seed = 1; seed <= Seeds; seed++)
                {
                    var ml = new MLContext(seed);
                    MetaLearnerOptions options = preset() with { LabelColumnName = "Answer" };
                    if (isNetwork)
                        (options.Encoder, options.Adapter) = (new MlpEncoderOptions(), new RidgeAdapterOptions());
                    IDataView rows = ml.Data.LoadFromEnumerable(training);
                    long start = Stopwatch.GetTimestamp();
                    ITransformer model = ml.Transforms.NormalizeMinMax("Features", "Pixels").Append(ml.BinaryClassification.Trainers.MetaLearner(options)).Fit(rows);
                    times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                    ITransformer adapted = ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(tasks.SelectMany(task => task.Support)));
                    IDataView scored = adapted.Transform(ml.Data.LoadFromEnumerable(tasks.SelectMany(task => task.Test)));
                    byQuestion.Add([.. ml.MetaLearning().EvaluateTasks(scored, "Answer").Tasks.GroupBy(draw => Questions.QuestionOf(draw.Task)).OrderBy(question => question.Key, StringComparer.Ordinal).Select(question => question.Average(draw => draw[TaskMetric.Accuracy]))]);
                }

                string setting = isNetwork ? "Mlp + Ridge" : "nothing else set";
                seconds.Add(name, setting, times);
                accuracy.Add(name, setting, Enumerable.Range(0, byQuestion[0].Length).Select(question => byQuestion.Average(questions => questions[question])));
            }
        }

        seconds.Print(clock.Elapsed.TotalSeconds);
        accuracy.Print(clock.Elapsed.TotalSeconds);
    }
}
