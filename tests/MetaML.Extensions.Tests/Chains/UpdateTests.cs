using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Chains;

public sealed class UpdateTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<TrainerCase> Cases => new(
        new("binary, ridge", "Answer"),
        new("binary, prototypes", "Answer", new PrototypeAdapterOptions()),
        new("binary, gradient", "Answer", new GradientAdapterOptions { InnerSteps = 2 }),
        new("binary, MAML", "Answer", new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 1 }),
        new("multiclass, Bayesian", "Key", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes }),
        new("multiclass, logistic", "Key", new LogisticAdapterOptions()),
        new("regression, Bayesian, noise per task", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes, Noise = PriorNoise.PerTask }));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_KnownAndNewTasks_EqualsAdaptOnAllTheirRows(TrainerCase trainer)
    {
        List<TaskRow> training = Some.Weighted(Some.Tasks(10)), more = Some.Weighted(Some.Tasks(4, 12, seed: 2, firstTask: 8));
        ITransformer model = Fitted(trainer, training);
        float[] before = Scores(trainer, model, training);
        ITransformer updated = model;
        foreach (TaskRow[] part in more.Chunk(17))
            updated = _ml.MetaLearning().Update(updated, View(part));

        ITransformer refitted = _ml.MetaLearning().Adapt(model, View([.. training.Where(row => more.Any(other => other.Task == row.Task)), .. more]));
        CloseScores.AssertEqual(Scores(trainer, refitted, [.. training, .. more]), Scores(trainer, updated, [.. training, .. more]));
        Assert.Equal(before, Scores(trainer, model, training));
        Assert.True(_ml.MetaLearning().KnowsTask(updated, "task11"));
        Assert.Equal(more.Count(row => row.Task == "task11"), Tasks(updated).Single(task => task.Name == "task11").RowCount);

        ITransformer forgotten = Loaded(_ml.MetaLearning().Forget(Loaded(updated, training), View([.. more.Where(row => row.Task is "task8" or "task9")])), training);
        CloseScores.AssertEqual(before, Scores(trainer, forgotten, training));
    }

    [Fact]
    public void Update_ClassesOfItsOwn_AddsThemToTheTask()
    {
        var trainer = new TrainerCase("multiclass", "Key");
        List<TaskRow> training = Some.TasksWithOwnClasses(10), more = Some.TasksWithOwnClasses(1, 20, seed: 2, firstTask: 3);
        foreach (TaskRow row in more)
            row.Class += "?"; // three new classes of a known task
        ITransformer model = Fitted(trainer, training);
        ITransformer updated = _ml.MetaLearning().Update(model, View(more));
        ITransformer refitted = _ml.MetaLearning().Adapt(model, View([.. training.Where(row => row.Task == "task3"), .. more]));
        CloseScores.AssertEqual(Scores(trainer, refitted, more), Scores(trainer, updated, more));
        CloseScores.AssertEqual(Scores(trainer, model, training), Scores(trainer, _ml.MetaLearning().Forget(updated, View(more)), training, width: model));

        ITransformer removed = _ml.MetaLearning().Forget(updated, View([.. training.Where(row => row.Task == "task3"), .. more]));
        Assert.False(_ml.MetaLearning().KnowsTask(removed, "task3"));
        Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Forget(model, View(more)));
    }

    [Fact]
    public void Forget_AllRows_LeavesTheScoresOfThePrior()
    {
        var trainer = new TrainerCase("regression", "Value", new BayesianAdapterOptions());
        List<TaskRow> training = Some.Tasks(10), rows = [.. training.Where(row => row.Task == "task3")];
        ITransformer model = Fitted(trainer, training);
        ITransformer forgotten = _ml.MetaLearning().Forget(model, View(rows));
        Assert.Equal(Scores(trainer, _ml.MetaLearning().RemoveTask(model, "task3"), rows), Scores(trainer, forgotten, rows));
        Assert.Equal(0, Tasks(forgotten).Single(task => task.Name == "task3").RowCount);
        ITransformer again = _ml.MetaLearning().Update(forgotten, View(rows));
        CloseScores.AssertEqual(Scores(trainer, model, rows), Scores(trainer, again, rows));
    }

    [Fact]
    public void UpdateAndForget_WhatCannotBe_AreErrorsThatSayWhy()
    {
        var trainer = new TrainerCase("regression", "Value");
        List<TaskRow> training = Some.Tasks(10), more = Some.Tasks(1, seed: 2);
        ITransformer without = trainer.Pipeline(_ml).Fit(View(training)), model = Fitted(trainer, training);
        Assert.Contains("KeepStatistics = true", Refused(() => _ml.MetaLearning().Update(without, View(more))), StringComparison.Ordinal);
        Assert.Contains("got 'task0'", Refused(() => _ml.MetaLearning().Forget(without, View(more))), StringComparison.Ordinal);
        Assert.Contains("got 'task20'", Refused(() => _ml.MetaLearning().Update(without, View(Some.Tasks(1, firstTask: 20)))), StringComparison.Ordinal);
        Assert.Contains("got 'task20'", Refused(() => _ml.MetaLearning().Forget(model, View(Some.Tasks(1, firstTask: 20)))), StringComparison.Ordinal);
        Assert.Contains("'task0'", Refused(() => _ml.MetaLearning().Forget(model, View([.. training.Where(row => row.Task == "task0"), .. more]))), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Update(model, View(more), new UpdateOptions { ForgettingFactor = 0 }));
        ITransformer refined = _ml.MetaLearning().Adapt(model, View(more), new AdaptationOptions { RefinementSteps = 3 });
        Assert.Contains("RefinementSteps", Refused(() => _ml.MetaLearning().Update(refined, View(more))), StringComparison.Ordinal);
    }

    [Fact]
    public void Update_ForgettingFactor_FollowsTheNewRows()
    {
        var trainer = new TrainerCase("regression", "Value");
        List<TaskRow> training = Some.Tasks(10, 60), changed = Some.Tasks(1, 40), test = Some.Tasks(1, 200, seed: 3);
        foreach (TaskRow row in changed.Concat(test))
            row.Value = 200 - row.Value;
        ITransformer model = Fitted(trainer, training);
        double Error(UpdateOptions? options) => _ml.Regression.Evaluate(_ml.MetaLearning().Update(model, View(changed), options).Transform(View(test)), "Value").RootMeanSquaredError;
        double forgetting = Error(new UpdateOptions { ForgettingFactor = 0.9 }), keeping = Error(null);
        Assert.True(forgetting < 0.7 * keeping, $"{forgetting}, without forgetting {keeping}");
    }

    [Theory]
    [InlineData(DriftResponse.Report)]
    [InlineData(DriftResponse.ForgetFaster)]
    [InlineData(DriftResponse.RestartFromPrior)]
    public void Update_TaskThatChanges_IsReportedAndAnswered(DriftResponse response)
    {
        var trainer = new TrainerCase("regression", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes });
        List<TaskRow> all = Some.Tasks(10, 120, ragged: false), training = [.. all.Where((_, i) => i % 120 < 60)], later = [.. all.Where((_, i) => i % 120 >= 60)], changed = Some.Tasks(1, 60, seed: 7), test = Some.Tasks(1, 200, seed: 7);
        var warnings = new List<string>();
        _ml.Log += (_, entry) => warnings.AddRange(entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning ? [entry.Message] : []);
        ITransformer model = _ml.MetaLearning().Update(Fitted(trainer, training), View(later), new UpdateOptions { Drift = response });
        Assert.DoesNotContain(warnings, text => text.Contains("has changed", StringComparison.Ordinal));
        foreach (TaskRow row in changed.Concat(test))
            row.Value = 200 - row.Value;

        var alarms = new Alarms();
        ITransformer updated = _ml.MetaLearning().Update(Loaded(model, training), View(changed), new UpdateOptions { Drift = response, Alarms = alarms });
        Assert.All(alarms, alarm => Assert.Equal("task0", alarm.TaskName));
        Assert.InRange(alarms.Count, 1, 2);
        Assert.InRange(alarms[0].RowsSinceChange, 4, 40);
        Assert.Contains(warnings, text => text.Contains($"'task0' has changed: the errors of its last {alarms[0].RowsSinceChange} rows", StringComparison.Ordinal) && text.Contains(response.ToString(), StringComparison.Ordinal));
        double Error(ITransformer of) => _ml.Regression.Evaluate(of.Transform(View(test)), "Value").RootMeanSquaredError;
        double without = Error(_ml.MetaLearning().Update(model, View(changed))), answered = Error(updated);
        if (response == DriftResponse.Report)
            Assert.Equal(without, answered, 1e-3);
        else
            Assert.True(answered < 0.9 * without, $"{answered}, without a response {without}");
    }

    [Fact]
    public void Update_SeveralOutputs_ChangesThoseWithLabels()
    {
        List<OutputRow> training = OutputRow.Rows(40, tasks: 8), more = OutputRow.Rows(10, seed: 2, tasks: 1);
        foreach (OutputRow row in more)
            row.Price = float.NaN;
        ITransformer model = _ml.MetaLearning().MultiOutput(new MultiOutputOptions { Outputs = [new("Price"), new("Size"), new("Sold")], TaskColumnName = "Task", MaximumNumberOfIterations = 20, KeepStatistics = true })
            .Fit(_ml.Data.LoadFromEnumerable(training));
        IDataView rows = _ml.Data.LoadFromEnumerable(more);
        ITransformer updated = _ml.MetaLearning().Update(model, rows), forgotten = _ml.MetaLearning().Forget(updated, rows);
        float[] Column(ITransformer of, string name) => [.. of.Transform(rows).GetColumn<float>(name)];
        Assert.Equal(Column(model, "Price.Score"), Column(updated, "Price.Score"));
        foreach (string output in new[] { "Size.Score", "Sold.Score" })
        {
            Assert.NotEqual(Column(model, output), Column(updated, output));
            CloseScores.AssertEqual(Column(model, output), Column(forgotten, output));
        }
    }

    private ITransformer Fitted(TrainerCase trainer, IEnumerable<TaskRow> training) =>
        trainer.Pipeline(_ml, trainer.Options() with { KeepStatistics = true, ExampleWeightColumnName = "Weight" }).Fit(View(training));

    private ITransformer Loaded(ITransformer model, IEnumerable<TaskRow> rows)
    {
        using var file = new MemoryStream();
        _ml.Model.Save(model, View(rows).Schema, file);
        return _ml.MetaLearning().LoadChecked(file, out _);
    }

    private IReadOnlyList<TaskDescription> Tasks(ITransformer model) => _ml.MetaLearning().Describe(model).Outputs[0].Tasks;

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    // Scores over the classes of another model, if it is given: later classes have no scores there.
    private float[] Scores(TrainerCase trainer, ITransformer model, IEnumerable<TaskRow> rows, ITransformer? width = null)
    {
        IDataView scored = model.Transform(View(rows));
        if (!trainer.IsMulticlass)
            return [.. scored.GetColumn<float>("Score")];
        int classes = ((VectorDataViewType)(width ?? model).Transform(View(rows)).Schema["Score"].Type).Size;
        return [.. scored.GetColumn<float[]>("Score").SelectMany(row => row.Take(classes))];
    }

    private static string Refused(Action action) => Assert.Throws<InvalidOperationException>(action).Message;
}
