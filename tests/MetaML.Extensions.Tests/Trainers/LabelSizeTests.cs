using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

/// <summary>Tasks whose labels differ in size by orders of magnitude, such as the revenues of stores.</summary>
public sealed class LabelSizeTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<TrainerCase> Cases => new(
        new("nothing set", "Value"),
        new("identity and ridge", "Value", new RidgeAdapterOptions()),
        new("gradient steps", "Value", new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2 }));

    [Fact]
    public void Fit_SizesDiffer_NewTasksHaveSmallerRelativeErrors()
    {
        (List<TaskRow> training, List<TaskRow> support, List<TaskRow> query) = Sized(40);
        double Error(bool? scales) => RelativeError(query, Scores(Adapted(Fit(training, scales), support), query));
        double chosen = Error(null), common = Error(false);
        Assert.InRange(chosen, 0, 0.7 * common);
        Assert.Equal(chosen, Error(true));
    }

    [Fact]
    public void Fit_SizesAreAlike_LabelsHaveOneScale()
    {
        List<TaskRow> training = Some.Tasks(20);
        Assert.Equal(Scores(Fit(training, false), training), Scores(Fit(training, null), training));
    }

    [Fact]
    public void Fit_SizesDiffer_TheLogSaysSo()
    {
        var messages = new List<string>();
        _ml.Log += (_, entry) => messages.Add(entry.Message);
        Fit(Sized(20).Training, null);
        Assert.Contains(messages, message => message.Contains("Labels: scaled by the size of each task, since sizes differ", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapt_LabelsInOtherUnits_ScoresAreInTheseUnits(TrainerCase trainer)
    {
        ITransformer model = Fit(Sized(20).Training, null, trainer);
        List<TaskRow> rows = Some.Tasks(1, 20, firstTask: 100), others = Some.Tasks(1, 20, firstTask: 100);
        foreach (TaskRow row in others)
            row.Value *= 1000;
        float[] scores = Scores(Adapted(model, rows), rows), larger = Scores(Adapted(model, others), rows);
        Assert.All(scores.Zip(larger), pair => Assert.InRange(pair.Second / pair.First, 950, 1050));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void SaveAndLoad_KnownNewAndUnknownTasks_ScoreTheSame(TrainerCase trainer)
    {
        (List<TaskRow> training, List<TaskRow> support, List<TaskRow> query) = Sized(20);
        ITransformer model = Adapted(Fit(training, null, trainer), support);
        List<TaskRow> rows = [.. training.Take(50), .. query, .. Some.Tasks(1, 5, firstTask: 200)];
        using var stream = new MemoryStream(SavedModels.Save(_ml, model, View(rows).Schema));
        ITransformer loaded = _ml.Model.Load(stream, out _);
        float[] scores = Scores(model, rows);
        Assert.All(scores, score => Assert.True(float.IsFinite(score)));
        Assert.Equal(scores, Scores(loaded, rows));
        Assert.Equal(Scores(Adapted(model, support), query), Scores(Adapted(loaded, support), query));

        string task = support[0].Task;
        TaskRow[] own = [.. query.Where(row => row.Task == task)];
        Assert.Equal(Scores(model, own), Scores(_ml.MetaLearning().SelectTask(loaded, task), own));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void UpdateAndForget_KnownTask_KeepsItsSize(TrainerCase trainer)
    {
        (List<TaskRow> training, List<TaskRow> support, List<TaskRow> query) = Sized(20);
        ITransformer model = Adapted(Fit(training, null, trainer, keepStatistics: true), support);
        ITransformer updated = _ml.MetaLearning().Update(model, View(query));
        Assert.InRange(RelativeError(query, Scores(updated, query)), 0, RelativeError(query, Scores(model, query)));
        CloseScores.AssertEqual(Scores(model, query), Scores(_ml.MetaLearning().Forget(updated, View(query)), query));
    }

    [Fact]
    public void Coverage_SmallAndLargeTasks_IntervalsAreInTheirUnits()
    {
        (List<TaskRow> training, List<TaskRow> support, List<TaskRow> query) = Sized(80);
        ITransformer model = Adapted(_ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = nameof(TaskRow.Value), TaskColumnName = nameof(TaskRow.Task), Encoder = new IdentityEncoderOptions(), Coverage = 0.9 }).Fit(View(training)), support);
        IDataView scored = model.Transform(View(query));
        foreach (var size in query.Zip(scored.GetColumn<float>("ScoreLowerBound"), scored.GetColumn<float>("ScoreUpperBound")).GroupBy(row => SizeOf(row.First.Task) < 1))
        {
            Assert.InRange(size.Average(row => row.First.Value >= row.Second && row.First.Value <= row.Third ? 1.0 : 0), 0.8, 1);
            Assert.InRange(size.Average(row => (row.Third - row.Second) / SizeOf(row.First.Task)), 0.1, 3);
        }
    }

    [Fact]
    public void MultiOutput_TasksOfDifferentSizes_EachOutputHasItsOwnSizes()
    {
        (List<TaskRow> training, List<TaskRow> support, List<TaskRow> query) = Sized(40);
        foreach (TaskRow row in training.Concat(support).Concat(query))
            row.Count = -5 * row.Value;
        float[] Of(bool? scales, string output)
        {
            var options = new MultiOutputOptions { Outputs = [new(nameof(TaskRow.Value), LabelKind.Regression), new(nameof(TaskRow.Count), LabelKind.Regression)], TaskColumnName = nameof(TaskRow.Task), Encoder = new IdentityEncoderOptions(), ScaleLabelsByTask = scales };
            ITransformer model = _ml.MetaLearning().MultiOutput(options).Fit(View(training));
            return [.. Adapted(model, support).Transform(View(query)).GetColumn<float>($"{output}.Score")];
        }

        double scaled = RelativeError(query, Of(null, nameof(TaskRow.Value)));
        Assert.InRange(scaled, 0, 0.7 * RelativeError(query, Of(false, nameof(TaskRow.Value))));
        Assert.Equal(scaled, RelativeError(query, Array.ConvertAll(Of(null, nameof(TaskRow.Count)), score => score / -5)), 0.01);
    }

    [Fact]
    public void Validate_Classes_HaveNoScale()
    {
        var error = Assert.Throws<ArgumentException>(() => _ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions { ScaleLabelsByTask = true }));
        Assert.Contains("ScaleLabelsByTask", error.Message, StringComparison.Ordinal);
    }

    // Labels of about 0.01 to 100 times the same values; each new task has 8 rows of support.
    private static (List<TaskRow> Training, List<TaskRow> Support, List<TaskRow> Query) Sized(int tasks)
    {
        List<TaskRow> rows = Some.Tasks(tasks + 20, ragged: false);
        foreach (var task in rows.GroupBy(row => row.Task))
        {
            double size = SizeOf(task.Key);
            foreach (TaskRow row in task)
                row.Value = (float)(size * (row.Value - 60) / 40);
        }

        ILookup<bool, IGrouping<string, TaskRow>> parts = rows.GroupBy(row => row.Task).Select((task, number) => (task, number)).ToLookup(pair => pair.number < tasks, pair => pair.task);
        return ([.. parts[true].SelectMany(task => task)], [.. parts[false].SelectMany(task => task.Take(8))], [.. parts[false].SelectMany(task => task.Skip(8))]);
    }

    private static double SizeOf(string task) => Math.Pow(10, int.Parse(task["task".Length..]) * 7 % 40 / 10.0 - 2);

    // The root mean square of errors in units of the size of a task.
    private static double RelativeError(IReadOnlyList<TaskRow> rows, float[] scores) => Math.Sqrt(rows.Zip(scores, (row, score) => Math.Pow((row.Value - score) / SizeOf(row.Task), 2)).Average());

    private ITransformer Fit(List<TaskRow> rows, bool? scales, TrainerCase? trainer = null, bool keepStatistics = false) => _ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions
    {
        LabelColumnName = nameof(TaskRow.Value),
        TaskColumnName = nameof(TaskRow.Task),
        Encoder = trainer?.Adapter switch
        {
            RidgeAdapterOptions => new IdentityEncoderOptions(),
            GradientAdapterOptions => new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 8 },
            _ => null,
        },
        Adapter = trainer?.Adapter,
        MaximumNumberOfIterations = 50,
        ScaleLabelsByTask = scales,
        KeepStatistics = keepStatistics,
        Seed = 1,
    }).Fit(View(rows));

    private ITransformer Adapted(ITransformer model, IEnumerable<TaskRow> support) => _ml.MetaLearning().Adapt(model, View(support));

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private float[] Scores(ITransformer model, IEnumerable<TaskRow> rows) => [.. model.Transform(View(rows)).GetColumn<float>("Score")];
}
