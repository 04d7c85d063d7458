using MetaML.Models;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Catalog;

public sealed class CalibrateTests
{
    private const int FirstOfCalibration = 100, FirstOfTest = 300;

    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<TrainerCase> Cases => new(
        new("regression, Bayesian", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes }),
        new("regression, ridge", "Value"),
        new("regression, ANIL", "Value", new GradientAdapterOptions { InnerSteps = 1 }),
        new("binary, ridge", "Answer"),
        new("binary, Bayesian, logistic", "Answer", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes, ClassLikelihood = ClassLikelihood.Logistic }),
        new("multiclass, ridge", "Key"));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Calibrate_RowsOfNewTasks_AreHeldAtTheCoverage(TrainerCase trainer)
    {
        ITransformer model = trainer.Pipeline(_ml, trainer.Options(iterations: 10)).Fit(View(Some.Tasks(12)));
        ITransformer calibrated = _ml.MetaLearning().Calibrate(model, View(Some.Tasks(60, 30, firstTask: FirstOfCalibration, ragged: false)), 0.8);
        List<TaskRow> test = Some.Tasks(150, 30, firstTask: FirstOfTest, ragged: false);
        foreach (int support in new[] { 0, 4, 6, 16 })
        {
            TaskRow[] known = [.. test.Where((_, i) => i % 30 < support)], queries = [.. test.Where((_, i) => i % 30 >= support)];
            ITransformer adapted = support == 0 ? calibrated : _ml.MetaLearning().Adapt(calibrated, View(known));
            double coverage = Held(trainer, adapted, queries).Average(isHeld => isHeld ? 1.0 : 0);
            Assert.True(coverage >= 0.76, $"{support} rows: coverage {coverage}");
            Assert.True(coverage <= (trainer.Label == "Value" ? 0.85 : 1), $"{support} rows: coverage {coverage}"); // a set holds the predicted class in any case
        }
    }

    [Fact]
    public void Calibrate_ClassesOfEachTask_SetsHoldTheClassAndNoneOfAnotherTask()
    {
        var trainer = new TrainerCase("multiclass", "Key");
        ITransformer model = trainer.Pipeline(_ml, trainer.Options(iterations: 10)).Fit(View(Some.TasksWithOwnClasses(12)));
        ITransformer calibrated = _ml.MetaLearning().Calibrate(model, View(Balanced(40, FirstOfCalibration)), 0.9);
        TaskRow[] test = Balanced(60, FirstOfTest);
        TaskRow[] support = [.. test.GroupBy(row => row.Class).SelectMany(rows => rows.Take(4))], queries = [.. test.Except(support)];
        ITransformer adapted = _ml.MetaLearning().Adapt(calibrated, View(support));
        Assert.InRange(Held(trainer, adapted, queries).Average(isHeld => isHeld ? 1.0 : 0), 0.86, 1);
        string[] names = Slots(adapted.Transform(View(queries)));
        string[][] sets = [.. adapted.Transform(View(queries)).GetColumn<bool[]>("PredictedSet").Select(set => names.Where((_, k) => set[k]).ToArray())];
        Assert.All(queries.Zip(sets), pair => Assert.All(pair.Second, name => Assert.StartsWith(pair.First.Task + "/", name, StringComparison.Ordinal)));
        Assert.All(sets, set => Assert.NotEmpty(set));
        Assert.True(sets.Average(set => set.Length) < 2.9);
    }

    [Theory]
    [InlineData("Value")]
    [InlineData("Answer")]
    public void Calibrate_SavedUpdatedOrLive_KeepsItsColumns(string label)
    {
        var trainer = new TrainerCase("case", label);
        ITransformer model = trainer.Pipeline(_ml, trainer.Options(iterations: 10) with { KeepStatistics = true }).Fit(View(Some.Tasks(12)));
        ITransformer calibrated = _ml.MetaLearning().Calibrate(model, View(Some.Tasks(20, firstTask: FirstOfCalibration)), 0.8);
        List<TaskRow> rows = Some.Tasks(4, 5, firstTask: FirstOfTest);
        ITransformer updated = _ml.MetaLearning().Update(_ml.MetaLearning().Adapt(calibrated, View(rows)), View(rows));
        using var file = new MemoryStream();
        _ml.Model.Save(updated, View(rows).Schema, file);
        ITransformer loaded = _ml.MetaLearning().LoadChecked(file, out _);
        Assert.Equal(Values(updated, rows), Values(loaded, rows));
        Assert.Equal(0.8, _ml.MetaLearning().Describe(loaded).Outputs[0].Coverage);
        Assert.Contains("hold 80.0", _ml.MetaLearning().Describe(loaded).ToString(), StringComparison.Ordinal);
        using LiveTasks<TaskRow, Interval> live = _ml.MetaLearning().LiveTasks<TaskRow, Interval>(loaded);
        live.Update(rows[0]);
        if (label == "Value")
            Assert.True(live.Predict(rows[0]).ScoreLowerBound < live.Predict(rows[0]).ScoreUpperBound);
        Assert.Null(model.GetOutputSchema(View(rows).Schema).GetColumnOrNull("ScoreLowerBound"));
        Assert.Null(model.GetOutputSchema(View(rows).Schema).GetColumnOrNull("PredictedSet"));
    }

    [Fact]
    public void Calibrate_WhatCannotBe_AreErrorsThatSayWhy()
    {
        var trainer = new TrainerCase("case", "Value");
        ITransformer model = trainer.Pipeline(_ml, trainer.Options(iterations: 2)).Fit(View(Some.Tasks(12)));
        IDataView tasks = View(Some.Tasks(8, firstTask: FirstOfCalibration));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().Calibrate(model, tasks, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().Calibrate(model, tasks, double.NaN));
        Assert.Contains("at least 9 tasks", Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Calibrate(model, tasks, 0.9)).Message, StringComparison.Ordinal);
        Assert.Contains("got 'task0'", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Calibrate(model, View(Some.Tasks(20)), 0.9)).Message, StringComparison.Ordinal);
        Assert.NotNull(_ml.MetaLearning().Calibrate(model, tasks, 0.8));
    }

    [Theory]
    [InlineData("Value")]
    [InlineData("Answer")]
    [InlineData("Key")]
    public void Fit_WithCoverage_HoldsRowsOfNewTasksAndKnowsAllTasks(string label)
    {
        var trainer = new TrainerCase("case", label);
        IEstimator<ITransformer> pipeline = trainer.Pipeline(_ml, trainer.Options(iterations: 10) with { Coverage = 0.8 });
        IDataView training = View(Some.Tasks(60, 30));
        ITransformer model = pipeline.Fit(training);
        Assert.Equal(0.8, _ml.MetaLearning().Describe(model).Outputs[0].Coverage);
        Assert.Equal(60, _ml.MetaLearning().Describe(model).Outputs[0].Tasks.Count);
        List<TaskRow> test = Some.Tasks(150, 30, firstTask: FirstOfTest, ragged: false);
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(test.Where((_, i) => i % 30 < 8)));
        double coverage = Held(trainer, adapted, [.. test.Where((_, i) => i % 30 >= 8)]).Average(isHeld => isHeld ? 1.0 : 0);
        Assert.True(coverage >= 0.72, $"coverage {coverage}"); // 12 tasks for the calibration
        SchemaShape shape = pipeline.GetOutputSchema(SchemaShapes.Of(training.Schema));
        string[] names = label == "Value" ? ["ScoreLowerBound", "ScoreUpperBound"] : ["PredictedSet"];
        foreach (string name in names)
            Assert.Contains(shape, column => column.Name == name);
    }

    [Fact]
    public void Fit_CoverageThatCannotBe_IsAnError()
    {
        var trainer = new TrainerCase("case", "Value");
        ITransformer Fit(double coverage) => trainer.Pipeline(_ml, trainer.Options(iterations: 2) with { Coverage = coverage }).Fit(View(Some.Tasks(12)));
        foreach (double coverage in new[] { 0, 1, double.NaN })
            Assert.Contains("MetaLearnerOptions.Coverage must be", Assert.Throws<ArgumentException>(() => Fit(coverage)).Message, StringComparison.Ordinal);
        Assert.Contains("which need 18", Assert.Throws<InvalidOperationException>(() => Fit(0.9)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void At_SizesBetweenAndOutside_AreInterpolatedAndConstant()
    {
        var quantiles = new ConformalQuantiles(0.9, [1, 3, 7], [4, 2, 1]);
        Assert.Equal([4, 4, 3, 2, 1, 1], new[] { 0, 1, Math.Sqrt(8) - 1, 3, 7, 1000 }.Select(size => Math.Round(quantiles.At(size), 9)));
        Assert.Throws<ArgumentException>(() => (quantiles with { Sizes = [1, 1, 2] }).Validate());
        Assert.Throws<ArgumentException>(() => (quantiles with { Quantiles = [1, double.NaN, 2] }).Validate());
        Assert.Throws<ArgumentException>(() => (quantiles with { Quantiles = [1] }).Validate());
        Assert.Throws<ArgumentException>(() => (quantiles with { Coverage = 2 }).Validate());
    }

    // Whether the interval or the set of each row holds its label.
    private bool[] Held(TrainerCase trainer, ITransformer model, TaskRow[] rows)
    {
        IDataView scored = model.Transform(View(rows));
        if (trainer.Label == "Value")
            return [.. rows.Zip(scored.GetColumn<float>("ScoreLowerBound"), scored.GetColumn<float>("ScoreUpperBound")).Select(row => row.First.Value >= row.Second && row.First.Value <= row.Third)];
        string[] names = Slots(scored);
        return [.. rows.Zip(scored.GetColumn<bool[]>("PredictedSet"), (row, set) => set[Array.IndexOf(names, trainer.IsMulticlass ? row.Class : row.Answer.ToString())])];
    }

    private static string[] Slots(IDataView scored)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["PredictedSet"].GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private static TaskRow[] Balanced(int tasks, int first) =>
        [.. Some.TasksWithOwnClasses(tasks, 60, firstTask: first).GroupBy(row => row.Task).Where(task => task.GroupBy(row => row.Class).All(rows => rows.Count() >= 9)).SelectMany(task => task)];

    private float[] Values(ITransformer model, IEnumerable<TaskRow> rows)
    {
        IDataView scored = model.Transform(View(rows));
        return scored.Schema.GetColumnOrNull("PredictedSet") is null
            ? [.. scored.GetColumn<float>("ScoreLowerBound"), .. scored.GetColumn<float>("ScoreUpperBound")]
            : [.. scored.GetColumn<bool[]>("PredictedSet").SelectMany(set => set.Select(isIn => isIn ? 1f : 0))];
    }

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private sealed class Interval
    {
        public float ScoreLowerBound { get; set; }

        public float ScoreUpperBound { get; set; }
    }
}
