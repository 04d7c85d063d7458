using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

/// <summary>What is known of a task besides its rows: TaskFeatureColumnName.</summary>
public sealed class TaskFeatureTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Transform_UnknownTask_IsScoredByItsTaskFeatures()
    {
        ITransformer model = Fit();
        StoreRow[] others = StoreRow.Rows(20, first: 100);
        float[] scores = Scores(model, others);
        double error = others.Zip(scores, (row, score) => Math.Pow(score - row.ExpectedSales, 2)).Average();
        Assert.InRange(error, 0, 0.3); // without task features about 5
        Assert.All(_ml.Data.LoadFromEnumerable(others) is var data ? model.Transform(data).GetColumn<bool>("IsKnownTask") : [], Assert.False);

        // Each row by its own task features, also if rows of an unknown task disagree.
        StoreRow[] mixed = [new() { Store = "x", Size = -1, Price = 2 }, new() { Store = "x", Size = 1, Price = 2 }, new() { Store = "x", Size = -1, Price = 2 }];
        float[] three = Scores(model, mixed);
        Assert.Equal(three[0], three[2]);
        Assert.True(Math.Abs(three[1] - three[0]) < 0.5); // 3 + 2s − 2 − 2s: the effects cancel at this price
        mixed[1].Price = mixed[0].Price = 0;
        three = Scores(model, mixed);
        Assert.InRange(three[1] - three[0], 3.5, 4.5);
    }

    [Fact]
    public void SaveAndLoad_ScoresTheSame()
    {
        ITransformer model = Fit();
        StoreRow[] rows = [.. StoreRow.Rows(3, 2), .. StoreRow.Rows(3, 2, first: 100)];
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        using var stream = new MemoryStream(SavedModels.Save(_ml, model, data.Schema));
        ITransformer loaded = _ml.Model.Load(stream, out _);
        Assert.Equal(Scores(model, rows), Scores(loaded, rows));
        Assert.Equal("Size", Assert.IsType<MetaLearnerTransformer>(((TransformerChain<ITransformer>)loaded).Last()).TaskFeatureColumnName);
        Assert.Equal(_ml.MetaLearning().Describe(model).ToString(), _ml.MetaLearning().Describe(loaded).ToString());
        using var engine = _ml.Model.CreatePredictionEngine<StoreRow, Prediction>(loaded);
        Assert.Equal(Scores(model, rows), rows.Select(row => engine.Predict(row).Score));
    }

    [Fact]
    public void Adapt_TaskWithFewRows_StartsFromItsTaskFeatures()
    {
        ITransformer model = Fit();
        StoreRow[] others = StoreRow.Rows(20, first: 100), support = [.. others.GroupBy(row => row.Store).SelectMany(store => store.Take(2))];
        ITransformer adapted = _ml.MetaLearning().Adapt(model, _ml.Data.LoadFromEnumerable(support));
        StoreRow[] query = [.. others.GroupBy(row => row.Store).SelectMany(store => store.Skip(2))];
        double Error(float[] scores) => query.Zip(scores, (row, score) => Math.Pow(score - row.Sales, 2)).Average();
        Assert.InRange(Error(Scores(adapted, query)), 0, Error(Scores(model, query)));
    }

    [Fact]
    public void Adapt_TaskWithoutLabels_IsKnownWithThePriorOfItsTaskFeatures()
    {
        ITransformer model = Fit();
        StoreRow[] rows = [.. StoreRow.Rows(2, 3, first: 100), StoreRow.Rows(1, 1)[0]];
        float[] before = Scores(model, rows);
        StoreRow[] support = [.. rows.Select(row => new StoreRow { Store = row.Store, Size = row.Size, Price = row.Price, Sales = float.NaN })];
        ITransformer adapted = _ml.MetaLearning().Adapt(model, _ml.Data.LoadFromEnumerable(support));
        Assert.Equal(before, Scores(adapted, rows)); // also of store 0, whose head is not forgotten
        Assert.True(_ml.MetaLearning().KnowsTask(adapted, "store 100"));
        Assert.False(_ml.MetaLearning().KnowsTask(model, "store 100"));
        Assert.Equal(0, _ml.MetaLearning().Describe(adapted).Outputs[0].Tasks.Single(task => task.Name == "store 100").RowCount);
    }

    [Fact]
    public void Transform_TaskFeatureThatIsNotFinite_GivesNaN()
    {
        ITransformer model = Fit();
        float[] scores = Scores(model, [new() { Store = "x", Size = float.NaN, Price = 2 }, new() { Store = "store 1", Size = float.NaN, Price = 2 }, new() { Store = "x", Size = 1, Price = 2 }]);
        Assert.Equal([true, true, false], scores.Select(float.IsNaN));
    }

    [Fact]
    public void Fit_RowsOfATaskThatDisagree_NamesBothValues()
    {
        StoreRow[] rows = StoreRow.Rows(5, 4);
        (rows[5].Size, rows[6].Size, rows[4].Size, rows[7].Size) = (0.25f, 0.75f, 0.25f, 0.25f);
        string message = Assert.Throws<InvalidOperationException>(() => Fit(rows)).Message;
        Assert.Contains("got 0.25 in row 4 and 0.75 in row 6", message, StringComparison.Ordinal);
        Assert.Contains("column 'Size' and task 'store 1'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FitOrAdapt_NaN_IsAnError(bool isFit)
    {
        StoreRow[] rows = StoreRow.Rows(5, 4, first: isFit ? 0 : 100);
        rows[7].Size = float.NaN;
        string message = Assert.Throws<InvalidOperationException>(() => isFit ? Fit(rows) : _ml.MetaLearning().Adapt(Fit(), _ml.Data.LoadFromEnumerable(rows))).Message;
        Assert.Contains("Task features must be finite; got NaN in row 7", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transform_WithoutTheColumn_IsASchemaMismatch()
    {
        ITransformer model = Fit();
        IDataView data = _ml.Transforms.DropColumns("Size").Fit(_ml.Data.LoadFromEnumerable(StoreRow.Rows(1, 1))).Transform(_ml.Data.LoadFromEnumerable(StoreRow.Rows(1, 1)));
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => model.Transform(data)).Message;
        Assert.Contains("Schema mismatch for task feature column 'Size': expected Single", message, StringComparison.Ordinal);
        Assert.Contains("Available columns:", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_ColumnOfAnotherType_IsASchemaMismatchBeforeAndDuringFit()
    {
        MetaLearnerOptions options = Options() with { TaskFeatureColumnName = "Store" };
        IDataView data = _ml.Data.LoadFromEnumerable(StoreRow.Rows(3, 3));
        Assert.Contains("task feature column 'Store'", Assert.Throws<ArgumentOutOfRangeException>(() => Pipeline(options).Fit(data)).Message, StringComparison.Ordinal);
        IDataView features = _ml.Transforms.Concatenate("Features", "Price").Fit(data).Transform(data);
        Assert.Contains("FeaturizeText", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Regression.Trainers.MetaLearner(options).Fit(features)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_ThatTakeNoTaskFeatures_AreErrors()
    {
        Assert.Contains("Adapter must be null, BayesianAdapterOptions", Assert.Throws<ArgumentException>(() => _ml.Regression.Trainers.MetaLearner(Options() with { Adapter = new GradientAdapterOptions() })).Message, StringComparison.Ordinal);
        Assert.Contains("TaskFeatureColumnName must be null without a Task column", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().MultiOutput(new MultiOutputOptions { Outputs = [new("Sales"), new("IsHigh")], TaskFeatureColumnName = "Size" })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _ml.Regression.Trainers.MetaLearner(Options() with { TaskFeatureColumnName = " " }));
    }

    [Fact]
    public void MultiOutput_WithATaskColumn_ScoresEachOutputByTaskFeatures()
    {
        StoreRow[] rows = StoreRow.Rows(), others = StoreRow.Rows(20, first: 100);
        var options = new MultiOutputOptions { Outputs = [new("Sales"), new("IsHigh")], TaskColumnName = "Store", TaskFeatureColumnName = "Size", Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() };
        ITransformer model = _ml.Transforms.Concatenate("Features", "Price").Append(_ml.MetaLearning().MultiOutput(options)).Fit(_ml.Data.LoadFromEnumerable(rows));
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable(others));
        Assert.InRange(others.Zip(scored.GetColumn<float>("Sales.Score"), (row, score) => Math.Pow(score - row.ExpectedSales, 2)).Average(), 0, 0.3);
        Assert.InRange(others.Zip(scored.GetColumn<bool>("IsHigh.PredictedLabel"), (row, answer) => row.IsHigh == answer ? 1.0 : 0).Average(), 0.8, 1);
        using var stream = new MemoryStream(SavedModels.Save(_ml, model, _ml.Data.LoadFromEnumerable(rows).Schema));
        Assert.Equal(scored.GetColumn<float>("Sales.Score"), _ml.Model.Load(stream, out _).Transform(_ml.Data.LoadFromEnumerable(others)).GetColumn<float>("Sales.Score"));
    }

    [Fact]
    public void Fit_NothingSet_UsesTaskFeatures()
    {
        var options = new MetaLearnerOptions { LabelColumnName = "Sales", TaskColumnName = "Store", TaskFeatureColumnName = "Size", MaximumNumberOfIterations = 0 };
        StoreRow[] others = StoreRow.Rows(20, first: 100);
        ITransformer model = Pipeline(options).Fit(_ml.Data.LoadFromEnumerable(StoreRow.Rows()));
        Assert.InRange(others.Zip(Scores(model, others), (row, score) => Math.Pow(score - row.ExpectedSales, 2)).Average(), 0, 0.3);
        Assert.Contains(_ml.MetaLearning().Describe(model).Outputs[0].Training!.Reasons, reason => reason.StartsWith("Covariates of tasks: 'Size'", StringComparison.Ordinal));
    }

    private ITransformer Fit(StoreRow[]? rows = null) => Pipeline(Options()).Fit(_ml.Data.LoadFromEnumerable(rows ?? StoreRow.Rows()));

    private IEstimator<ITransformer> Pipeline(MetaLearnerOptions options) => _ml.Transforms.Concatenate("Features", "Price").Append(_ml.Regression.Trainers.MetaLearner(options));

    private static MetaLearnerOptions Options() => new()
    {
        LabelColumnName = "Sales",
        TaskColumnName = "Store",
        TaskFeatureColumnName = "Size",
        Encoder = new IdentityEncoderOptions(),
        Adapter = new BayesianAdapterOptions(),
    };

    private float[] Scores(ITransformer model, StoreRow[] rows) => [.. model.Transform(_ml.Data.LoadFromEnumerable(rows)).GetColumn<float>("Score")];

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
