using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Benchmarks.Speed;

/// <summary>Meta-training of ANIL, ridge regression and prototypes with an MLP 64-128-50: five ways, five shots, fifteen query rows of each class, meta-batch 64. All methods use one thread.</summary>
/// <remarks>
/// "sgemm alone" is an upper limit: the number of tasks a second if only the multiplications of the encoder's forward and
/// backward pass took time. The time of a multiplication is measured in the same rounds, with a large matrix product. The ratio
/// is the share of the processor's peak speed that training reaches.
/// </remarks>
internal static class FewShot
{
    private const int Features = 64, Hidden = 128, Embedding = 50, Ways = 5, Shots = 5, Queries = 15, Batch = 64, Steps = 5;
    private const int Rows = Ways * (Shots + Queries), MatrixSide = 1024;

    // Multiplications and additions of the forward pass, the gradient by the weights, and the gradient by the hidden values.
    private const double OperationsPerTask = 2.0 * Rows * (2 * (Features * Hidden + Hidden * Embedding) + Hidden * Embedding);

    public static void RunAnil() => Run("anil", new GradientAdapterOptions { InnerSteps = Steps, InitialHead = InitialHead.Learned }, new TaskLoop([Features, Hidden, Embedding], Ways), (loop, task) => loop.Anil(task, Steps));

    public static void RunRidge() => Run("ridge", new RidgeAdapterOptions(), new TaskLoop([Features, Hidden, Embedding], null), (loop, task) => loop.Ridge(task, Ways));

    public static void RunPrototype() => Run("prototype", new PrototypeAdapterOptions(), new TaskLoop([Features, Hidden, Embedding], null), (loop, task) => loop.Prototypes(task, Ways));

    private static void Run(string name, AdapterOptions adapter, TaskLoop loop, Func<TaskLoop, TaskLoop.Task, Tensor> lossOf)
    {
        set_num_threads(1);
        var race = new Race(name, "tasks/s");
        var options = new MetaTrainingOptions
        {
            Encoder = new MlpEncoderOptions { HiddenUnits = [Hidden], EmbeddingDimension = Embedding },
            Adapter = adapter,
            Episodes = new EpisodeOptions { Ways = Ways, Shots = Shots, Queries = Queries, TasksPerIteration = Batch },
        };
        race.Run(
            $"meta-batch {Batch}",
            Training.Of(SmallTasks.Pool(classes: 50, rowsOfClass: 100, Features), options, iterations: 60),
            Loop(loop, lossOf),
            Multiplication());
        race.Print();
    }

    private static Contender Loop(TaskLoop loop, Func<TaskLoop, TaskLoop.Task, Tensor> lossOf)
    {
        Tensor Labels(int ofClass) => tensor([.. Enumerable.Range(0, Ways).SelectMany(k => Enumerable.Repeat((long)k, ofClass))]);
        TaskLoop.Task[] tasks = [.. Enumerable.Range(0, Batch).Select(_ =>
            new TaskLoop.Task(randn(Ways * Shots, Features), Labels(Shots), randn(Ways * Queries, Features), Labels(Queries)))];
        return Contender.PerSecond("task by task", 4 * Batch, () =>
        {
            for (int i = 0; i < 4; i++)
                loop.Step(tasks, task => lossOf(loop, task));
        });
    }

    private static Contender Multiplication()
    {
        const int Products = 10;
        Tensor a = randn(MatrixSide, MatrixSide), b = randn(MatrixSide, MatrixSide);
        return Contender.PerSecond("sgemm alone", Products * 2.0 * MatrixSide * MatrixSide * MatrixSide / OperationsPerTask, () =>
        {
            for (int i = 0; i < Products; i++)
                a.mm(b).Dispose();
        });
    }
}
