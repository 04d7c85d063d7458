using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.Columns;

/// <summary>Label and task columns that a step of the pipeline makes: raw data have integers, words or stars.</summary>
public sealed class MadeColumnTests
{
    private static readonly MLContext s_ml = TrainerCase.NewContext();

    // The source column of the label, the steps that make the label, the learned column, and the column in data without these steps.
    private static readonly Dictionary<string, (string Raw, IEstimator<ITransformer> Steps, string Made, string Plain)> s_labels = new()
    {
        ["integers to Boolean, in place"] = ("Bit", s_ml.Transforms.Conversion.ConvertType("Bit", outputKind: DataKind.Boolean), "Bit", "Answer"),
        ["integers to Boolean"] = ("Bit", s_ml.Transforms.Conversion.ConvertType("Label", "Bit", DataKind.Boolean), "Label", "Answer"),
        ["yes and no to Boolean"] = ("YesNo", s_ml.Transforms.Conversion.MapValue("Label", [new("yes", true), new KeyValuePair<string, bool>("no", false)], "YesNo"), "Label", "Answer"),
        ["yes and no to Boolean, in place"] = ("YesNo", s_ml.Transforms.Conversion.MapValue("YesNo", [new("yes", true), new KeyValuePair<string, bool>("no", false)], "YesNo"), "YesNo", "Answer"),
        ["text to key, in place"] = ("Class", s_ml.Transforms.Conversion.MapValueToKey("Class"), "Class", "Class"),
        ["text to key"] = ("Class", s_ml.Transforms.Conversion.MapValueToKey("Key", "Class"), "Key", "Class"),
        ["integers to key"] = ("Stars", s_ml.Transforms.Conversion.MapValueToKey("Key", "Stars"), "Key", "StarsText"),
        ["stars to values"] = ("StarsText", s_ml.Transforms.Conversion.MapValue("Rating", [new("*", 1f), new("**", 2f), new KeyValuePair<string, float>("***", 3f)], "StarsText"), "Rating", "StarsValue"),
        ["integers to values, in place"] = ("Stars", s_ml.Transforms.Conversion.ConvertType("Stars", outputKind: DataKind.Single), "Stars", "StarsValue"),
        ["two steps"] = ("StarsText", s_ml.Transforms.Conversion.MapValue("Count", [new("*", 1), new("**", 2), new KeyValuePair<string, int>("***", 3)], "StarsText").Append(s_ml.Transforms.Conversion.ConvertType("Rating", "Count")), "Rating", "StarsValue"),
    };

    private readonly FewShotOptions _options = new() { SupportSizes = [4, 10], Draws = 1 };

    public static TheoryData<string> Labels => new(s_labels.Keys);

