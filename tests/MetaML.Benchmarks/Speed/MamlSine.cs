using MetaML.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Benchmarks.Speed;

/// <summary>Second-order MAML on sine waves: MLP 1-32-32-1, ten support and ten query rows, five inner steps. All methods use one thread.</summary>
internal static class MamlSine
{
    private const int Rows = 10, Steps = 5, Units = 32, TasksOfLoop = 32;

    public static void Run()
    {
        set_num_threads(1);
        var race = new Race("maml-sine", "tasks/s");
        TaskSet waves = SmallTasks.Waves(count: 1000, points: 40);
        foreach (int batch in (int[])[16, 256])
            race.Run($"meta-batch {batch}", Training.Of(waves, Options(batch), iterations: 8000 / batch), Loop());
        race.Print();
    }

    /// <summary>Measures the speed of the same training for other meta-batches, inner steps, widths, rows and numbers of tasks. One of them varies at a time.</summary>
    public static void RunGrowth()
    {
        set_num_threads(1);
        var race = new Race("growth", "tasks/s", runs: 3);
        void Vary(string quantity, int[] sizes, Func<int, MetaTrainingOptions> options, double cost)
        {
            foreach (int size in sizes)
            {
                TaskSet waves = SmallTasks.Waves(quantity == "tasks" ? size : 1000, points: 4 * Math.Max(Rows, quantity == "rows" ? size : 0));
                int tasks = (int)(8000 / Math.Max(1, size * cost));
                race.Run($"{quantity} {size}", Training.Of(waves, options(size), Math.Max(5, tasks / options(size).Episodes.TasksPerIteration)));
            }
        }

        Vary("meta-batch", [1, 4, 16, 64, 256, 1024], size => Options(size), cost: 0);
        Vary("inner steps", [1, 5, 10, 20], size => Options(16, steps: size), cost: 1.0 / Steps);
        Vary("units", [8, 32, 128, 512], size => Options(16, units: size), cost: 1.0 / Units);
        Vary("rows", [10, 40, 160], size => Options(16, rows: size), cost: 1.0 / Rows);
        Vary("tasks", [100, 1000, 10_000, 100_000], _ => Options(16), cost: 0);
        race.Print();
    }

    private static MetaTrainingOptions Options(int batch, int steps = Steps, int units = Units, int rows = Rows) => new()
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [units], EmbeddingDimension = units },
        Adapter = new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = steps },
        Episodes = new EpisodeOptions { SupportRows = rows, Queries = rows, TasksPerIteration = batch },
    };

    // The speed of this loop does not depend on the meta-batch.
    private static Contender Loop()
    {
        var loop = new TaskLoop([1, 32, 32], outputs: 1);
        TaskLoop.Task[] tasks = [.. Enumerable.Range(0, TasksOfLoop).Select(_ =>
        {
            Tensor x = rand(2 * Rows, 1) * 10 - 5, y = x.sin();
            return new TaskLoop.Task(x[..Rows], y[..Rows], x[Rows..], y[Rows..]);
        })];
        return Contender.PerSecond("task by task", 4 * TasksOfLoop, () =>
        {
            for (int i = 0; i < 4; i++)
                loop.Step(tasks, task => loop.Maml(task, Steps));
        });
    }
}
