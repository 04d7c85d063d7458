using System.Diagnostics;
using System.Globalization;
using Digits;
using Microsoft.ML;

namespace MetaML.Benchmarks.Quality;

/// <summary>The training time and accuracy of each preset on the data of examples/Digits: forty training questions, and ten new questions with twenty images each. All other options have their defaults.</summary>
internal static class DigitsPresets
{
    private static readonly (string Name, Func<MetaLearnerOptions> Options)[] s_presets =
        [("for speed", MetaLearnerOptions.ForSpeed), ("default", () => new()), ("for quality", MetaLearnerOptions.ForQuality)];

    public static void Run()
    {
        var clock = Stopwatch.StartNew();
        var questions = new Questions(Path.Combine(AppContext.BaseDirectory, "digits.csv"));
        var tasks = questions.New.ToArray();
        Row[] training = [.. questions.Training];
        var accuracy = new Table("digits-presets", "accuracy", isHigherBetter: true);
        foreach (var (name, preset) in s_presets)
        {
            var ml = new MLContext(seed: 1);
            IDataView rows = ml.Data.LoadFromEnumerable(training);
            long start = Stopwatch.GetTimestamp();
            ITransformer model = ml.Transforms.NormalizeMinMax("Features", "Pixels").Append(ml.BinaryClassification.Trainers.MetaLearner(preset() with { LabelColumnName = "Answer" })).Fit(rows);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {seconds:F1} s of training"));
            Console.WriteLine(ml.MetaLearning().Describe(model));
            ITransformer adapted = ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(tasks.SelectMany(task => task.Support)));
            IDataView scored = adapted.Transform(ml.Data.LoadFromEnumerable(tasks.SelectMany(task => task.Test)));
            accuracy.Add(name, "new questions", ml.MetaLearning().EvaluateTasks(scored, "Answer").Tasks.GroupBy(draw => Questions.QuestionOf(draw.Task)).Select(question => question.Average(draw => draw[TaskMetric.Accuracy])));
        }

        accuracy.Print(clock.Elapsed.TotalSeconds);
    }
}
