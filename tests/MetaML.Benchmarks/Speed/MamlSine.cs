using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Tasks;
using MetaML.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Benchmarks.Speed;

/// <summary>Second-order MAML on sine waves: MLP 1-32-32-1, ten support and ten query rows, five inner steps; one thread each.</summary>
internal static class MamlSine
{
    private const int Rows = 10, Steps = 5, TasksOfLoop = 32;

    public static void Run()
    {
        set_num_threads(1);
        var race = new Race("maml-sine", "tasks/s");
        TaskSet waves = SmallTasks.Waves(count: 1000, points: 40);
        foreach (int batch in (int[])[16, 256])
            Run(race, $"meta-batch {batch}", waves, batch);
        race.Print();
    }

    private static void Run(Race race, string setting, TaskSet waves, int batch)
    {
        var options = new MetaTrainingOptions
        {
            Encoder = new MlpEncoderOptions { HiddenUnits = [32], EmbeddingDimension = 32 },
            Adapter = new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = Steps },
            Episodes = new EpisodeOptions { SupportRows = Rows, Queries = Rows, TasksPerIteration = batch },
        };
        race.Run(setting, Training.Of(waves, options, iterations: 8000 / batch), Loop());
    }

    // Its speed does not depend on the meta-batch.
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
