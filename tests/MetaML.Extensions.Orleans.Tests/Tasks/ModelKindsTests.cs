using MetaML.Extensions.Orleans.Tests.Clusters;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Tasks;

/// <summary>Tasks of models of other kinds have the scores of <c>ml.MetaLearning()</c>.</summary>
public sealed class ModelKindsTests
{
    private const int New = 100;

    [Theory]
    [InlineData("several outputs", "Spends.Score")]
    [InlineData("two classes", "Probability")]
    [InlineData("task features", "Score")]
    [InlineData("groups", "Score")]
    [InlineData("network", "Score")]
    public async Task Learn_GivesTheScoresOfTheCatalog(string kind, string column)
    {
        var ml = new MLContext(seed: 1);
        IDataView training = ml.Data.LoadFromEnumerable(Enumerable.Range(0, SavedModels.Shops).SelectMany(shop => Purchase.Of(shop, 30)));
        ITransformer model = Pipeline(ml, kind).Fit(training);
        using var file = new MemoryStream();
        ml.Model.Save(model, training.Schema, file);
        Purchase[] rows = Purchase.Of(New, 12), more = Purchase.Of(New, 5, seed: 2), queries = Purchase.Of(New, 5, seed: 3);
        ITransformer expected = ml.MetaLearning().Update(ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(rows)), ml.Data.LoadFromEnumerable(more));

        await using TaskCluster cluster = await TaskCluster.Start(model: file.ToArray());
        ITaskGrain task = cluster.Task($"shop {New}");
        await task.Learn(TaskRows.From(rows));
        Assert.Equal(17, (await task.Update(TaskRows.From(more))).RowCount);
        await cluster.Silos.DeactivateAsync(task);
        TaskScores scores = await task.Predict(TaskRows.From(queries));
        Assert.True(scores.IsKnown);
        Assert.Equal(expected.Transform(ml.Data.LoadFromEnumerable(queries)).GetColumn<float>(column), scores.Rows[column].Get<float>());
    }

    [Fact]
    public async Task Update_OfAChangedShop_GivesAnAlarm()
    {
        await using TaskCluster cluster = await TaskCluster.Start(configure: options => options.Update.Drift = DriftResponse.Report);
        ITaskGrain task = cluster.Task($"shop {New}");
        Assert.Null((await task.Update(TaskRows.From(Visit.Of(New, 60)))).RowsSinceChange);
        int? rowsSinceChange = null;
        foreach (Visit visit in Visit.Of(New, 40, seed: 2))
        {
            visit.Spends = 100 - visit.Spends;
            rowsSinceChange ??= (await task.Update(TaskRows.From([visit]))).RowsSinceChange;
        }

        Assert.InRange(rowsSinceChange ?? 0, 1, 40);
    }

    [Fact]
    public async Task Predict_WithoutALabelColumn_GivesTheSameScores()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task($"shop {New}");
        await task.Learn(TaskRows.From(Visit.Of(New, 20)));
        Visit[] queries = Visit.Of(New, 5, seed: 3);
        var columns = new TaskRows([new RowColumn("Age", [.. queries.Select(query => query.Age)]), new RowColumn("Basket", [.. queries.Select(query => query.Basket)])]);
        TaskScores scores = await task.Predict(columns);
        Assert.Equal(await TaskGrainTests.Scores(task, queries), scores.Rows["Score"].Get<float>());
        Forecast[] forecasts = scores.Rows.To<Forecast>();
        Assert.Equal(scores.Rows["Score"].Get<float>(), forecasts.Select(forecast => forecast.Score));
        Assert.All(forecasts, forecast => Assert.True(forecast.ScoreStandardDeviation > 0));
    }

    private static IEstimator<ITransformer> Pipeline(MLContext ml, string kind)
    {
        var features = ml.Transforms.Concatenate("Features", "Age", "Basket").Append(ml.Transforms.NormalizeMeanVariance("Features"));
        var options = new MetaLearnerOptions { LabelColumnName = "Spends", TaskColumnName = "Shop", Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), KeepStatistics = true };
        return kind switch
        {
            "several outputs" => features.Append(ml.MetaLearning().MultiOutput(new MultiOutputOptions
            {
                Outputs = [new OutputColumn("Spends"), new OutputColumn("Returns")],
                TaskColumnName = "Shop",
                Encoder = new IdentityEncoderOptions(),
                Adapter = new BayesianAdapterOptions(),
                KeepStatistics = true,
            })),
            "two classes" => features.Append(ml.BinaryClassification.Trainers.MetaLearner(options with { LabelColumnName = "IsLarge" })),
            "task features" => features.Append(ml.Regression.Trainers.MetaLearner(options with { TaskFeatureColumnName = "Size" })),
            "groups" => features.Append(ml.Regression.Trainers.MetaLearner(options with { TaskGroupColumnNames = ["Region"] })),
            _ => features.Append(ml.Regression.Trainers.MetaLearner(options with { Encoder = new MlpEncoderOptions { HiddenUnits = [8] }, Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 5 })),
        };
    }

    private sealed class Forecast
    {
        public float Score { get; set; }

        public float ScoreStandardDeviation { get; set; }
    }

    private sealed class Purchase
    {
        public string Shop { get; set; } = "";

        public string Region { get; set; } = "";

        public float Size { get; set; }

        public float Age { get; set; }

        public float Basket { get; set; }

        public float Spends { get; set; }

        public float Returns { get; set; }

        public bool IsLarge { get; set; }

        public static Purchase[] Of(int shop, int count, int seed = 1) =>
            [.. Visit.Of(shop, count, seed).Select(visit => new Purchase { Shop = visit.Shop, Region = $"region {shop % 3}", Size = shop % 5, Age = visit.Age, Basket = visit.Basket, Spends = visit.Spends + shop % 5, Returns = visit.Spends / 2 + visit.Age, IsLarge = visit.Spends > 0 })];
    }
}
