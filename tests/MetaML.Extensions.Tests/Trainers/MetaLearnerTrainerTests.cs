using System.Runtime.CompilerServices;
using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

public sealed class MetaLearnerTrainerTests
{
    private static readonly TrainerCase s_binary = new("binary", "Answer");

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Fit_HostCancelled_Stops()
    {
        var options = s_binary.Options(iterations: 100_000) with { EarlyStopping = null, Progress = new Reports(_ => CancelExecution(_ml)) };
        Assert.Throws<OperationCanceledException>(() => s_binary.Trainer(_ml, options).Fit(Data(Some.Tasks())));
    }

    [Fact]
    public void Fit_Token_Stops()
    {
        using var source = new CancellationTokenSource();
        var options = s_binary.Options(iterations: 100_000) with { EarlyStopping = null, CancellationToken = source.Token, Progress = new Reports(_ => source.Cancel()) };
        Assert.Throws<OperationCanceledException>(() => s_binary.Trainer(_ml, options).Fit(Data(Some.Tasks())));
    }

    [Fact]
    public void Fit_Log_TellsWhatIsLearned()
    {
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add(message.Message);
        s_binary.Trainer(_ml, s_binary.Options(iterations: 100)).Fit(Data(Some.Tasks()));
        Assert.Contains(log, line => line.Contains("12 tasks, 339 rows of 6 features", StringComparison.Ordinal));
        Assert.Contains(log, line => line.Contains("Iteration 100 of 100", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_EmpiricalBayesOnFeatures_NeedsNoNativeLibrary()
    {
        List<TaskRow> rows = Some.Tasks();
        float[] scores = ScoringProcess.FitScores(_ml, Data(rows));
        double error = rows.Zip(scores).Average(pair => Math.Abs(pair.First.Value - pair.Second));
        Assert.True(error < 6, $"mean absolute error {error}; labels are around 100 ± 13");
    }

    [Fact]
    public void Fit_ExampleWeights_LeaveOutRowsOfWeightZero()
    {
        List<TaskRow> rows = Some.Tasks();
        List<TaskRow> wrong = [.. Some.Tasks().Select(row => new TaskRow { Task = row.Task, Features = row.Features, Answer = !row.Answer, Weight = 0 })];
        var options = s_binary.Options() with { ExampleWeightColumnName = "Weight" };
        var weighted = s_binary.Trainer(_ml, options).Fit(Data([.. rows, .. wrong]));
        Assert.True(_ml.BinaryClassification.Evaluate(weighted.Transform(Data(rows)), "Answer").Accuracy > 0.8);
        rows[4].Weight = float.NaN;
        Assert.Contains("in row 4 of column 'Weight'", Assert.Throws<InvalidOperationException>(() => s_binary.Trainer(_ml, options).Fit(Data(rows))).Message);
    }

    [Fact]
    public void Fit_MissingLabels_AreLeftOutWithAWarning()
    {
        var regression = new TrainerCase("regression", "Value");
        List<TaskRow> rows = Some.Tasks();
        rows[2].Value = rows[9].Value = float.NaN;
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add(message.Message);
        regression.Trainer(_ml).Fit(Data(rows));
        Assert.Contains(log, line => line.Contains("2 rows without a label are left out", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_OutOfRange_AreRefusedWhenTheTrainerIsMade()
    {
        string MessageOf(MetaLearnerOptions options) => Assert.ThrowsAny<ArgumentException>(() => s_binary.Trainer(_ml, options)).Message;
        Assert.Contains("MetaLearnerOptions.MaximumNumberOfIterations must be at least 0; got -1.", MessageOf(new() { MaximumNumberOfIterations = -1 }));
        Assert.Contains("MetaLearnerOptions.TaskColumnName must be set unless Episodes.Ways is", MessageOf(new() { TaskColumnName = null }));
        Assert.Contains("MetaLearnerOptions.LabelColumnName must be the name of a column", MessageOf(new() { LabelColumnName = " " }));
        Assert.Contains("MetaLearnerOptions.UnknownTasks must be one of", MessageOf(new() { UnknownTasks = (UnknownTaskHandling)9 }));
        Assert.Throws<ArgumentNullException>(() => _ml.BinaryClassification.Trainers.MetaLearner((MetaLearnerOptions)null!));
    }

    [Fact]
    public void Options_ChangedAfterwards_DoNotChangeTheTrainer()
    {
        MetaLearnerOptions options = s_binary.Options();
        var trainer = s_binary.Trainer(_ml, options);
        options.LabelColumnName = "Nowhere";
        trainer.Fit(Data(Some.Tasks()));
    }

    private IDataView Data(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "CancelExecution")]
    private static extern void CancelExecution(MLContext context);
}
