using System.Collections.Concurrent;
using System.Globalization;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;
using Microsoft.ML.Transforms.Image;
using Xunit;

namespace MetaML.Consumer.Tests.Cookbook;

/// <summary>The code of docs/Cookbook.md. The page shows the code between the markers. Each recipe is a test.</summary>
public sealed class CookbookRecipes : IDisposable
{
    private readonly MLContext ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly IDataView sales, support, query;

    public CookbookRecipes()
    {
        sales = View(Sale.Of(stores: 30, days: 40));
        support = View(Sale.Of(stores: 1, days: 10, first: 30));
        query = View(Sale.Of(stores: 1, days: 200, first: 30, seed: 2));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void SeveralDataSets_BecomeOneViewWithATaskColumn()
    {
        foreach (IGrouping<string, Sale> store in Sale.Of(stores: 3, days: 20).GroupBy(sale => sale.Store))
            File.WriteAllLines(_folder[store.Key + ".csv"], store.Select(sale => FormattableString.Invariant($"{sale.Weekday},{sale.Temperature},{sale.Price},{sale.Demand}")).Prepend("Weekday,Temperature,Price,Demand"));
        string folder = _folder["."];

        // <recipe>
        TextLoader.Column[] columns = [new("Weekday", DataKind.Single, 0), new("Temperature", DataKind.Single, 1), new("Price", DataKind.Single, 2), new("Demand", DataKind.Single, 3)];
        IEnumerable<Sale> Read(string file)
        {
            IDataView rows = ml.Data.LoadFromTextFile(file, columns, separatorChar: ',', hasHeader: true);
            foreach (Sale sale in ml.Data.CreateEnumerable<Sale>(rows, reuseRowObject: false, ignoreMissingColumns: true))
            {
                sale.Store = Path.GetFileNameWithoutExtension(file); // the task
                yield return sale;
            }
        }

        IDataView all = ml.Data.LoadFromEnumerable(Directory.EnumerateFiles(folder, "*.csv").SelectMany(Read).ToArray());
        // </recipe>
        Assert.Equal(["store 0", "store 1", "store 2"], all.GetColumn<string>("Store").Distinct().Order());
        Assert.Equal(Sale.Of(stores: 3, days: 20).Sum(sale => sale.Demand), all.GetColumn<float>("Demand").Sum(), 0.1f);
    }

    [Fact]
    public void NewTask_FromFewRows_IsPredictedWell()
    {
        // <recipe>
        var pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Regression.Trainers.MetaLearner("Demand", taskColumnName: "Store"));
        ITransformer model = pipeline.Fit(sales);                      // thirty stores
        ITransformer adapted = ml.MetaLearning().Adapt(model, support); // ten days of a new store

        RegressionMetrics metrics = ml.Regression.Evaluate(adapted.Transform(query), "Demand");
        // </recipe>
        Assert.True(metrics.RSquared > 0.9, $"R² {metrics.RSquared}");
        Assert.True(metrics.RootMeanSquaredError < ml.Regression.Evaluate(model.Transform(query), "Demand").RootMeanSquaredError);
    }

    [Fact]
    public void FirstTask_WithoutTrainingTasks_IsPredicted()
    {
        // <recipe>
        ITransformer first = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Regression.Trainers.PriorFitted("Demand")).Fit(support); // ten days of the only store so far

