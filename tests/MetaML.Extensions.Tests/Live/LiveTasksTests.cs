using System.Collections.Concurrent;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Live;

public sealed class LiveTasksTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<TrainerCase> Cases => new(
        new("binary, ridge", "Answer"),
        new("binary, prototypes", "Answer", new PrototypeAdapterOptions()),
        new("binary, MAML", "Answer", new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 1 }),
        new("multiclass, Bayesian", "Key", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes }),
        new("multiclass, logistic", "Key", new LogisticAdapterOptions()),
        new("regression, Bayesian, noise per task", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes, Noise = PriorNoise.PerTask }),
        new("regression, Bayesian, full covariance", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes, Covariance = PriorCovariance.Full }));

    [Theory]
    [MemberData(nameof(Cases))]
    public void UpdateAndForget_RowByRow_EqualTheCatalogsOnAllRows(TrainerCase trainer)
    {
        List<TaskRow> training = Some.Weighted(Some.Tasks(10)), more = Some.Weighted(Some.Tasks(4, 12, seed: 2, firstTask: 8)), test = Some.Tasks(12, 3, seed: 5);
        ITransformer model = Fitted(trainer, training);
        float[] before = Scores(trainer, model, test);
        using LiveTasks<TaskRow, Known> live = _ml.MetaLearning().LiveTasks<TaskRow, Known>(model);
        foreach (TaskRow row in more)
            live.Update(row);

        ITransformer updated = _ml.MetaLearning().Update(model, View(more));
        CloseScores.AssertEqual(Scores(trainer, updated, test), Scores(trainer, live.ToModel(), test));
        Assert.Equal(Scores(trainer, live.ToModel(), test), Scores(trainer, Loaded(live.ToModel(), test), test));
        Assert.True(live.KnowsTask("task11"));
        TaskRow[] gone = [.. more.Where((row, i) => i % 2 == 0 && row.Task != "task11")];
        foreach (TaskRow row in gone)
            live.Forget(row);
        CloseScores.AssertEqual(Scores(trainer, _ml.MetaLearning().Forget(updated, View(gone)), test), Scores(trainer, live.ToModel(), test));
        Assert.Equal(before, Scores(trainer, model, test));
        Assert.True(live.RemoveTask("task11"));
        Assert.False(live.RemoveTask("task11"));
        Assert.False(live.KnowsTask("task11"));
    }

    [Fact]
    public void Predict_AfterChanges_IsTheTransformOfTheModel()
    {
        var trainer = new TrainerCase("regression", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes });
        List<TaskRow> rows = Some.Tasks(12, 3, seed: 5);
        using LiveTasks<TaskRow, Scored> live = _ml.MetaLearning().LiveTasks<TaskRow, Scored>(Fitted(trainer, Some.Tasks(10)));
        for (int round = 0; round < 3; round++)
        {
            live.Update(Some.Tasks(12, 8, seed: 6 + round));
            Scored[] expected = [.. _ml.Data.CreateEnumerable<Scored>(live.ToModel().Transform(View(rows)), reuseRowObject: false)];
            Scored[] actual = [.. rows.Select(live.Predict)];
            Assert.Equal(expected.Select(row => (row.Score, row.ScoreStandardDeviation, row.IsKnownTask)), actual.Select(row => (row.Score, row.ScoreStandardDeviation, row.IsKnownTask)));
            Assert.All(actual, row => Assert.True(row.ScoreStandardDeviation > 0));
        }
    }

    [Fact]
    public async Task Operations_Of32Threads_EqualSomeSequence()
    {
        const int Threads = 32, Steps = 20;
        var trainer = new TrainerCase("regression", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes });
        List<TaskRow> training = Some.Tasks(10), test = Some.Tasks(Threads, 2, seed: 8, firstTask: 100, ragged: false);
        ITransformer model = Fitted(trainer, training);
        using LiveTasks<TaskRow, Scored> live = _ml.MetaLearning().LiveTasks<TaskRow, Scored>(model), alone = _ml.MetaLearning().LiveTasks<TaskRow, Scored>(model);
        TaskRow[] OwnRows(int thread) => [.. Some.Tasks(1, Steps, seed: 7, firstTask: 100 + thread, ragged: false)];
        TaskRow Shared(int thread, int step) => Some.Tasks(1, Steps, seed: 50 + thread, ragged: false)[step]; // task0
        string TaskOf(int thread) => $"task{100 + thread}";
        TaskRow TestRow(int thread) => test.First(row => row.Task == TaskOf(thread));
        int trained = training.Count(row => row.Task == "task0");

        float[][] expected = [.. Enumerable.Range(0, Threads).Select(thread => OwnRows(thread).Select(row =>
        {
            alone.Update(row);
            return alone.Predict(TestRow(thread)).Score;
        }).ToArray())];

        // Each update adds a row to the thread's own task and one to the task of all threads. A state is the number of rows of each task.
        var states = new ConcurrentBag<int[]>();
        using var start = new Barrier(Threads);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(() =>
        {
            TaskRow[] own = OwnRows(thread);
            start.SignalAndWait();
            for (int step = 0; step < Steps; step++)
            {
                live.Update([own[step], Shared(thread, step)]);
                Assert.Equal(expected[thread][step], live.Predict(TestRow(thread)).Score, 1e-3);
                if (step % 4 != 3)
                    continue;
                ITransformer now = live.ToModel();
                Dictionary<string, int> rows = _ml.MetaLearning().Describe(now).Outputs[0].Tasks.ToDictionary(task => task.Name, task => task.RowCount!.Value);
                int[] state = [.. Enumerable.Range(0, Threads).Select(other => rows.GetValueOrDefault(TaskOf(other)))];
                Assert.Equal(step + 1, state[thread]);
                Assert.Equal(state.Sum(), rows["task0"] - trained);
                states.Add(state);
            }
        }, TaskCreationOptions.LongRunning)));

        int[][] sequence = [.. states.OrderBy(state => state.Sum())];
        Assert.All(sequence.Zip(sequence.Skip(1)), pair => Assert.All(pair.First.Zip(pair.Second), rows => Assert.True(rows.First <= rows.Second)));
        TaskRow[] all = [.. Enumerable.Range(0, Threads).SelectMany(thread => OwnRows(thread).Concat(Enumerable.Range(0, Steps).Select(step => Shared(thread, step))))];
        ITransformer reference = _ml.MetaLearning().Update(model, View(all));
        CloseScores.AssertEqual(Scores(trainer, reference, [.. test, .. training]), Scores(trainer, live.ToModel(), [.. test, .. training]));

        // Half of the rows are forgotten, again by all threads.
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int step = 0; step < Steps; step += 2)
                live.Forget([OwnRows(thread)[step], Shared(thread, step)]);
        })));
        TaskRow[] gone = [.. Enumerable.Range(0, Threads).SelectMany(thread => Enumerable.Range(0, Steps / 2).SelectMany(step => new[] { OwnRows(thread)[2 * step], Shared(thread, 2 * step) }))];
        CloseScores.AssertEqual(Scores(trainer, _ml.MetaLearning().Forget(reference, View(gone)), [.. test, .. training]), Scores(trainer, live.ToModel(), [.. test, .. training]));
    }

    [Fact]
    public async Task Update_NamesUnknownToTheMapping_RenewsTheChainAndLosesNoRow()
    {
        const int Threads = 8;
        var options = new MetaLearnerOptions { LabelColumnName = "Value", KeepStatistics = true, Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() };
        ITransformer model = _ml.Transforms.Conversion.MapValueToKey("Task").Append(_ml.Regression.Trainers.MetaLearner(options)).Fit(View(Some.Tasks(10)));
        using LiveTasks<TaskRow, Scored> live = _ml.MetaLearning().LiveTasks<TaskRow, Scored>(model);
        TaskRow[] RowsOf(int thread) => [.. Some.Tasks(4, 6, seed: 2, firstTask: 20 + 4 * thread), .. Some.Tasks(2, 6, seed: 3 + thread)];
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            foreach (TaskRow row in RowsOf(thread))
            {
                live.Update(row);
                Assert.True(live.Predict(row).IsKnownTask);
            }
        })));

        TaskRow[] all = [.. Enumerable.Range(0, Threads).SelectMany(RowsOf)];
        var trainer = new TrainerCase("regression", "Value");
        CloseScores.AssertEqual(Scores(trainer, _ml.MetaLearning().Update(model, View(all)), all), Scores(trainer, live.ToModel(), all));
    }

    [Fact]
    public void Update_NewClassesOfATask_ArePredicted()
    {
        var trainer = new TrainerCase("multiclass", "Key");
        List<TaskRow> more = Some.TasksWithOwnClasses(1, 20, seed: 2, firstTask: 3);
        more.ForEach(row => row.Class += "?");
        using LiveTasks<TaskRow, Classified> live = _ml.MetaLearning().LiveTasks<TaskRow, Classified>(Fitted(trainer, Some.TasksWithOwnClasses(10), ml => ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")));
        more.ForEach(row => live.Update(row));
        Assert.Contains(more, row => live.Predict(row).PredictedLabel == row.Class);
    }

    [Fact]
    public void Update_TaskThatChanges_ReturnsTheAlarm()
    {
        var trainer = new TrainerCase("regression", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes });
        List<TaskRow> all = Some.Tasks(10, 120, ragged: false), training = [.. all.Where((_, i) => i % 120 < 60)], later = [.. all.Where((_, i) => i % 120 >= 60)], changed = Some.Tasks(1, 60, seed: 7);
        changed.ForEach(row => row.Value = 200 - row.Value);
        var reported = new Alarms();
        var options = new UpdateOptions { Drift = DriftResponse.RestartFromPrior, Alarms = reported };
        ITransformer model = Fitted(trainer, training);
        using LiveTasks<TaskRow, Scored> live = _ml.MetaLearning().LiveTasks<TaskRow, Scored>(model, options);
        Assert.Empty(live.Update(later));
        DriftAlarm[] alarms = [.. changed.Select(live.Update).OfType<DriftAlarm>()];
        Assert.InRange(alarms.Length, 1, 2);
        Assert.Equal(alarms, reported);
        Assert.Equal("task0", alarms[0].TaskName);

        var catalog = new Alarms();
        ITransformer updated = _ml.MetaLearning().Update(model, View([.. later, .. changed]), options with { Alarms = catalog });
        Assert.Equal(catalog, alarms);
        CloseScores.AssertEqual(Scores(trainer, updated, changed), Scores(trainer, live.ToModel(), changed));
    }

    [Fact]
    public void Save_AndExportedTasks_GiveTheSamePredictions()
    {
        var trainer = new TrainerCase("regression", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes });
        List<TaskRow> rows = Some.Tasks(12, 10, seed: 2);
        ITransformer model = Fitted(trainer, Some.Tasks(10));
        using var folder = new TemporaryFolder();
        string path = folder["model.zip"];
        using LiveTasks<TaskRow, Scored> live = _ml.MetaLearning().LiveTasks<TaskRow, Scored>(model), other = _ml.MetaLearning().LiveTasks<TaskRow, Scored>(model);
        live.Update(rows);
        live.Save(path);
        ITransformer saved = _ml.Model.Load(path, out DataViewSchema schema);
        Assert.NotNull(schema["Value"].Name);
        Assert.Equal(Scores(trainer, live.ToModel(), rows), Scores(trainer, saved, rows));
        foreach (string task in live.TaskNames)
            other.ImportTask(live.ExportTask(task));
        Assert.Equal(Scores(trainer, live.ToModel(), rows), Scores(trainer, other.ToModel(), rows));
        using LiveTasks<TaskRow, Scored> again = _ml.MetaLearning().LiveTasks<TaskRow, Scored>(saved);
        again.Update(rows[0]);
        live.Update(rows[0]);
        CloseScores.AssertEqual(Scores(trainer, live.ToModel(), rows), Scores(trainer, again.ToModel(), rows));
        Assert.Throws<InvalidDataException>(() => live.ImportTask([1, 2, 3]));
        Assert.Throws<ArgumentException>(() => live.ExportTask("nobody"));
    }

    [Fact]
    public void Operations_WhatCannotBe_AreErrorsAndChangeNothing()
    {
        var trainer = new TrainerCase("regression", "Value");
        List<TaskRow> training = Some.Tasks(10), more = Some.Tasks(1, 4, seed: 2);
        ITransformer model = Fitted(trainer, training);
        Assert.Contains("KeepStatistics = true", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().LiveTasks<TaskRow, Scored>(trainer.Pipeline(_ml).Fit(View(training)))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _ml.MetaLearning().LiveTasks<TaskRow, Scored>(model, new UpdateOptions { ForgettingFactor = 2 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().LiveTasks<OutputRow, Scored>(model));
        LiveTasks<TaskRow, Scored> live = _ml.MetaLearning().LiveTasks<TaskRow, Scored>(model);
        float[] before = Scores(trainer, live.ToModel(), training);
        TaskRow With(Action<TaskRow> change)
        {
            TaskRow row = Some.Tasks(1, 1, seed: 2)[0];
            change(row);
            return row;
        }

        Assert.Contains("slot 0", Assert.Throws<InvalidOperationException>(() => live.Update(With(row => row.Features[0] = float.NaN))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => live.Update([more[0], With(row => row.Value = float.PositiveInfinity)]));
        Assert.Throws<InvalidOperationException>(() => live.Update(With(row => row.Task = "")));
        Assert.Throws<InvalidOperationException>(() => live.Update(With(row => row.Weight = -1)));
        Assert.Throws<InvalidOperationException>(() => live.Update([]));
        Assert.Throws<InvalidOperationException>(() => live.Forget(With(row => row.Value = 1e6f)));
        Assert.Contains("got 'nobody'", Assert.Throws<InvalidOperationException>(() => live.Forget(With(row => row.Task = "nobody"))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => live.Update((TaskRow)null!));
        Assert.Equal(before, Scores(trainer, live.ToModel(), training));

        ITransformer last = live.ToModel();
        live.Dispose();
        live.Dispose();
        Assert.Throws<ObjectDisposedException>(() => live.Update(more[0]));
        Assert.Throws<ObjectDisposedException>(() => live.Predict(more[0]));
        Assert.Throws<ObjectDisposedException>(live.ToModel);
        Assert.Equal(before, Scores(trainer, last, training));
    }

    private ITransformer Fitted(TrainerCase trainer, IEnumerable<TaskRow> training, Func<MLContext, IEstimator<ITransformer>>? next = null)
    {
        EstimatorChain<MetaLearnerTransformer> pipeline = trainer.Pipeline(_ml, trainer.Options() with { KeepStatistics = true, ExampleWeightColumnName = "Weight" });
        return next is null ? pipeline.Fit(View(training)) : pipeline.Append(next(_ml)).Fit(View(training));
    }

    private ITransformer Loaded(ITransformer model, IEnumerable<TaskRow> rows)
    {
        using var file = new MemoryStream();
        _ml.Model.Save(model, View(rows).Schema, file);
        return _ml.MetaLearning().LoadChecked(file, out _);
    }

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private float[] Scores(TrainerCase trainer, ITransformer model, IEnumerable<TaskRow> rows)
    {
        IDataView scored = model.Transform(View(rows));
        return trainer.IsMulticlass ? [.. scored.GetColumn<float[]>("Score").SelectMany(row => row)] : [.. scored.GetColumn<float>("Score")];
    }

    private sealed class Scored
    {
        public float Score { get; set; }

        public float ScoreStandardDeviation { get; set; }

        public bool IsKnownTask { get; set; }
    }

    private sealed class Known
    {
        public bool IsKnownTask { get; set; }
    }

    private sealed class Classified
    {
        public string PredictedLabel { get; set; } = "";
    }
}