    [Theory]
    [MemberData(nameof(Labels))]
    public void EvaluateFewShot_LabelMadeByAStep_EqualsTheLabelInTheData(string name)
    {
        var (raw, steps, made, plain) = s_labels[name];
        IDataView training = View(Some.Tasks(8)), news = View(Some.Tasks(3, firstTask: 50));
        LearningStrategy[] Strategies(IEstimator<ITransformer>? front, string label) =>
        [
            LearningStrategy.MetaLearned("meta-learned", Then(front, Learner(label))),
            LearningStrategy.MetaLearned("fitted", Then(front, Learner(label)).Fit(training)),
            LearningStrategy.FromScratch("from scratch", Then(front, Linear(label))),
            LearningStrategy.Pooled("pooled", Then(front, Linear(label))),
        ];
        double[] Figures(LearningStrategy[] strategies, string label)
        {
            FewShotEvaluation evaluation = s_ml.MetaLearning().EvaluateFewShot(news, strategies, training, label, "Shop", _options);
            Assert.All(evaluation.Curves, curve => Assert.True(curve.Exception is null, curve.Exception?.ToString()));
            return [.. evaluation.Curves.SelectMany(curve => curve.Points).SelectMany(point => point.Evaluation.Tasks).SelectMany(task => task.Values.Values)];
        }

        bool isClass = Kind(plain) == LabelKind.Multiclass;
        double[] expected = Figures(Strategies(isClass ? s_ml.Transforms.Conversion.MapValueToKey("PlainKey", plain) : null, isClass ? "PlainKey" : plain), plain);
        Assert.Equal(expected, Figures(Strategies(steps, made), made));
        Assert.Equal(expected, Figures(Strategies(steps, made), raw)); // the name of the source column or of the made column
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public void Tools_LabelAndTaskMadeBySteps_EqualTheColumnsInTheData(string name)
    {
        var (raw, steps, made, plain) = s_labels[name];
        IEstimator<ITransformer> front = s_ml.Transforms.Conversion.MapValueToKey("Shop", "ShopNumber").Append(steps);
        IDataView data = View(Some.Tasks(9)), withoutShop = s_ml.Transforms.DropColumns("Shop").Fit(data).Transform(data);
        LearningStrategy[] strategies = [LearningStrategy.MetaLearned("meta-learned", front.Append(Learner(made))), LearningStrategy.FromScratch("from scratch", front.Append(Linear(made)))];
        TaskCrossValidation expected = s_ml.MetaLearning().CrossValidateTasks(data, [LearningStrategy.FromScratch("from scratch", steps.Append(Linear(made)))], 3, made, "Shop", _options);
        foreach (string label in new[] { made, raw })
        {
            foreach (string task in new[] { "Shop", "ShopNumber" })
            {
                TaskCrossValidation result = s_ml.MetaLearning().CrossValidateTasks(withoutShop, strategies, 3, label, task, _options);
                Assert.All(result.Overall.Curves, curve => Assert.True(curve.Exception is null, curve.Exception?.ToString()));
                Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8"], result.Overall.Curves[0].Overall!.Tasks.Select(row => row.Task).Order());
                Assert.Equal(
                    expected.Overall.Curves[0].Overall!.Tasks.SelectMany(row => row.Values.Values),
                    result.Overall.Curves[1].Overall!.Tasks.SelectMany(row => row.Values.Values),
                    (x, y) => double.IsNaN(x) ? double.IsNaN(y) : Math.Abs(x - y) < 0.005); // the result of L-BFGS varies in the last digits
            }

            SupportQuerySplit split = s_ml.MetaLearning().SupportQuerySplit(withoutShop, 6, labelColumnName: label, taskColumnName: "Shop", pipeline: front.Append(Learner(made)));
            Assert.Equal(9 * 6, split.Support.GetColumn<int>("ShopNumber").Count());
            Assert.All(split.Support.GetColumn<int>("ShopNumber").GroupBy(shop => shop), shop => Assert.Equal(6, shop.Count()));
            Assert.Null(split.Support.Schema.GetColumnOrNull("Shop")); // the rows before any step
        }

        TaskSplit parts = s_ml.MetaLearning().TaskTrainValidationTestSplit(withoutShop, taskColumnName: "Shop", pipeline: front.Append(Learner(made)));
        int[][] shops = [.. new[] { parts.TrainSet, parts.ValidationSet, parts.TestSet }.Select(part => part.GetColumn<int>("ShopNumber").Distinct().ToArray())];
        Assert.Equal([5, 2, 2], shops.Select(part => part.Length));
        Assert.Equal(9, shops.SelectMany(part => part).Distinct().Count());
        DataOperationsCatalog.TrainTestData pair = s_ml.MetaLearning().TaskTrainTestSplit(withoutShop, 0.4, "Shop", pipeline: front);
        Assert.Empty(pair.TrainSet.GetColumn<int>("ShopNumber").Intersect(pair.TestSet.GetColumn<int>("ShopNumber")));
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public void CreateExperiment_LabelAndTaskMadeByTheFeaturizer_Runs(string name)
    {
        var (_, steps, made, plain) = s_labels[name];
        IDataView data = View(Some.Tasks(15)), withoutShop = s_ml.Transforms.DropColumns("Shop").Fit(data).Transform(data);
        var settings = new TaskExperimentSettings { FewShot = _options, Encoders = [new IdentityEncoderOptions()], Adapters = [new RidgeAdapterOptions()], MaxModels = 4 };
        ExperimentResult result = s_ml.MetaLearning().CreateExperiment(settings)
            .Execute(withoutShop, made, "Shop", preFeaturizer: s_ml.Transforms.Conversion.ConvertType("Shop", "ShopNumber", DataKind.String).Append(steps));
        Assert.Equal(Kind(plain), result.Kind);
        Assert.All(result.RunDetails, run => Assert.True(run.Exception is null, run.Exception?.ToString()));
        Assert.Equal(9, result.Description.TrainingTasks.Count);
        Assert.NotNull(result.Model ?? result.BestRun.Estimator as object);
    }

    [Fact]
    public void EvaluateFewShot_PipelineInsideAnEstimator_LabelIsFound()
    {
        IEstimator<ITransformer> pipeline = s_labels["integers to Boolean"].Steps.Append(Linear("Label"));
        FewShotEvaluation evaluation = s_ml.MetaLearning().EvaluateFewShot(
            View(Some.Tasks(3)), [LearningStrategy.FromScratch("wrapped", new Probe(pipeline)), LearningStrategy.FromScratch("plain", pipeline)], null, "Label", "Shop", _options);
        Assert.Equal(evaluation["plain"].Overall!.Tasks.Select(task => task.Values), evaluation["wrapped"].Overall!.Tasks.Select(task => task.Values));
    }

    [Fact]
    public void EvaluateFewShot_LabelIsScaledByAStep_MetricsAreInTheUnitsThatTheTrainerLearned()
    {
        IDataView news = View(Some.Tasks(3));
        double Error(IEstimator<ITransformer> pipeline, string label) => s_ml.MetaLearning().EvaluateFewShot(
            news, [LearningStrategy.FromScratch("from scratch", pipeline)], null, label, "Shop", _options)
            .Curves[0].Overall![TaskMetric.MeanAbsoluteError].Macro.Mean;
        IEstimator<ITransformer> Pipeline(string label) => s_ml.Regression.Trainers.Sdca(label, maximumNumberOfIterations: 50);
        IEstimator<ITransformer> Scaled(string output) => s_ml.Transforms.Expression(output, "x => x / 1000", "Value");
        Assert.InRange(Error(Scaled("Value").Append(Pipeline("Value")), "Value"), 0, 0.1); // in place
        Assert.InRange(Error(Scaled("Small").Append(Pipeline("Small")), "Small"), 0, 0.1);

        // The scaling is fitted to each support. A label from another fit would be in other units.
        double normalised = Error(s_ml.Transforms.NormalizeMeanVariance("Value", fixZero: false).Append(Pipeline("Value")), "Value");
        Assert.InRange(normalised, 0.1, 2);
    }

    [Fact]
    public void EvaluateFewShot_NeitherRawNorMade_NamesTheCure()
    {
        LearningStrategy[] strategies = [LearningStrategy.FromScratch("from scratch", Linear("Answer"))];
        string MessageOf(string label, string task) =>
            Assert.Throws<ArgumentOutOfRangeException>(() => s_ml.MetaLearning().EvaluateFewShot(View(Some.Tasks(3)), strategies, null, label, task, _options)).Message;
        Assert.Contains("label column 'Bid': expected Boolean, key, text or Single, got no such column", MessageOf("Bid", "Shop"));
        Assert.Contains("put the step that makes 'Bid' in front", MessageOf("Bid", "Shop"));
        Assert.Contains("ConvertType(\"ShopNumber\", outputKind: DataKind.String)", MessageOf("Answer", "ShopNumber"));
        Assert.Contains("ConvertType(\"Bit\", outputKind: DataKind.Single)", Assert.Throws<ArgumentOutOfRangeException>(() => s_ml.MetaLearning().SupportQuerySplit(View(Some.Tasks(3)), 5, labelColumnName: "Bit", taskColumnName: "Shop")).Message);
    }

    [Fact]
    public void EvaluateFewShot_ChainEndsWithThePredictedValue_ClassesAreStillMatchedByName()
    {
        IEstimator<ITransformer> pipeline = s_labels["text to key"].Steps.Append(Linear("Key"));
        FewShotEvaluation evaluation = s_ml.MetaLearning().EvaluateFewShot(
            View(Some.Tasks(4)),
            [LearningStrategy.FromScratch("key", pipeline), LearningStrategy.FromScratch("value", pipeline.Append(s_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")))],
            null,
            "Class",
            "Shop",
            _options);
        Assert.Equal(evaluation["key"].Overall!.Tasks.Select(task => task.Values), evaluation["value"].Overall!.Tasks.Select(task => task.Values));
    }

    private static LabelKind Kind(string plain) => plain switch { "Answer" => LabelKind.Binary, "StarsValue" => LabelKind.Regression, _ => LabelKind.Multiclass };

    private static IEstimator<ITransformer> Then(IEstimator<ITransformer>? front, IEstimator<ITransformer> trainer) => front is null ? trainer : front.Append(trainer);

    private static IEstimator<ITransformer> Learner(string label)
    {
        var options = new MetaLearnerOptions { LabelColumnName = label, TaskColumnName = "Shop", Adapter = new RidgeAdapterOptions(), Encoder = new IdentityEncoderOptions(), MaximumNumberOfIterations = 2 };
        return label is "Answer" or "Bit" or "YesNo" or "Label" ? s_ml.BinaryClassification.Trainers.MetaLearner(options)
            : label is "Rating" or "Stars" or "StarsValue" ? s_ml.Regression.Trainers.MetaLearner(options)
            : s_ml.MulticlassClassification.Trainers.MetaLearner(options);
    }

    // One thread gives the same figures in every run.
    private static IEstimator<ITransformer> Linear(string label) =>
        label is "Answer" or "Bit" or "YesNo" or "Label" ? s_ml.BinaryClassification.Trainers.LbfgsLogisticRegression(new() { LabelColumnName = label, NumberOfThreads = 1 })
        : label is "Rating" or "Stars" or "StarsValue" ? s_ml.Regression.Trainers.LbfgsPoissonRegression(new() { LabelColumnName = label, NumberOfThreads = 1 })
        : s_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(new() { LabelColumnName = label, NumberOfThreads = 1 });

    private static IDataView View(IEnumerable<TaskRow> rows) => s_ml.Data.LoadFromEnumerable(rows.Select(row => new RawRow(row)));

    private sealed class RawRow
    {
        public RawRow()
        {
        }

        public RawRow(TaskRow row)
        {
            int stars = row.Class switch { "low" => 1, "middle" => 2, _ => 3 };
            (Shop, ShopNumber, Features) = (row.Task, int.Parse(row.Task[4..], System.Globalization.CultureInfo.InvariantCulture), row.Features);
            (Answer, Bit, YesNo, Class) = (row.Answer, row.Answer ? 1 : 0, row.Answer ? "yes" : "no", row.Class);
            (Stars, StarsText, StarsValue, Value) = (stars, new string('*', stars), stars, row.Value);
        }

        public string Shop { get; set; } = "";

        public int ShopNumber { get; set; }

        [VectorType(TaskRow.FeatureCount)]
        public float[] Features { get; set; } = [];

        public bool Answer { get; set; }

        public int Bit { get; set; }

        public string YesNo { get; set; } = "";

        public string Class { get; set; } = "";

        public int Stars { get; set; }

        public string StarsText { get; set; } = "";

        public float StarsValue { get; set; }

        public float Value { get; set; }
    }
}
