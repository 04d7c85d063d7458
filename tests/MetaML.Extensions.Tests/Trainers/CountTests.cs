using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

/// <summary>Counts with exposures: ValueLikelihood and ExposureColumnName.</summary>
public sealed class CountTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Transform_Exposure_MultipliesTheExpectedCount()
    {
        ITransformer model = Fit();
        Visit[] rows = [new() { Site = "site 1", Area = 1 }, new() { Site = "site 1", Area = 3 }, new() { Site = "elsewhere", Area = 1 }, new() { Site = "elsewhere", Area = 3 }];
        float[] scores = Scores(model, rows);
        Assert.Equal(3 * scores[0], scores[1], 1e-4f);
        Assert.Equal(3 * scores[2], scores[3], 1e-4f);
        Assert.All(scores, score => Assert.True(score > 0));
        float[] deviations = [.. model.Transform(_ml.Data.LoadFromEnumerable(rows)).GetColumn<float>("ScoreStandardDeviation")];
        Assert.All(scores.Zip(deviations), pair => Assert.True(pair.Second * pair.Second > pair.First)); // more than Poisson's variance
        Assert.True(deviations[2] / scores[2] > deviations[0] / scores[0]); // less is known of another site
    }

    [Fact]
    public void Transform_NewRows_IsBetterThanOneModelForAllSites()
    {
        Visit[] training = Visit.Rows(60, 15), test = Visit.Rows(60, 10, seed: 2);
        float[] scores = Scores(Fit(training), test);
        IDataView data = _ml.Data.LoadFromEnumerable(training);
        ITransformer pooled = _ml.Transforms.Concatenate("Features", "Height").Append(_ml.Regression.Trainers.LbfgsPoissonRegression("Count")).Fit(data);
        float[] others = Scores(pooled, test);
        double Deviance(float[] predictions) => test.Zip(predictions, (row, mean) => 2 * ((row.Count > 0 ? row.Count * Math.Log(row.Count / mean) : 0) - row.Count + mean)).Average();
        Assert.True(Deviance(scores) < 0.6 * Deviance(others), $"{Deviance(scores)} and {Deviance(others)}");
        Assert.True(_ml.Regression.Evaluate(Fit(training).Transform(_ml.Data.LoadFromEnumerable(test)), "Count").RSquared > 0.5);
    }

    [Fact]
    public void SaveAndLoad_ScoresTheSame()
    {
        ITransformer model = Fit();
        Visit[] rows = [.. Visit.Rows(3, 2), .. Visit.Rows(2, 2, first: 100)];
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        using var stream = new MemoryStream(SavedModels.Save(_ml, model, data.Schema));
        ITransformer loaded = _ml.Model.Load(stream, out _);
        Assert.Equal(Scores(model, rows), Scores(loaded, rows));
        Assert.Equal(model.Transform(data).GetColumn<float>("ScoreStandardDeviation"), loaded.Transform(data).GetColumn<float>("ScoreStandardDeviation"));
        Assert.Equal("Area", Assert.IsType<MetaLearnerTransformer>(((TransformerChain<ITransformer>)loaded).Last()).ExposureColumnName);
        Assert.Equal(_ml.MetaLearning().Describe(model).ToString(), _ml.MetaLearning().Describe(loaded).ToString());
        using var engine = _ml.Model.CreatePredictionEngine<Visit, Prediction>(loaded);
        Assert.Equal(Scores(model, rows), rows.Select(row => engine.Predict(row).Score));
    }

    [Fact]
    public void Adapt_NewSite_MovesTowardsItsCounts()
    {
        ITransformer model = Fit();
        Visit[] many = [.. Enumerable.Range(0, 20).Select(_ => new Visit { Site = "new", Area = 2, Count = 40 })];
        ITransformer adapted = _ml.MetaLearning().Adapt(model, _ml.Data.LoadFromEnumerable(many));
        Assert.InRange(Scores(adapted, [new() { Site = "new", Area = 2 }])[0], 36, 42);
        Assert.InRange(Scores(model, [new() { Site = "new", Area = 2 }])[0], 1, 20);
    }

    [Fact]
    public void Effects_OfCounts_AreLogarithmsOfRates()
    {
        ITransformer model = Fit(Visit.Rows(80, 12), shrinkage: false);
        PopulationEffect[] effects = [.. _ml.Data.CreateEnumerable<PopulationEffect>(_ml.MetaLearning().PopulationEffects(model), reuseRowObject: false)];
        Assert.Equal(["(Intercept)", "Height"], effects.Select(effect => effect.Name));
        Assert.Equal(Visit.Slope, effects[1].Estimate, 0.15);
        Assert.InRange(effects[1].StandardError, 0.01, 0.1);
        PopulationDescription population = _ml.MetaLearning().Describe(model).Outputs[0].Population!;
        Assert.Equal(0, population.Dispersion);
        Assert.True(population.LogLikelihood < 0 && population.Aic > 0);
        Assert.Contains("dispersion of counts 0", _ml.MetaLearning().Describe(model).ToString());
        TaskEffect[] sites = [.. _ml.Data.CreateEnumerable<TaskEffect>(_ml.MetaLearning().TaskEffects(model), reuseRowObject: false)];
        Assert.Equal(160, sites.Length);
        Assert.All(sites, site => Assert.True(site.StandardDeviation > 0));
    }

    [Fact]
    public void Fit_SeveralOutputs_UseTheExposureForCountsAlone()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Visit.Rows(30, 10));
        MultiOutputOptions options = new()
        {
            Outputs = [new OutputColumn("Count"), new OutputColumn("Any")],
            TaskColumnName = "Site",
            ExposureColumnName = "Area",
            Encoder = new IdentityEncoderOptions(),
            Adapter = new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.Poisson, ClassLikelihood = ClassLikelihood.Logistic },
        };
        ITransformer model = _ml.Transforms.Concatenate("Features", "Height").Append(_ml.MetaLearning().MultiOutput(options)).Fit(data);
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable([new Visit { Site = "site 1", Area = 1 }, new Visit { Site = "site 1", Area = 2 }]));
        float[] counts = [.. scored.GetColumn<float>("Count.Score")], any = [.. scored.GetColumn<float>("Any.Probability")];
        Assert.Equal(2 * counts[0], counts[1], 1e-4f);
        Assert.Equal(any[0], any[1]);
        Assert.Contains("TaskColumnName must be set if labels are counts", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().MultiOutput(options with { TaskColumnName = null })).Message);
    }

    [Theory]
    [InlineData(-1f, 1f, "Counts must be 0, 1, 2 and so on; got -1 in row 4 of column 'Count'")]
    [InlineData(1.5f, 1f, "Counts must be 0, 1, 2 and so on; got 1.5 in row 4 of column 'Count'")]
    [InlineData(1f, 0f, "Exposures must be finite and positive; got 0 in row 4 of column 'Area'")]
    [InlineData(1f, float.NaN, "Exposures must be finite and positive; got NaN in row 4 of column 'Area'")]
    public void FitAndAdapt_BadRow_NamesIt(float count, float area, string expected)
    {
        Visit[] rows = Visit.Rows(10, 5);
        (rows[4].Count, rows[4].Area) = (count, area);
        Assert.Contains(expected, Assert.Throws<InvalidOperationException>(() => Fit(rows)).Message);
        Assert.Contains(expected, Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Adapt(Fit(), _ml.Data.LoadFromEnumerable(rows))).Message);
    }

    [Fact]
    public void Transform_ExposureThatIsNotPositive_GivesNaN()
    {
        float[] scores = Scores(Fit(), [new() { Site = "site 1", Area = 0 }, new() { Site = "site 1", Area = float.NaN }, new() { Site = "site 1", Area = 1 }]);
        Assert.Equal([true, true, false], scores.Select(float.IsNaN));
    }

    [Fact]
    public void Options_ThatDoNotFitCounts_AreRefused()
    {
        string MessageOf(Action<MetaLearnerOptions> change)
        {
            MetaLearnerOptions options = Options();
            change(options);
            return Assert.Throws<ArgumentException>(() => _ml.Regression.Trainers.MetaLearner(options)).Message;
        }

        Assert.Contains("ExposureColumnName must be null unless Adapter is BayesianAdapterOptions", MessageOf(options => options.Adapter = null));
        Assert.Contains("ExposureColumnName must be null unless Adapter is BayesianAdapterOptions", MessageOf(options => options.Adapter = new BayesianAdapterOptions()));
        Assert.Contains("KeepStatistics must be false with an exposure column", MessageOf(options => options.KeepStatistics = true));
        IDataView data = _ml.Data.LoadFromEnumerable(Visit.Rows(10, 5));
        MetaLearnerOptions wrong = Options() with { ExposureColumnName = "Site", FeatureColumnName = "Features" };
        var chain = _ml.Transforms.Concatenate("Features", "Height").Append(_ml.Regression.Trainers.MetaLearner(wrong));
        Assert.Contains("exposure column 'Site': expected Single, got String", Assert.Throws<ArgumentOutOfRangeException>(() => chain.Fit(data)).Message);
        ITransformer model = Fit();
        IDataView without = _ml.Transforms.SelectColumns("Site", "Height", "Count").Fit(data).Transform(data);
        Assert.Contains("exposure column 'Area'", Assert.Throws<ArgumentOutOfRangeException>(() => model.Transform(without)).Message);
    }

    private static MetaLearnerOptions Options(bool shrinkage = true) => new()
    {
        LabelColumnName = "Count",
        TaskColumnName = "Site",
        ExposureColumnName = "Area",
        Encoder = new IdentityEncoderOptions(),
        Adapter = new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.Poisson, Shrinkage = shrinkage },
    };

    private ITransformer Fit(Visit[]? rows = null, bool shrinkage = true) =>
        _ml.Transforms.Concatenate("Features", "Height").Append(_ml.Regression.Trainers.MetaLearner(Options(shrinkage))).Fit(_ml.Data.LoadFromEnumerable(rows ?? Visit.Rows(30, 10)));

    private float[] Scores(ITransformer model, Visit[] rows) => [.. model.Transform(_ml.Data.LoadFromEnumerable(rows)).GetColumn<float>("Score")];

    // Counts of an insect at a site: the rate depends on the height, and the exposure is the area that was searched.
    private sealed class Visit
    {
        public const double Slope = -0.5;

        public string Site { get; set; } = "";

        public float Height { get; set; }

        public float Area { get; set; } = 1;

        public float Count { get; set; }

        public bool Any { get; set; }

        public static Visit[] Rows(int sites, int rows, int seed = 1, int first = 0) => [.. Enumerable.Range(first, sites).SelectMany(site =>
        {
            double level = 1 + 0.9 * Math.Sin(37.0 * site); // the same for all seeds
            var random = new Random(seed * 1000 + site);
            return Enumerable.Range(0, rows).Select(_ =>
            {
                float height = (float)(2 * random.NextDouble() - 1), area = 1 + random.Next(3);
                int count = 0;
                for (double product = random.NextDouble(), least = Math.Exp(-area * Math.Exp(level + Slope * height)); product > least; product *= random.NextDouble())
                    count++;
                return new Visit { Site = $"site {site}", Height = height, Area = area, Count = count, Any = count > 3 };
            }).ToArray();
        })];
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
