using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Xunit;

namespace MetaML.Extensions.Tests.Chains;

public sealed class ReplacedTaskTests
{
    private static readonly TrainerCase s_binary = new("binary", "Answer");

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Theory]
    [InlineData(2)]
    [InlineData(40)]
    public void Adapt_KnownTask_WarnsWithBothCounts(int rows)
    {
        ITransformer model = s_binary.Pipeline(_ml, s_binary.Options(iterations: 2)).Fit(View(Some.Tasks()));
        List<string> warnings = Warnings(_ml);
        _ml.MetaLearning().Adapt(model, View([.. Some.Tasks(1, rows), .. Some.Tasks(1, firstTask: 50)]));
        string warning = Assert.Single(warnings);
        Assert.Contains($"'task0' (30 rows, now {rows})", warning);
        Assert.DoesNotContain("task50", warning);
    }

    [Fact]
    public void Adapt_NewTask_WarnsOfNothing()
    {
        ITransformer model = s_binary.Pipeline(_ml, s_binary.Options(iterations: 2)).Fit(View(Some.Tasks()));
        List<string> warnings = Warnings(_ml);
        _ml.MetaLearning().Adapt(model, View(Some.Tasks(2, firstTask: 50)));
        Assert.Empty(warnings);
    }

    [Fact]
    public void Adapt_ManyKnownTasks_NamesTheFirst()
    {
        ITransformer model = s_binary.Pipeline(_ml, s_binary.Options(iterations: 2)).Fit(View(Some.Tasks()));
        List<string> warnings = Warnings(_ml);
        _ml.MetaLearning().Adapt(model, View(Some.Tasks(12, 3, ragged: false)));
        string warning = Assert.Single(warnings);
        Assert.StartsWith("12 tasks", warning);
        Assert.Contains("'task4' (26 rows, now 3), …", warning);
    }

    // The warning is in the log of the context that adapts, and not in that of the context that trained or loaded the model.
    [Fact]
    public void Adapt_LoadedModel_WarnsInTheContextThatAdapts()
    {
        IDataView training = View(Some.Tasks());
        ITransformer model = s_binary.Pipeline(_ml, s_binary.Options(iterations: 2)).Fit(training);
        using var file = new MemoryStream(SavedModels.Save(_ml, model, training.Schema));
        MLContext other = TrainerCase.NewContext(), third = TrainerCase.NewContext();
        List<string> warnings = Warnings(other), elsewhere = Warnings(third);
        other.MetaLearning().Adapt(third.Model.Load(file, out _), other.Data.LoadFromEnumerable(Some.Tasks(1, 2)));
        Assert.Contains("'task0' (30 rows, now 2)", Assert.Single(warnings));
        Assert.Empty(elsewhere);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Task")]
    public void Adapt_SeveralOutputs_WarnsForEach(string? task)
    {
        IDataView training = _ml.Data.LoadFromEnumerable(OutputRow.Rows(30, tasks: task is null ? 1 : 6));
        var options = new MultiOutputOptions { Outputs = [new("Price"), new("Sold")], TaskColumnName = task, Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 2 };
        ITransformer model = _ml.MetaLearning().MultiOutput(options).Fit(training);
        List<string> warnings = Warnings(_ml);
        _ml.MetaLearning().Adapt(model, _ml.Data.LoadFromEnumerable(OutputRow.Rows(4, tasks: task is null ? 1 : 2)));
        Assert.Equal(2, warnings.Count);
        Assert.Contains("'Price'", warnings[0]);
        Assert.All(warnings, warning => Assert.Contains("30 rows, now 4", warning));
        Assert.All(warnings, warning => Assert.Equal(task is not null, warning.Contains("'task1'", StringComparison.Ordinal)));
    }

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private static List<string> Warnings(MLContext context)
    {
        var warnings = new List<string>();
        context.Log += (_, entry) =>
        {
            if (entry.Kind == ChannelMessageKind.Warning)
                warnings.Add(entry.RawMessage);
        };
        return warnings;
    }
}
