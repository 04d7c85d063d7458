using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using MetaML.Training.Loop;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Training;

public sealed class MetaTrainerTests
{
    private static MetaTrainingOptions Quick => new()
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6, Dropout = 0.1 },
        MaximumNumberOfIterations = 30,
        Seed = 3,
    };

    [Fact]
    public void Train_SameSeed_SameBitsAlsoAfterOtherTorchWork()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        byte[] first = Bytes.Of(MetaTrainer.Train(set, Quick).Write);
        using (NewDisposeScope())
            rand(10_000).sort(); // draws from the process's generator
        Assert.Equal(first, Bytes.Of(MetaTrainer.Train(set, Quick).Write));
        Assert.NotEqual(first, Bytes.Of(MetaTrainer.Train(set, Quick with { Seed = 4 }).Write));
    }

    [Fact]
    public void Train_TwoAtOnce_SameBitsAsAlone()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Multiclass);
        byte[] alone = Bytes.Of(MetaTrainer.Train(set, Quick).Write);
        Assert.All(ParallelEnumerable.Range(0, 4).WithDegreeOfParallelism(4).Select(_ => Bytes.Of(MetaTrainer.Train(set, Quick).Write)).ToArray(), bits => Assert.Equal(alone, bits));
    }

    [Fact]
    public void Train_Progress_ReportsEveryIteration()
    {
        var reports = new List<TrainingProgress>();
        MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), Quick with { Progress = new Reports(reports.Add) });
        Assert.Equal(Enumerable.Range(1, 30), reports.Select(report => report.Iteration));
        Assert.All(reports, report => Assert.True(report.ValidationLoss > 0 && report.TrainingLoss > 0 && report.MaximumNumberOfIterations == 30));
    }

    [Fact]
    public void Train_Cancelled_StopsWithinOneIteration()
    {
        using var source = new CancellationTokenSource();
        int last = 0;
        var options = Quick with
        {
            CancellationToken = source.Token,
            Progress = new Reports(report =>
            {
                last = report.Iteration;
                if (last == 5)
                    source.Cancel();
            }),
        };
        Assert.Throws<OperationCanceledException>(() => MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), options));
        Assert.Equal(5, last);
    }

    [Fact]
    public void Train_NothingToLearn_StopsEarlyAndKeepsTheBest()
    {
        List<TaskRow> rows = Some.Tasks();
        var random = new Random(1);
        foreach (TaskRow row in rows)
            row.Answer = random.Next(2) == 1; // labels are independent of features
        var log = new List<string>();
        int last = 0;
        MetaTrainer.Train(
            CoreData.Of(rows, LabelKind.Binary),
            Quick with { MaximumNumberOfIterations = 5000, EarlyStopping = new() { EvaluationInterval = 5, Patience = 2 }, Progress = new Reports(report => last = report.Iteration) },
            log.Add);
        Assert.True(last < 1000, $"{last} iterations");
        Assert.Contains(log, line => line.StartsWith($"Stopped after {last} iterations", StringComparison.Ordinal));
    }

    [Fact]
    public void Split_ManyTasks_NeverTrainsOnValidationTasks()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        EpisodeSource source = EpisodeSource.Split(set, Quick, new Random(1), null, null);
        HashSet<string> Drawn(IEpisodeSampler sampler) => [.. Enumerable.Range(0, 30).SelectMany(seed => sampler.Draw(new Random(seed))).Select(e => e.Task.Name)];
        HashSet<string> training = Drawn(source.Training), validation = Drawn(source.Validation!);
        Assert.Empty(training.Intersect(validation));
        Assert.Equal(set.Tasks.Count, training.Count + validation.Count);
    }

    [Fact]
    public void Split_FewTasks_HoldsOutRows()
    {
        TaskSet set = CoreData.Of(Some.Tasks(3), LabelKind.Binary);
        EpisodeSource source = EpisodeSource.Split(set, Quick, new Random(1), null, null);
        var trained = Enumerable.Range(0, 50).SelectMany(seed => source.Training.Draw(new Random(seed))).SelectMany(e => e.Support.Concat(e.Query).Select(row => (e.Task.Name, row))).ToHashSet();
        var judged = Enumerable.Range(0, 50).SelectMany(seed => source.Validation!.Draw(new Random(seed))).SelectMany(e => e.Query.Select(row => (e.Task.Name, row))).ToHashSet();
        Assert.NotEmpty(judged);
        Assert.Empty(trained.Intersect(judged));
    }

    [Fact]
    public void Train_TasksThatCannotFormAnEpisode_AreLeftOutWithOneWarning()
    {
        List<TaskRow> rows = [.. Some.Tasks(), .. Enumerable.Range(0, 7).Select(i => new TaskRow { Task = $"lonely{i}", Features = new float[TaskRow.FeatureCount], Answer = true })];
        var warnings = new List<string>();
        MetaTrainer.Train(CoreData.Of(rows, LabelKind.Binary), Quick, warn: warnings.Add);
        string warning = Assert.Single(warnings);
        Assert.StartsWith("7 of 19 tasks", warning);
        Assert.Contains("'lonely0', 'lonely1', 'lonely2', 'lonely3', 'lonely4', …", warning);
    }

    [Fact]
    public void Train_TooLittle_SaysWhatIsMissing()
    {
        string MessageOf(IEnumerable<TaskRow> rows) => Assert.Throws<InvalidOperationException>(() => MetaTrainer.Train(CoreData.Of(rows, LabelKind.Binary), Quick)).Message;
        Assert.Contains("must have labelled rows; got none", MessageOf([]));
        Assert.Contains("at least two tasks; got one, 'task0'", MessageOf(Some.Tasks(1)));
        Assert.Contains("got 1 of 2. Tasks that cannot: 'task1'", MessageOf([.. Some.Tasks(1), Some.Tasks(2).Last()]));
    }

    [Fact]
    public void Train_Ways_DrawsTasksFromOnePoolOfClasses()
    {
        List<TaskRow> rows = Some.TasksWithOwnClasses(12, 60);
        foreach (TaskRow row in rows)
            row.Task = "pool";
        var options = Quick with { Episodes = new() { Ways = 3, Shots = 2, Queries = 5 }, Adapter = new PrototypeAdapterOptions() };
        MetaModel model = MetaTrainer.Train(CoreData.Of(rows, LabelKind.Multiclass), options);
        Assert.False(model.HasCommonOutputs);
        Assert.Equal(36, model.Adapt(CoreData.Of(rows, LabelKind.Multiclass, ClassSets.PerTask))[0].Classes.Count);
    }

    [Fact]
    public void Train_RegressionInUserUnits_PredictsThem()
    {
        MetaModel model = MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Regression), Quick with { MaximumNumberOfIterations = 100 });
        AdaptedTask adapted = model.Adapt(CoreData.Of(Some.Tasks(1, firstTask: 30), LabelKind.Regression))[0];
        MetaScorer scorer = model.CreateScorer();
        double error = Some.Tasks(1, firstTask: 30).Average(row => Math.Abs(scorer.Score(adapted, new FeatureRow(row.Features))[0] - row.Value));
        Assert.True(error < 6, $"mean absolute error {error}; labels are around 100 ± 13");
    }

    [Fact]
    public void Train_SparseText_LearnsWithoutDenseRows()
    {
        // The label of a task is whether a row has one of the task's own two words, among 30,000 words.
        const int Words = 30_000;
        TaskSet Texts(int first, int tasks)
        {
            var store = new SparseFeatureStore(Words);
            var builder = new TaskSetBuilder(LabelKind.Binary, store);
            for (int t = first; t < first + tasks; t++)
            {
                var random = new Random(t);
                for (int i = 0; i < 40; i++)
                {
                    int topic = random.Next(2);
                    int[] words = [.. new[] { topic * 50 + random.Next(50), 1000 + random.Next(Words - 1000) }.Order()];
                    builder.Add($"t{t}", store.Add(new FeatureRow(Words, words, [1, 1])), topic ^ (t % 2));
                }
            }

            return builder.Build();
        }

        MetaModel model = MetaTrainer.Train(Texts(0, 24), Quick with { MaximumNumberOfIterations = 200, LearningRate = 0.01 });
        TaskSet news = Texts(100, 20); // many tasks, so that single draws of dropout matter little
        LearningTask[] support = [.. news.Tasks.Select(task => task.Take([.. Enumerable.Range(0, 10)]))];
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(news.With(support));
        MetaScorer scorer = model.CreateScorer();
        double accuracy = news.Tasks.SelectMany((task, t) => Enumerable.Range(10, 30).Select(i => scorer.Score(adapted[t], news.Features[task.Rows[i]])[0] > 0 == task.Labels[i] > 0)).Average(right => right ? 1.0 : 0);
        Assert.True(accuracy > 0.8, $"accuracy {accuracy}");
    }
}