        RegressionMetrics metrics = ml.Regression.Evaluate(first.Transform(query), "Demand");
        // </recipe>
        Assert.True(metrics.RSquared > 0, $"R² {metrics.RSquared}");
    }

    [Fact]
    public void FewTasks_AreLearnedByTheNetworkAndTheLearnedPrior()
    {
        // <recipe>
        var pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions
            {
                LabelColumnName = "Demand", TaskColumnName = "Store", Adapter = new PriorFittedAdapterOptions(),
            }), TransformerScope.Everything);
        ITransformer mixed = ml.MetaLearning().Adapt(pipeline.Fit(sales), support);
        // </recipe>
        double explained = ml.Regression.Evaluate(mixed.Transform(query), "Demand").RSquared;
        Assert.True(explained > 0.9, $"R² {explained}");
    }

    [Fact]
    public void ArrivingRows_AreAddedAndForgotten()
    {
        Sale[] days = Sale.Of(stores: 3, days: 10, first: 29, seed: 5);
        IDataView today = View(days), deleted = View(days[..4]);

        // <recipe>
        var options = new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store", KeepStatistics = true };
        ITransformer model = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Regression.Trainers.MetaLearner(options)).Fit(sales);

        ITransformer updated = ml.MetaLearning().Update(model, today);       // adds today's rows to their stores, new ones included
        ITransformer forgotten = ml.MetaLearning().Forget(updated, deleted); // rows that must be deleted
        ITransformer recent = ml.MetaLearning().Update(model, today, new UpdateOptions { ForgettingFactor = 0.99 }); // each row makes earlier rows count 1 % less
        // </recipe>
        Assert.True(ml.MetaLearning().KnowsTask(updated, "store 31"));
        ITransformer expected = ml.MetaLearning().Update(model, View(days[4..]));
        Assert.All(Scores(expected).Zip(Scores(forgotten)), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
        Assert.NotEqual(Scores(updated), Scores(recent));
    }

    [Fact]
    public void UnknownTask_IsScoredByThePriorOrRefused()
    {
        IDataView unknownRows = View(Sale.Of(stores: 1, days: 5, first: 99));

        // <recipe>
        var options = new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store" };
        MetaLearnerTransformer model = Learn(options);
        bool isKnown = model.TaskNames.Contains("store 99");
        IDataView guess = model.Transform(Features(unknownRows)); // the prior: a prediction without any day of the store

        MetaLearnerTransformer strict = Learn(options with { UnknownTasks = UnknownTaskHandling.Throw }); // throws, and names the store
        MetaLearnerTransformer silent = Learn(options with { UnknownTasks = UnknownTaskHandling.Missing }); // gives NaN
        // </recipe>
        Assert.False(isKnown);
        Assert.All(guess.GetColumn<float>("Score"), score => Assert.InRange(score, 0, 120));
        var error = Assert.Throws<InvalidOperationException>(() => strict.Transform(Features(unknownRows)).GetColumn<float>("Score").ToArray());
        Assert.Contains("'store 99'", error.ToString(), StringComparison.Ordinal);
        Assert.All(silent.Transform(Features(unknownRows)).GetColumn<float>("Score"), score => Assert.True(float.IsNaN(score)));

        MetaLearnerTransformer Learn(MetaLearnerOptions given) => ml.Regression.Trainers.MetaLearner(given with { MaximumNumberOfIterations = 0 }).Fit(Features(sales));
        IDataView Features(IDataView view) => ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price").Fit(view).Transform(view);
    }

    [Fact]
    public void Intervals_HoldWhatTheyPromise()
    {
        ITransformer adapted = ml.MetaLearning().Adapt(Demand().Fit(sales), support);

        // <recipe>
        Forecast[] forecasts = [.. ml.Data.CreateEnumerable<Forecast>(adapted.Transform(query), reuseRowObject: false)];
        foreach (Forecast forecast in forecasts)
        {
            float margin = 1.645f * forecast.ScoreStandardDeviation; // 90 %; for 95 % take 1.96
            (forecast.Low, forecast.High) = (forecast.Score - margin, forecast.Score + margin);
        }

        // </recipe>
        Assert.InRange(forecasts.Average(forecast => forecast.Demand >= forecast.Low && forecast.Demand <= forecast.High ? 1.0 : 0), 0.8, 1);
    }

    [Fact]
    public void Calibrate_IntervalsOfNewStores_HoldTheirDemand()
    {
        ITransformer model = Demand().Fit(sales);
        Sale[] days = Sale.Of(stores: 30, days: 40, first: 200);
        IDataView support = View([.. days.Where((_, i) => i % 40 < 10)]), query = View([.. days.Where((_, i) => i % 40 >= 10)]);

        // <recipe>
        IDataView others = ml.Data.LoadFromEnumerable(Sale.Of(stores: 40, days: 40, first: 100)); // stores that the model was not trained on
        ITransformer calibrated = ml.MetaLearning().Calibrate(model, others, coverage: 0.9);
        ITransformer adapted = ml.MetaLearning().Adapt(calibrated, support);
        IDataView bounded = adapted.Transform(query); // with ScoreLowerBound and ScoreUpperBound
        // </recipe>
        float[] demand = [.. query.GetColumn<float>("Demand")], low = [.. bounded.GetColumn<float>("ScoreLowerBound")], high = [.. bounded.GetColumn<float>("ScoreUpperBound")];
        Assert.InRange(demand.Zip(low, high).Average(day => day.First >= day.Second && day.First <= day.Third ? 1.0 : 0), 0.85, 0.97);
    }

    [Fact]
    public void Coverage_OfTheTrainer_GivesIntervals()
    {
        // <recipe>
        var trainer = ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store", Coverage = 0.9 });
        IDataView bounded = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price").Append(trainer).Fit(sales).Transform(query);
        // </recipe>
        Assert.All(bounded.GetColumn<float>("ScoreLowerBound").Zip(bounded.GetColumn<float>("ScoreUpperBound")), bounds => Assert.True(bounds.First < bounds.Second));
    }

    [Fact]
    public void Posterior_OfAStore_HasNamesAndDraws()
    {
        // <recipe>
        var options = new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store", Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() };
        ITransformer model = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price").Append(ml.Regression.Trainers.MetaLearner(options)).Fit(sales);
        HeadPosterior posterior = ml.MetaLearning().Posterior(model, "store 3");
        for (int j = 0; j < posterior.Names.Count; j++)
            Console.WriteLine($"{posterior.Names[j]}: {posterior.Mean[j]:F2} ± {posterior.StandardDeviation(j):F2}");

        float[][] week = [.. Enumerable.Range(0, 7).Select(day => new float[] { day, 20, 1 })]; // weekday, temperature, price
        double[] totals = [.. posterior.DrawScores(week, count: 1000, new Random(1)).Select(scores => scores.Sum()).Order()];
        Console.WriteLine($"expected demand of the week: {totals[50]:F0} to {totals[949]:F0} (90 %)");
        // </recipe>
        Assert.Equal(["Weekday", "Temperature", "Price", "(Intercept)"], posterior.Names);
        Assert.True(totals[50] < totals[949]);
    }

    [Fact]
    public void Bandit_ManyDays_LearnsThePrice()
    {
        var options = new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store", Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), KeepStatistics = true };
        ITransformer model = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price").Append(ml.Regression.Trainers.MetaLearner(options)).Fit(sales);
        using var folder = new TemporaryFolder();
        string path = folder["bandit.zip"];
        var noise = new Random(1);
        float Observe(Day day) => 60 - 25 * day.Price + 2 * noise.NextSingle();

        // <recipe>
        Bandit<Day> bandit = ml.MetaLearning().Bandit<Day>(model, new BanditOptions { UniformShare = 0.1 }); // the model was trained with KeepStatistics = true
        var log = new List<BanditOutcome>();
        for (int day = 0; day < 30; day++)
        {
            Day[] actions = [.. new[] { 0.8f, 1f, 1.2f }.Select(price => new Day { Weekday = day % 7, Temperature = 20, Price = price })];
            BanditEntry entry = bandit.Choose("a new store", actions);
            float demand = Observe(actions[entry.Chosen]);
            bandit.Learn(entry, demand);
            log.Add(new BanditOutcome(entry, demand));
        }

        PolicyValue always = ml.MetaLearning().EvaluatePolicy(log, entry => [1, 0, 0]); // what if the price had always been 0.80?
        Console.WriteLine($"{always.DoublyRobust} instead of {always.Logged}");
        bandit.Save(path);
        // </recipe>
        Assert.True(log.Count(outcome => outcome.Entry.Chosen == 0) > 20); // the lowest price sells most
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void Counts_HaveRatesThatDifferBetweenTasks()
    {
        // <recipe>
        var options = new MetaLearnerOptions
        {
            LabelColumnName = "Complaints", // 0, 1, 2 and so on
            TaskColumnName = "Store",
            ExposureColumnName = "Customers", // twice as many customers complain twice as often
            Encoder = new IdentityEncoderOptions(),
            Adapter = new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.Poisson }, // or NegativeBinomial, if counts vary more
        };
        ITransformer model = ml.Transforms.Concatenate("Features", "Weekday", "Temperature")
            .Append(ml.Regression.Trainers.MetaLearner(options)).Fit(sales);
        float[] expected = [.. ml.MetaLearning().Adapt(model, support).Transform(query).GetColumn<float>("Score")]; // expected counts
        // </recipe>
        float[] counts = [.. query.GetColumn<float>("Complaints")];
        Assert.InRange(expected.Sum() / counts.Sum(), 0.7, 1.4);
        Assert.All(expected, count => Assert.True(count > 0));
    }

    [Fact]
    public void TaskFeatures_SayWhatANewTaskIsLike()
    {
        IDataView query = View(Sale.Of(stores: 20, days: 20, first: 30, seed: 2));

        // <recipe>
        var options = new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store", TaskFeatureColumnName = "Size" };
        ITransformer model = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Regression.Trainers.MetaLearner(options)).Fit(sales);
        IDataView guess = model.Transform(query); // a new store without labelled days is scored by its size
        // </recipe>
        float[] demand = [.. query.GetColumn<float>("Demand")], score = [.. guess.GetColumn<float>("Score")];
        Assert.True(ml.Regression.Evaluate(guess, "Demand").RSquared > 0.5);
        Assert.Equal(demand.Length, score.Length);
    }

    [Fact]
    public void TaskGroups_HaveEffectsOfTheirOwn()
    {
        // <recipe>
        var options = new MetaLearnerOptions
        {
            LabelColumnName = "Demand",
            TaskColumnName = "Store",
            TaskGroupColumnNames = ["Region"], // the outermost first
            Encoder = new IdentityEncoderOptions(),
            Adapter = new BayesianAdapterOptions(),
        };
        ITransformer model = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Regression.Trainers.MetaLearner(options)).Fit(sales);
        IDataView regions = ml.MetaLearning().GroupEffects(model); // how demand differs between regions
        // </recipe>
        Assert.Equal(6, regions.GetColumn<string>("Group").Distinct().Count());
    }

    [Fact]
    public void KernelEncoder_NeedsNoNetwork()
    {
        // <recipe>
        var options = new MetaLearnerOptions
        {
            LabelColumnName = "Demand",
            TaskColumnName = "Store",
            Encoder = new KernelEncoderOptions(),
            Adapter = new BayesianAdapterOptions(), // with ScoreStandardDeviation
        };
        ITransformer model = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Regression.Trainers.MetaLearner(options)).Fit(sales);
        ITransformer adapted = ml.MetaLearning().Adapt(model, support);
        // </recipe>
        Assert.True(ml.Regression.Evaluate(adapted.Transform(query), "Demand").RSquared > 0.5);
    }

    [Fact]
    public void Description_SaysWhatWasLearned()
    {
        ITransformer model = Demand().Fit(sales);
        string path = _folder["model.html"];

        // <recipe>
        ModelDescription description = ml.MetaLearning().Describe(model);
        Console.WriteLine(description);        // choices with their reasons, effects of the population, tasks
        description.SaveHtml(path);            // the same with a plot of the effects in each task: package MetaML.Extensions.Reporting
        // </recipe>
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void SeveralOutputs_SomeLabelsMissing_AreLearnedTogether()
    {
        Sale[] rows = Sale.Of(stores: 1, days: 300);
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i].Demand = i % 3 == 0 ? float.NaN : rows[i].Demand;
            rows[i].SoldOut = i % 2 == 0 ? float.NaN : rows[i].SoldOut;
        }

        IDataView training = View(rows), test = View(Sale.Of(stores: 1, days: 200, seed: 2));

        // <recipe>
        var pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.MetaLearning().MultiOutput(new MultiOutputOptions
            {
                Outputs = [new OutputColumn("Demand"), new OutputColumn("SoldOut", LabelKind.Binary)], // both Single; NaN for a missing label
            }));
        IDataView scored = pipeline.Fit(training).Transform(test);
        RegressionMetrics demand = ml.Regression.Evaluate(scored, "Demand", "Demand.Score");
        BinaryClassificationMetrics soldOut = ml.BinaryClassification.Evaluate(scored, "SoldOut", "SoldOut.Score", "SoldOut.Probability", "SoldOut.PredictedLabel");
        // </recipe>
        Assert.True(demand.RSquared > 0.7, $"R² {demand.RSquared}");
        Assert.True(soldOut.AreaUnderRocCurve > 0.8, $"AUC {soldOut.AreaUnderRocCurve}");
    }

    [Fact]
    public void OwnClasses_OfNewTasks_ArePredictedAsText()
    {
        // <recipe>
        var pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Transforms.Conversion.MapValueToKey("Label", "Mood"))
            .Append(ml.MulticlassClassification.Trainers.MetaLearner(taskColumnName: "Store"))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        ITransformer adapted = ml.MetaLearning().Adapt(pipeline.Fit(sales), support); // the returned chain maps the new classes too
        string[] moods = [.. adapted.Transform(query).GetColumn<string>("PredictedLabel")];
        // </recipe>
        Assert.All(moods, mood => Assert.EndsWith(" in store 30", mood, StringComparison.Ordinal));
        double accuracy = moods.Zip(query.GetColumn<string>("Mood")).Average(pair => pair.First == pair.Second ? 1.0 : 0);
        Assert.True(accuracy > 0.7, $"accuracy {accuracy}");
    }

    [Fact]
    public void UnlabelledPictures_ConstructedTasks_CarryNewClasses()
    {
        Picture[] all = [.. Pictures(_folder["."])];
        IDataView pictures = ml.Data.LoadFromEnumerable(all[..160]);
        NamedPicture[] named = [.. all[160..].Select(picture => new NamedPicture { Task = "bars", File = picture.File, Label = picture.Label == (int.Parse(picture.Task[5..], CultureInfo.InvariantCulture) % 2 == 0) ? "lies" : "stands" })];
        NamedPicture[] support = [.. named.GroupBy(picture => picture.Label).SelectMany(label => label.Take(2))];
        IDataView labelledPictures = ml.Data.LoadFromEnumerable(support), others = ml.Data.LoadFromEnumerable(named.Except(support));
        string folder = _folder["."];

        // <recipe>
        IEstimator<ITransformer> extraction = ml.Transforms.LoadImages("Image", folder, "File")
            .Append(ml.Transforms.ResizeImages("Image", 8, 8))
            .Append(ml.Transforms.ExtractPixels("Features", "Image", colorsToExtract: ImagePixelExtractingEstimator.ColorBits.Red));
        ITransformer pixels = extraction.Fit(pictures);
        IDataView tasks = ml.MetaLearning().ConstructTasks(pixels.Transform(pictures), new CopyTaskOptions()); // each picture is a class

        var options = new MetaLearnerOptions
        {
            Encoder = new ConvolutionalEncoderOptions { Filters = 16 },
            Episodes = new EpisodeOptions { Ways = 20, Shots = 1, Queries = 1 },
            MaximumNumberOfIterations = 60,
            ValidationFraction = 0,
        };
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.MetaLearner(options))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        ITransformer adapted = ml.MetaLearning().Adapt(pipeline.Fit(tasks), pixels.Transform(labelledPictures)); // with the columns Task, Label (text) and File
        // </recipe>
        double accuracy = adapted.Transform(pixels.Transform(others)).GetColumn<string>("PredictedLabel").Zip(named.Except(support)).Average(pair => pair.First == pair.Second.Label ? 1.0 : 0);
        Assert.True(accuracy > 0.9, $"accuracy {accuracy}");
    }

    [Fact]
    public void Evaluation_PerTaskAndByNumberOfRows()
    {
        IDataView newStores = View(Sale.Of(stores: 6, days: 60, first: 30));
        ITransformer model = Demand().Fit(sales);
        IEstimator<ITransformer> sdca = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Transforms.NormalizeMeanVariance("Features")).Append(ml.Regression.Trainers.Sdca("Demand"));

        // <recipe>
        FewShotEvaluation result = ml.MetaLearning().EvaluateFewShot(
            newStores,
            [LearningStrategy.MetaLearned("across stores", model), LearningStrategy.FromScratch("by itself", sdca)],
            labelColumnName: "Demand",
            taskColumnName: "Store",
            options: new FewShotOptions { SupportSizes = [5, 20], Draws = 2 });
        foreach (FewShotCurve curve in result.Curves)
            Console.WriteLine($"{curve.Strategy}: RMSE {string.Join(", ", curve.Points.Select(point => $"{point.Evaluation[TaskMetric.RootMeanSquaredError].Macro} with {point.SupportSize} days"))}");
        PairedComparison comparison = result.Compare("across stores", "by itself");
        Console.WriteLine($"gained {comparison.Gain}; {comparison.Wins} stores gain, {comparison.Losses} lose");
        // </recipe>
        Assert.True(comparison.Gain.Mean > 0, $"gain {comparison.Gain}");
        Assert.Equal(2, result.Curves.Count);

        SupportQuerySplit split = ml.MetaLearning().SupportQuerySplit(newStores, 10, labelColumnName: "Demand", taskColumnName: "Store");

        // <recipe>
        IDataView scored = ml.MetaLearning().Adapt(model, split.Support).Transform(split.Query);
        TaskEvaluation evaluation = ml.MetaLearning().EvaluateTasks(scored, "Demand", "Store");
        Console.WriteLine($"RMSE {evaluation[TaskMetric.RootMeanSquaredError].Macro}, worst {evaluation.Tasks.MaxBy(task => task[TaskMetric.RootMeanSquaredError])!.Task}");
        // </recipe>
        Assert.Equal(6, evaluation.Tasks.Count);
    }

    [Fact]
    public void Strategies_AreComparedInAReport()
    {
        string path = _folder["report.html"];

        // <recipe>
        var settings = new TaskExperimentSettings { MaxExperimentTimeInSeconds = 10, FewShot = new FewShotOptions { SupportSizes = [10], Draws = 1 } };
        ExperimentResult result = ml.MetaLearning().CreateExperiment(settings).Execute(
            sales, "Demand", "Store", preFeaturizer: ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price"));
        Console.WriteLine(result.Recommendation);
        result.SaveHtml(path);
        // </recipe>
        Assert.NotEmpty(result.Recommendation);
        Assert.Contains("<svg", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AutoML_SearchesOverOptions_AndItsModelAdapts()
    {
        DataOperationsCatalog.TrainTestData split = ml.MetaLearning().TaskTrainTestSplit(sales, taskColumnName: "Store");

        // <recipe>
        var space = new SearchSpace<MetaLearnerOptions>(); // the learning rate and the number of steps
        space["Encoder"] = new Microsoft.ML.SearchSpace.SearchSpace { ["$type"] = new ChoiceOption(["mlp", "identity"], "mlp") };
        space["Adapter"] = new Microsoft.ML.SearchSpace.SearchSpace { ["$type"] = new ChoiceOption(["ridge", "bayesian"], "bayesian") };
        SweepablePipeline pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price").Append(ml.Auto().CreateSweepableEstimator(
            (context, options) => context.Regression.Trainers.MetaLearner(options with { LabelColumnName = "Demand", TaskColumnName = "Store" }), space));
        TrialResult best = await ml.Auto().CreateExperiment()
            .SetPipeline(pipeline)
            .SetDataset(split.TrainSet, split.TestSet) // other stores, so that the prior is judged; CreateExperiment judges adaptation
            .SetRegressionMetric(RegressionMetric.RSquared, "Demand")
            .SetTrainingTimeInSeconds(60)
            .RunAsync();
        ITransformer adapted = ml.MetaLearning().Adapt(best.Model, support);
        // </recipe>
        Assert.True(ml.Regression.Evaluate(adapted.Transform(query), "Demand").RSquared > 0.5);
    }

    [Fact]
    public void Embeddings_CarryAnotherTrainer()
    {
        IDataView days = View(Sale.Of(stores: 1, days: 300, first: 30, seed: 3));

        // <recipe>
        var learner = new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store", Encoder = new MlpEncoderOptions(), MaximumNumberOfIterations = 200 };
        var features = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price");
        ITransformer model = features.Append(ml.Regression.Trainers.MetaLearner(learner)).Fit(sales);
        var pipeline = features.Append(ml.MetaLearning().SharedEncoder(model)) // Features → Embedding
            .Append(ml.Regression.Trainers.LightGbm("Demand", "Embedding"));
        ITransformer trees = pipeline.Fit(days);
        // </recipe>
        double fit = ml.Regression.Evaluate(trees.Transform(query), "Demand").RSquared;
        Assert.True(fit > 0.7, $"R² {fit}");
    }

    [Fact]
    public void PooledScore_CarriesTreesIntoAMetaLearner()
    {
        // <recipe>
        var pipeline = ml.Transforms.Concatenate("Columns", "Weekday", "Temperature", "Price")
            .Append(ml.MetaLearning().PooledScore(ml.Regression.Trainers.LightGbm("Demand", "Columns"), taskColumnName: "Store"))
            .Append(ml.Transforms.Concatenate("Features", "Columns", "PooledScore"))
            .Append(ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store" }));
        ITransformer model = pipeline.Fit(sales);
        ITransformer adapted = ml.MetaLearning().Adapt(model, support); // learns how the new store deviates from the trees
        // </recipe>
        double fit = ml.Regression.Evaluate(adapted.Transform(query), "Demand").RSquared;
        Assert.True(fit > 0.7, $"R² {fit}");
    }

    [Fact]
    public void Ensemble_AdaptsEachOfItsModels()
    {
        var learner = new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store", MaximumNumberOfIterations = 200 };
        var features = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price");

        // <recipe>
        ITransformer linear = features.Append(ml.Regression.Trainers.MetaLearner(learner with { Encoder = new IdentityEncoderOptions() })).Fit(sales);
        ITransformer network = features.Append(ml.Regression.Trainers.MetaLearner(learner with { Encoder = new MlpEncoderOptions() })).Fit(sales);
        ITransformer both = ml.MetaLearning().Ensemble([network, linear], weights: [2, 1]);
        ITransformer adapted = ml.MetaLearning().Adapt(both, support); // adapts each of the two
        // </recipe>
        double fit = ml.Regression.Evaluate(adapted.Transform(query), "Demand").RSquared;
        Assert.True(fit > 0.7, $"R² {fit}");
    }

    [Fact]
    public void Files_AreCheckedAndReplacedWhole()
    {
        ITransformer adapted = ml.MetaLearning().Adapt(Demand().Fit(sales), support);
        string path = _folder["stores.zip"];

        // <recipe>
        ml.MetaLearning().SaveAtomic(adapted, sales.Schema, path);                          // never leaves a half-written file
        ITransformer loaded = ml.MetaLearning().LoadChecked(path, out DataViewSchema? schema); // for files from other people
        ITransformer plain = ml.Model.Load(path, out schema);                               // for your own files
        // </recipe>
        Assert.Equal(Scores(adapted), Scores(loaded));
        Assert.Equal(Scores(adapted), Scores(plain));
        Assert.NotNull(schema);
    }

    [Fact]
    public void Onnx_InFront_MakesFeatures()
    {
        string network = _folder["network.onnx"];
        Coexistence.OnnxModel.Write(network, "Features", "Embedding", new float[,] { { 0.3f, 0, 0.1f }, { 0, 0.05f, 0.1f }, { 0, 0, 1 } });

        // <recipe>
        var pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Transforms.ApplyOnnxModel("Embedding", "Features", network))
            .Append(ml.Regression.Trainers.MetaLearner("Demand", "Embedding", taskColumnName: "Store"));
        using TransformerChain<MetaLearnerTransformer> model = pipeline.Fit(sales);
        ITransformer adapted = ml.MetaLearning().Adapt(model, support);
        // </recipe>
        double fit = ml.Regression.Evaluate(adapted.Transform(query), "Demand").RSquared;
        Assert.True(fit > 0.5, $"R² {fit}");
    }

    [NodeFact]
    public void Model_AsOnnx_IsScoredInJavaScript()
    {
        ITransformer adapted = ml.MetaLearning().Adapt(ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price").Append(ml.Regression.Trainers.MetaLearner("Demand", taskColumnName: "Store")).Fit(sales), support);
        string path = _folder["stores.onnx"];

        // <recipe>
        IDataView columns = ml.Data.LoadFromEnumerable<Day>([]); // the columns that the file reads; ML.NET makes each column of this view an input
        using (FileStream file = File.Create(path))
            ml.Model.ConvertToOnnx(adapted, columns, file, "Score", "IsKnownTask");

        ITransformer one = ml.MetaLearning().SelectTask(adapted, "store 30"); // the model of one store, which needs no column Store
        // </recipe>
        Day[] days = [new() { Store = "store 30", Weekday = 1, Temperature = 20, Price = 1 }, new() { Store = "store 7", Weekday = 6, Temperature = 5, Price = 1.1f }];
        float[] expected = [.. adapted.Transform(ml.Data.LoadFromEnumerable(days)).GetColumn<float>("Score")];
        Assert.Equal(expected, NodeFactAttribute.Run(NodeFactAttribute.ScriptOf("docs/Cookbook.md"), _folder["."]), (a, b) => Math.Abs(a - b) <= 1e-5 * expected.Max(Math.Abs));
        Assert.Equal(expected[..1], one.Transform(ml.Data.LoadFromEnumerable(days)).GetColumn<float>("Score").Take(1));
        Assert.DoesNotContain(one.GetOutputSchema(columns.Schema), column => column.Name == "IsKnownTask");
    }

    [Fact]
    public void Images_InFront_ChooseAConvolutionalNetwork()
    {
        Picture[] pictures = [.. Pictures(_folder["."])];
        IDataView training = ml.Data.LoadFromEnumerable(pictures);
        string folder = _folder["."];

        // <recipe>
        var options = new MetaLearnerOptions { Encoder = new ConvolutionalEncoderOptions { Filters = 16 }, MaximumNumberOfIterations = 60 };
        var pipeline = ml.Transforms.LoadImages("Image", folder, "File")
            .Append(ml.Transforms.ResizeImages("Image", 8, 8)) // shrink by at most half in one step: thin lines are lost otherwise
            .Append(ml.Transforms.ExtractPixels("Features", "Image", colorsToExtract: ImagePixelExtractingEstimator.ColorBits.Red))
            .Append(ml.BinaryClassification.Trainers.MetaLearner(options));
        ITransformer model = pipeline.Fit(training);
        // </recipe>
        double accuracy = ml.BinaryClassification.Evaluate(model.Transform(training)).Accuracy;
        Assert.True(accuracy > 0.9, $"accuracy {accuracy}");
    }

    [Fact]
    public void Images_WithAPretrainedNetwork_AreLearnedFrom()
    {
        Picture[] pictures = [.. Pictures(_folder["."]).Take(144)];
        IDataView training = ml.Data.LoadFromEnumerable(pictures.Where(picture => picture.Task != "task 11"));
        Picture[] last = [.. pictures.Where(picture => picture.Task == "task 11")];
        IDataView newPictures = ml.Data.LoadFromEnumerable(last[..6]), others = ml.Data.LoadFromEnumerable(last[6..]);
        string folder = _folder["."];

        // <recipe>
        var learner = new MetaLearnerOptions { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions() };
        var pipeline = ml.Transforms.LoadImages("Image", folder, "File")
            .Append(ml.Transforms.ResizeImages("Image", 224, 224))
            .Append(ml.Transforms.ExtractPixels("Pixels", "Image"))
            .Append(ml.Transforms.DnnFeaturizeImage("Features", network => network.ModelSelector.ResNet18(ml, network.OutputColumn, network.InputColumn), "Pixels"))
            .AppendCacheCheckpoint(ml) // the network runs once for each image
            .Append(ml.BinaryClassification.Trainers.MetaLearner(learner));
        ITransformer model = pipeline.Fit(training);
        ITransformer adapted = ml.MetaLearning().Adapt(model, newPictures);
        // </recipe>
        Assert.True(ml.BinaryClassification.Evaluate(adapted.Transform(others)).Accuracy > 0.8);
        ml.Model.Save(model, training.Schema, _folder["resnet.zip"]);
        ITransformer loaded = ml.MetaLearning().Adapt(ml.Model.Load(_folder["resnet.zip"], out _), newPictures);
        Assert.Equal(adapted.Transform(others).GetColumn<float>("Score"), loaded.Transform(others).GetColumn<float>("Score"));
    }

    [Fact]
    public void Texts_WithAPretrainedEncoder_AreLearnedFrom()
    {
        using var generator = new TextPretrained.MiniLmGenerator();

        // <recipe>
        EmbeddingGenerators.Register("MiniLM", generator); // the name in saved models; a program registers it before it loads one
        var learner = new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store", Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions() };
        ITransformer model = ml.MetaLearning().TextEmbedding(generator, "Features", "Mood")
            .Append(ml.Regression.Trainers.MetaLearner(learner)).Fit(sales);
        ITransformer adapted = ml.MetaLearning().Adapt(model, support);
        // </recipe>
        double fit = ml.Regression.Evaluate(adapted.Transform(query), "Demand").RSquared;
        Assert.True(fit > 0.3, $"R² {fit}"); // a text says only whether the day is busy
    }

    [Fact]
    public void Service_PredictsOnEveryThread_AndTakesUpANewModel()
    {
        ITransformer model = Demand().Fit(sales);
        Sale[] days = Sale.Of(stores: 1, days: 200, first: 30, seed: 2);

        // <recipe>
        ITransformer current = model;                                                  // a field of the service
        Forecast[] Predict(IEnumerable<Sale> rows) =>                                  // on any number of threads at once
            [.. ml.Data.CreateEnumerable<Forecast>(Volatile.Read(ref current).Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];
        void Learn(IDataView rows) =>                                                  // one thread at a time; other threads go on predicting
            Volatile.Write(ref current, ml.MetaLearning().Adapt(current, rows));
        // </recipe>
        Forecast[] before = Predict(days);
        Forecast[][] meanwhile = new Forecast[8][];
        Parallel.For(0, meanwhile.Length, i =>
        {
            if (i == 0)
                Learn(support);
            meanwhile[i] = Predict(days);
        });
        Forecast[] after = Predict(days);
        Assert.NotEqual(before[0].Score, after[0].Score);
        Assert.All(meanwhile, forecasts => Assert.Contains(forecasts[0].Score, new[] { before[0].Score, after[0].Score }));

        ITransformer adapted = current;
        Sale day = days[0];

        // <recipe>
        using PredictionEngine<Sale, Forecast> engine = ml.Model.CreatePredictionEngine<Sale, Forecast>(adapted); // one for each thread
        Forecast forecast = engine.Predict(day);
        // </recipe>
        Assert.Equal(after[0].Score, forecast.Score);
    }

    [Fact]
    public void LiveTasks_LearnForgetAndPredictOnEveryThread()
    {
        Sale[] days = Sale.Of(stores: 1, days: 3, first: 30, seed: 2);
        Sale today = days[0], tomorrow = days[1];

        // <recipe>
        var options = new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store", KeepStatistics = true };
        ITransformer model = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Regression.Trainers.MetaLearner(options)).Fit(sales);

        using LiveTasks<Sale, Forecast> stores = ml.MetaLearning().LiveTasks<Sale, Forecast>(model);
        stores.Update(today);                         // adds a day to its store, known or new
        Forecast forecast = stores.Predict(tomorrow); // waits for no update
        stores.Forget(today);                         // a day that must be deleted
        byte[] store = stores.ExportTask("store 30"); // this store alone, for a file or a database
        stores.Save("stores.zip");                    // all stores, for ml.Model.Load
        // </recipe>
        Assert.True(float.IsFinite(forecast.Score));
        Assert.True(stores.KnowsTask("store 30"));
        Assert.NotEmpty(store);
        Assert.True(File.Exists("stores.zip"));
        File.Delete("stores.zip");
    }

    [Fact]
    public void Weights_SayHowMuchARowCounts()
    {
        Sale[] doubtful = Sale.Of(stores: 1, days: 20, first: 30);
        foreach (Sale sale in doubtful.Where((_, i) => i % 2 == 0))
            (sale.Demand, sale.Trust) = (200, 0);
        IDataView rows = View(doubtful);

        // <recipe>
        var pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
            .Append(ml.Regression.Trainers.MetaLearner("Demand", taskColumnName: "Store", exampleWeightColumnName: "Trust"));
        ITransformer adapted = ml.MetaLearning().Adapt(pipeline.Fit(sales), rows); // days with Trust 0 have no influence
        // </recipe>
        double fit = ml.Regression.Evaluate(adapted.Transform(query), "Demand").RSquared;
        Assert.True(fit > 0.9, $"R² {fit}");
    }

    [Fact]
    public void Refinement_UsesManyRows()
    {
        ITransformer model = Demand().Fit(sales);
        IDataView manyRows = View(Sale.Of(stores: 1, days: 1000, first: 30, seed: 3));

        // <recipe>
        ITransformer refined = ml.MetaLearning().Adapt(model, manyRows, new AdaptationOptions { RefinementSteps = 20 });
        // </recipe>
        double refinedFit = ml.Regression.Evaluate(refined.Transform(query), "Demand").RSquared, few = ml.Regression.Evaluate(ml.MetaLearning().Adapt(model, support).Transform(query), "Demand").RSquared;
        Assert.True(refinedFit > few, $"R² {refinedFit}, of ten rows {few}");
    }

    [Fact]
    public void Relatedness_NamesTheTasksThatHelp()
    {
        ITransformer model = Demand().Fit(sales);

        // <recipe>
        TaskRelatedness relatedness = ml.MetaLearning().Relatedness(model, sales);
        foreach (var (store, help) in relatedness.Nearest("store 7", count: 3)) // the stores whose rows help most
            Console.WriteLine($"{store}: {help:F2}");
        // </recipe>
        Assert.DoesNotContain("store 7", relatedness.Nearest("store 7", count: 3).Select(pair => pair.Key));
    }

    [Fact]
    public void Training_TellsHowFarItIs_AndCanBeStopped()
    {
        using var source = new CancellationTokenSource();
        CancellationToken stop = source.Token;
        var steps = new ConcurrentQueue<TrainingProgress>();

        // <recipe>
        var options = new MetaLearnerOptions
        {
            LabelColumnName = "Demand",
            TaskColumnName = "Store",
            Encoder = new MlpEncoderOptions(),
            Progress = new Progress<TrainingProgress>(step => steps.Enqueue(step)), // receives every outer step
            CancellationToken = stop,                                               // Fit throws an OperationCanceledException
        };
        // </recipe>
        IEstimator<ITransformer> pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price").Append(ml.Regression.Trainers.MetaLearner(options with { MaximumNumberOfIterations = 5 }));
        pipeline.Fit(sales);
        Assert.True(SpinWait.SpinUntil(() => steps.Count == 5, TimeSpan.FromSeconds(10)));
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => pipeline.Fit(sales));
    }

    // The model of the second recipe.
    private EstimatorChain<MetaLearnerTransformer> Demand() => ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
        .Append(ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Demand", TaskColumnName = "Store", MaximumNumberOfIterations = 0 })); // the linear learner alone, for speed

    private float[] Scores(ITransformer model) => [.. model.Transform(query).GetColumn<float>("Score")];

    private IDataView View(Sale[] rows) => ml.Data.LoadFromEnumerable(rows);

    // Images of horizontal or vertical bars. For each task, one of the two has the label "yes".
    private static IEnumerable<Picture> Pictures(string folder)
    {
        const int Side = 16;
        var random = new Random(1);
        for (int i = 0; i < 240; i++)
        {
            bool lies = random.Next(2) == 0;
            int at = random.Next(2, Side - 3), task = i % 12;
            byte[] pixels = new byte[4 * Side * Side];
            for (int p = 0; p < Side * Side; p++)
            {
                int place = lies ? p / Side : p % Side;
                pixels.AsSpan(4 * p, 3).Fill((byte)(place == at || place == at + 1 ? 0 : 255));
                pixels[4 * p + 3] = byte.MaxValue;
            }

            string file = $"{i}.png";
            using (var image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Bgra32, pixels))
                image.Save(Path.Combine(folder, file));
            yield return new Picture { Task = $"task {task}", File = file, Label = lies == (task % 2 == 0) };
        }
    }

    private sealed class NamedPicture
    {
        public string Task { get; set; } = "";

        public string File { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class Picture
    {
        public string Task { get; set; } = "";

        public string File { get; set; } = "";

        public bool Label { get; set; }
    }
}
