using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Data;

/// <summary>A row with a null or empty task belongs to no task. It is an error in training. In scoring it is a row of an unknown task.</summary>
public sealed class MissingTaskTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<TaskRow> _rows = Some.Tasks(3);

    public static TheoryData<string?> Missing => [null, ""];

    [Theory]
    [MemberData(nameof(Missing))]
    public void Fit_RowWithoutTask_NamesTheRow(string? task) =>
        CheckMessage(Assert.Throws<InvalidOperationException>(() => Trainer().Fit(View(_rows, task))), 2);

    [Theory]
    [MemberData(nameof(Missing))]
    public void Adapt_SupportWithoutTask_NamesTheRow(string? task)
    {
        ITransformer model = Trainer().Fit(View(_rows));
        CheckMessage(Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Adapt(model, View(Some.Tasks(1, 8, firstTask: 7), task))), 2);
    }

    [Theory]
    [MemberData(nameof(Missing))]
    public void Relatedness_RowWithoutTask_NamesTheRow(string? task)
    {
        ITransformer model = Trainer().Fit(View(_rows));
        CheckMessage(Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Relatedness(model, View(_rows, task))), 2);
    }

    [Theory]
    [MemberData(nameof(Missing))]
    public void SupportQuerySplit_RowWithoutTask_NamesTheRow(string? task) =>
        CheckMessage(Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().SupportQuerySplit(View(_rows, task), 5, labelColumnName: nameof(TaskRow.Value), taskColumnName: nameof(TaskRow.Task))), 2);

    [Theory]
    [MemberData(nameof(Missing))]
    public void Transform_RowWithoutTask_IsScoredAsAnUnknownTask(string? task)
    {
        ITransformer model = Trainer().Fit(View(_rows));
        bool[] known = [.. model.Transform(View(_rows, task)).GetColumn<bool>("IsKnownTask")];
        Assert.Equal(_rows.Select((_, i) => i != 2), known);
        Assert.All(model.Transform(View(_rows, task)).GetColumn<float>("Score"), score => Assert.True(float.IsFinite(score)));
    }

    private MetaLearnerTrainer Trainer() => _ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions
    {
        LabelColumnName = nameof(TaskRow.Value),
        TaskColumnName = nameof(TaskRow.Task),
        Encoder = new IdentityEncoderOptions(),
        Adapter = new BayesianAdapterOptions(),
    });

    private static void CheckMessage(InvalidOperationException error, int row) =>
        Assert.Contains($"Each row must have a task in column 'Task'; got an empty text in row {row}.", error.Message, StringComparison.Ordinal);

    private IDataView View(List<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    // The third row has no task.
    private IDataView View(List<TaskRow> rows, string? task) => View([.. rows.Select((row, i) => new TaskRow
    {
        Task = i == 2 ? task! : row.Task,
        Features = row.Features,
        Value = row.Value,
    })]);
}
