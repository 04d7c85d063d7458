using Microsoft.ML;

namespace MetaML.Benchmarks.Speed;

/// <summary>One Adapt for one new task of ten rows, by a model that knows many tasks and by one that knows few.</summary>
internal static class OneMoreTask
{
    private const int Many = 100_000, Few = 300, RowsPerTask = 10, NewTasks = 50;

    public static void Run()
    {
        var race = new Race("one-more-task", "tasks/s");
        var ml = new MLContext(seed: 1);
        IDataView training = View(ml, 50, "known");
        IDataView[] support = [.. Enumerable.Range(0, NewTasks).Select(task => View(ml, 1, $"new {task}"))];
        var trainer = ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() });
        (string Column, ITransformer Model)[] settings =
        [
            ("text", trainer.Fit(training)),
            ("key", ml.Transforms.Conversion.MapValueToKey("Task").Append(trainer).Fit(training)),
        ];
        foreach (var (column, model) in settings)
        {
            Contender Knowing(int tasks)
            {
                ITransformer known = ml.MetaLearning().Adapt(model, View(ml, tasks, "known"));
                return Contender.PerSecond($"{tasks:N0} tasks known", NewTasks, () => Array.ForEach(support, task => ml.MetaLearning().Adapt(known, task)));
            }

            race.Run($"Task column of {column}, 10 rows of 16 features", Knowing(Many), Knowing(Few));
        }

        race.Print();
    }

    private static IDataView View(MLContext ml, int tasks, string name) => ml.Data.LoadFromEnumerable(BinaryRow.Some(tasks, tasks * RowsPerTask, name));
}
