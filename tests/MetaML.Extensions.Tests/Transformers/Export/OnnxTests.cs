using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Heads;
using MetaML.Models;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace MetaML.Extensions.Tests.Transformers.Export;

/// <summary>Models as ONNX files, which ONNX Runtime scores as ML.NET does.</summary>
public sealed class OnnxTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<AdapterCase> Adapters => AdapterConformance.Cases;

    public static TheoryData<TrainerCase> Trainers => TrainerConformance.Cases;

    // ML.NET itself fails to export FeaturizeText. An ensemble is exported model by model.
    public static TheoryData<string> Golden => [.. GoldenModels.Names.Except(["text", "ensemble"])];

    public static TheoryData<string, EncoderOptions> Encoders => new()
    {
        { "no encoder", new IdentityEncoderOptions() },
        { "not standardised", new IdentityEncoderOptions { StandardizeInputs = false } },
        { "linear", new MlpEncoderOptions { HiddenUnits = [], EmbeddingDimension = 3 } },
        { "two layers", new MlpEncoderOptions { HiddenUnits = [9, 7], EmbeddingDimension = 4 } },
        { "all options", new MlpEncoderOptions { HiddenUnits = [8, 8, 8], EmbeddingDimension = 4, Activation = Activation.Silu, LayerNormalization = true, Residual = true, LinearPath = true, Dropout = 0.1 } },
        { "tanh, residual", new MlpEncoderOptions { HiddenUnits = [8, 8], EmbeddingDimension = 4, Activation = Activation.Tanh, Residual = true } },
        { "normalised relu", new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 4, LayerNormalization = true } },
        { "frozen", new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 4, IsFrozen = true } },
        { "kernel", new KernelEncoderOptions { LandmarkCount = 12 } },
        { "projection", new ProjectionEncoderOptions() },
        { "sparse, hashed", new SparseEncoderOptions { SketchDimension = 4, StructureDimension = 2 } },
        { "sparse, not hashed", new SparseEncoderOptions { SketchDimension = 16, StructureDimension = 0 } },
        { "images", new ConvolutionalEncoderOptions { Height = 2, Width = 3, Channels = 1, Filters = 4, Groups = 2, Blocks = 1 } },
        { "colour images, views", new ConvolutionalEncoderOptions { Height = 2, Width = 1, Channels = 3, InterleavedChannels = true, Filters = 4, Groups = 2, Blocks = 1, Views = 3 } },
        { "drawings", new ConvolutionalEncoderOptions { Height = 2, Width = 3, Channels = 1, Filters = 4, Groups = 2, Blocks = 1, NormalizeDrawings = true, StandardizeInputs = false } },
        { "colour drawings, views", new ConvolutionalEncoderOptions { Height = 2, Width = 1, Channels = 3, InterleavedChannels = true, Filters = 4, Groups = 2, Blocks = 1, Views = 3, NormalizeDrawings = true } },
        { "planes, views", new ConvolutionalEncoderOptions { Height = 1, Width = 2, Channels = 3, Filters = 2, Groups = 1, Blocks = 2, Views = 2 } },
    };

    [Theory]
    [MemberData(nameof(Adapters))]
    public void ConvertToOnnx_EveryAdapter_ScoresTheSame(AdapterCase adapter)
    {
        foreach (UnknownTaskHandling unknown in adapter.ClassSets == ClassSets.PerTask ? [UnknownTaskHandling.Missing] : new[] { UnknownTaskHandling.MetaPrior, UnknownTaskHandling.Missing })
        {
            MetaLearnerTransformer model = Model(adapter, AdapterCase.EncoderOptions, unknown);
            IDataView rows = Rows(adapter, 4);
            using var file = new OnnxFile(_ml, model, rows);
            Assert.Contains("Score", file.AssertEqual(rows));
            Assert.Contains("IsKnownTask", file.AssertEqual(rows));
        }
    }

    [Fact]
    public void ConvertToOnnx_ScoresFarFromZero_ProbabilitiesAreNeverZeroOrOne()
    {
        var adapter = new AdapterCase("ridge", new RidgeAdapterOptions(), LabelKind.Binary);
        MetaLearnerTransformer model = Model(adapter, new IdentityEncoderOptions(), UnknownTaskHandling.MetaPrior);
        IDataView rows = _ml.Data.LoadFromEnumerable(new[] { 1e4f, -1e4f }.Select(value => new TaskRow { Task = "0", Features = [.. Enumerable.Repeat(value, TaskRow.FeatureCount)] }));
        using var file = new OnnxFile(_ml, model, rows);
        IReadOnlyDictionary<string, Array> outputs = file.Run(rows, 0, 2);
        Assert.All(outputs["Score.output"].Cast<float>(), score => Assert.True(Math.Abs(score) > 120, $"{score}")); // the sigmoid is 0 or 1 in single precision
        Assert.All(outputs["Probability.output"].Cast<float>(), probability => Assert.True(probability is > 0 and < 1, $"{probability}"));
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void ConvertToOnnx_EveryEncoder_ScoresTheSame(string name, EncoderOptions encoder)
    {
        Assert.NotEmpty(name);
        foreach (AdapterOptions options in new AdapterOptions[] { new RidgeAdapterOptions(), new BayesianAdapterOptions() })
        {
            var adapter = new AdapterCase(name, options, LabelKind.Multiclass);
            MetaLearnerTransformer model = Model(adapter, encoder, UnknownTaskHandling.MetaPrior);
            IDataView rows = Rows(adapter, 4);
            using var file = new OnnxFile(_ml, model, rows);
            file.AssertEqual(rows);
            SharedEncoderTransformer embedding = _ml.MetaLearning().SharedEncoder(model).Fit(rows);
            using var shared = new OnnxFile(_ml, embedding, rows);
            Assert.Equal(["Embedding"], shared.AssertEqual(rows));
        }
    }

    [Theory]
    [InlineData(GradientScope.Film)]
    [InlineData(GradientScope.Context)]
    [InlineData(GradientScope.All)]
    public void ConvertToOnnx_ConvolutionalEncoderOfEachTask_ScoresTheSameOrSaysWhyNot(GradientScope scope)
    {
        var adapter = new AdapterCase("gradient", new GradientAdapterOptions { Scope = scope, InnerSteps = 2 }, LabelKind.Binary);
        MetaLearnerTransformer model = Model(adapter, new ConvolutionalEncoderOptions { Height = 2, Width = 3, Channels = 1, Filters = 4, Groups = 2, Blocks = 1 }, UnknownTaskHandling.MetaPrior);
        IDataView rows = Rows(adapter, 4);
        if (scope == GradientScope.All)
        {
            using var stream = new MemoryStream();
            Assert.Contains("SelectTask", Assert.Throws<NotSupportedException>(() => _ml.Model.ConvertToOnnx(model, rows, stream)).Message, StringComparison.Ordinal);
            Assert.Equal(0, stream.Length);
        }
        else
        {
            using var file = new OnnxFile(_ml, model, rows);
            file.AssertEqual(rows);
        }

        using var one = new OnnxFile(_ml, _ml.MetaLearning().SelectTask(model, "task1"), rows);
        one.AssertEqual(rows);
    }

    [Theory]
    [MemberData(nameof(Trainers))]
    public void ConvertToOnnx_FittedAndAdaptedChains_ScoreTheSame(TrainerCase trainer)
    {
        IDataView training = _ml.Data.LoadFromEnumerable(Some.Tasks()), support = _ml.Data.LoadFromEnumerable(Some.Tasks(2, 10, firstTask: 70));
        IDataView rows = _ml.Data.LoadFromEnumerable(Some.Tasks(4, 10, firstTask: 69));
        ITransformer fitted = trainer.Pipeline(_ml).Fit(training);
        foreach (ITransformer model in new[] { fitted, _ml.MetaLearning().Adapt(fitted, support), _ml.MetaLearning().RemoveTask(fitted, "task3") })
        {
            using var file = new OnnxFile(_ml, model, rows);
            file.AssertEqual(rows);
            file.AssertEqual(training);
        }
    }

    [Theory]
    [InlineData("Value", false)]
    [InlineData("Answer", false)]
    [InlineData("Key", false)]
    [InlineData("Key", true)]
    public void ConvertToOnnx_IntervalsAndSets_AreTheSame(string label, bool haveOwnClasses)
    {
        var trainer = new TrainerCase("coverage", label, label == "Value" ? new BayesianAdapterOptions() : null);
        IDataView Data(int tasks, int rows, int first) => _ml.Data.LoadFromEnumerable(haveOwnClasses ? Some.TasksWithOwnClasses(tasks, rows, firstTask: first) : Some.Tasks(tasks, rows, firstTask: first));
        ITransformer model = trainer.Pipeline(_ml, trainer.Options(iterations: 10) with { Coverage = 0.7, UnknownTasks = haveOwnClasses ? UnknownTaskHandling.Missing : null }).Fit(Data(20, 30, 0));
        IDataView rows = Data(4, 10, 18);
        using var file = new OnnxFile(_ml, model, rows);
        Assert.Contains(label == "Value" ? "ScoreLowerBound" : "PredictedSet", file.AssertEqual(rows));
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public void ConvertToOnnx_LoadedModels_ScoreTheSame(string name)
    {
        IDataView rows = _ml.Data.LoadFromBinary(Path.Combine(GoldenModels.Folder, "rows.idv"));
        using var file = new OnnxFile(_ml, _ml.Model.Load(Path.Combine(GoldenModels.Folder, name + ".zip"), out _), rows);
        file.AssertEqual(rows);
    }

    [Theory]
    [MemberData(nameof(Trainers))]
    public void ConvertToOnnx_KeyTaskMissingTasksAndFeatures_ScoreTheSame(TrainerCase trainer)
    {
        IEstimator<ITransformer> keyed = _ml.Transforms.Conversion.MapValueToKey("TaskKey", "Task").Append(trainer.Pipeline(_ml, trainer.Options() with { TaskColumnName = "TaskKey" }));
        foreach (UnknownTaskHandling unknown in new[] { UnknownTaskHandling.MetaPrior, UnknownTaskHandling.Missing })
        {
            MetaLearnerOptions options = trainer.Options() with { UnknownTasks = unknown };
            foreach (IEstimator<ITransformer> pipeline in new[] { keyed, trainer.Pipeline(_ml, options) })
            {
                List<TaskRow> all = Some.Tasks(4, 6, firstTask: 10);
                (all[0].Task, all[3].Features[2], all[4].Features[0], all[5].Features[1]) = ("", float.NaN, float.PositiveInfinity, float.NegativeInfinity);
                IDataView rows = _ml.Data.LoadFromEnumerable(all);
                using var file = new OnnxFile(_ml, pipeline.Fit(_ml.Data.LoadFromEnumerable(Some.Tasks())), rows);
                file.AssertEqual(rows);
            }
        }

        // A key that the data have themselves.
        IDataView data = _ml.Transforms.Conversion.MapValueToKey("TaskKey", "Task").Fit(_ml.Data.LoadFromEnumerable(Some.Tasks(14))) is var mapping ? mapping.Transform(trainer.Data(_ml, Some.Tasks())) : null!;
        MetaLearnerTransformer bare = trainer.Trainer(_ml, trainer.Options() with { TaskColumnName = "TaskKey" }).Fit(data);
        IDataView others = mapping.Transform(trainer.Data(_ml, Some.Tasks(3, 6, firstTask: 11)));
        using var second = new OnnxFile(_ml, bare, others);
        second.AssertEqual(others);
    }

    [Fact]
    public void ConvertToOnnx_UnknownTasksThatAreRefused_AreRefused()
    {
        var trainer = new TrainerCase("regression", "Value");
        MetaLearnerTransformer model = trainer.Trainer(_ml, trainer.Options() with { UnknownTasks = UnknownTaskHandling.Throw }).Fit(_ml.Data.LoadFromEnumerable(Some.Tasks()));
        IDataView known = _ml.Data.LoadFromEnumerable(Some.Tasks(3, 5)), unknown = _ml.Data.LoadFromEnumerable(Some.Tasks(1, 5, firstTask: 50));
        using var file = new OnnxFile(_ml, model, known);
        file.AssertEqual(known);
        Assert.Contains("Gather", Assert.Throws<OnnxRuntimeException>(() => file.Run(unknown, 0, 5)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Task")]
    public void ConvertToOnnx_SeveralOutputs_ScoreTheSame(string? task)
    {
        IDataView training = _ml.Data.LoadFromEnumerable(OutputRow.Rows(40, tasks: task is null ? 1 : 4));
        ITransformer model = _ml.Transforms.Conversion.MapValueToKey("ColourKey", "Colour")
            .Append(_ml.MetaLearning().MultiOutput(new MultiOutputOptions
            {
                Outputs = [new("Price"), new("Sold"), new("Faulty", LabelKind.Binary), new("ColourKey")],
                TaskColumnName = task,
                Encoder = new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 4 },
                MaximumNumberOfIterations = 20,
            })).Fit(training);
        IDataView rows = _ml.Data.LoadFromEnumerable(OutputRow.Rows(12, seed: 2, tasks: task is null ? 1 : 6));
        using var file = new OnnxFile(_ml, model, rows);
        string[] outputs = ["Price.Score", "Sold.PredictedLabel", "Sold.Score", "Sold.Probability", "Faulty.Score", "ColourKey.PredictedLabel", "ColourKey.Score"];
        Assert.Empty(outputs.Except(file.AssertEqual(rows)));
        if (task is null)
            return;
        using var one = new OnnxFile(_ml, _ml.MetaLearning().SelectTask(model, "task2"), rows);
        Assert.Empty(outputs.Except(one.AssertEqual(rows)));
    }

    [Fact]
    public void ConvertToOnnx_EncoderBeforeAnotherTrainer_ScoresTheSame()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        var trainer = new TrainerCase("regression", "Value");
        ITransformer model = _ml.MetaLearning().SharedEncoder(trainer.Trainer(_ml).Fit(data)).Append(_ml.Regression.Trainers.LbfgsPoissonRegression("Value", "Embedding")).Fit(data);
        using var file = new OnnxFile(_ml, model, data);
        Assert.Equal(["Embedding", "Score"], file.AssertEqual(data));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ConvertToOnnx_PooledScore_ScoresTheSame(bool hasKeys)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks()), rows = _ml.Data.LoadFromEnumerable(Some.Tasks(4, 10, firstTask: 10));
        IEstimator<ITransformer> pooled = _ml.Transforms.Concatenate("Copy", "Features").Append(_ml.Regression.Trainers.LightGbm("Value", "Copy", numberOfIterations: 5));
        IEstimator<ITransformer> front = hasKeys ? _ml.Transforms.Conversion.MapValueToKey("Task") : _ml.Transforms.CopyColumns("Other", "Value");
        ITransformer model = front.Append(_ml.MetaLearning().PooledScore(pooled, folds: 3)).Append(_ml.Transforms.Concatenate("All", "Features", "PooledScore"))
            .Append(_ml.Regression.Trainers.MetaLearner(new TrainerCase("regression", "Value").Options() with { FeatureColumnName = "All" })).Fit(data);
        foreach (ITransformer each in new[] { model, _ml.MetaLearning().SelectTask(model, "task11") })
        {
            using var file = new OnnxFile(_ml, each, rows);
            Assert.Contains("PooledScore", file.AssertEqual(rows));
            file.AssertEqual(data);
        }
    }

    [Fact]
    public void ConvertToOnnx_ColumnOfAStepThatCannotBeExported_NamesIt()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        ITransformer model = _ml.Transforms.CustomMapping<TaskRow, Doubled>((row, made) => made.Twice = [.. row.Features.Select(x => 2 * x)], null)
            .Append(_ml.Regression.Trainers.MetaLearner(new TrainerCase("regression", "Value").Options() with { FeatureColumnName = "Twice" })).Fit(data);
        using var stream = new MemoryStream();
        Assert.Contains("'Twice'", Assert.Throws<InvalidOperationException>(() => _ml.Model.ConvertToOnnx(model, data, stream)).Message, StringComparison.Ordinal);
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void ConvertToOnnx_OperatorSetThatLacksOperators_SaysSo()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks(2, 5));
        ITransformer model = Model(new AdapterCase("ridge", new RidgeAdapterOptions(), LabelKind.Regression), new IdentityEncoderOptions(), UnknownTaskHandling.MetaPrior);
        Assert.Contains("OpSet version", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Model.ConvertToOnnx(model, data, 10, Stream.Null)).Message, StringComparison.Ordinal);
        using var stream = new MemoryStream();
        _ml.Model.ConvertToOnnx(model, data, 11, stream);
        Assert.NotEqual(0, stream.Length);
    }

    // A model whose parameters differ from their initial values, with scaled features and labels, adapted to four tasks.
    private MetaLearnerTransformer Model(AdapterCase adapter, EncoderOptions encoder, UnknownTaskHandling unknown)
    {
        MetaModelDesign design = adapter.DesignOn(encoder);
        var (encoderValues, adapterValues) = AdapterCase.Values(design);
        TaskSet tasks = adapter.Tasks(4, 12);
        if (encoder is SparseEncoderOptions) // its parameters are indices and signs
            encoderValues = MetaML.Parameters.ParameterArray.Initialize(design.Encoder.Parameters, new Random(3));
        FeatureScaling? scaling = encoder.Scaling(new MeasuredFeatures(tasks.Features));
        var model = new MetaModel(design, scaling, design.PredictsCounts ? LabelScaling.None : LabelScaling.Fit(tasks), encoderValues, adapterValues) { CovariateScaling = CovariateScaling.Fit(tasks) };
        string[] classes = [.. Rows(adapter, 4, keep: 12).GetColumn<string>("Class").Distinct().Order(StringComparer.Ordinal)];
        IDataView names = _ml.Data.LoadFromEnumerable(classes.Select(name => new TaskRow { Class = name }));
        DataViewSchema keyed = _ml.Transforms.Conversion.MapValueToKey("Key", "Class").Fit(names).Transform(names).Schema;
        var columns = new ColumnNames("Key", "Features", "Task", null) { TaskFeatures = adapter.Covariates > 0 ? "Covariates" : null };
        return MetaLearnerTransformer.Create(_ml, model, columns, adapter.Kind == LabelKind.Multiclass ? KeyVocabulary.Of(keyed["Key"]) : null, unknown, tasks, new Dictionary<string, double>(), default);
    }

    // Rows of the model's tasks and, if there are none of other classes, of two unknown ones.
    private IDataView Rows(AdapterCase adapter, int tasks, int keep = int.MaxValue)
    {
        bool hasCommonClasses = adapter.ClassSets == ClassSets.Common;
        List<TaskRow> rows = hasCommonClasses ? Some.Tasks(tasks + (keep < int.MaxValue ? 0 : 2), 12) : Some.TasksWithOwnClasses(tasks, 12);
        if (!hasCommonClasses && keep == int.MaxValue)
            rows.AddRange(Some.Tasks(1, 3, firstTask: 40));
        return _ml.Data.LoadFromEnumerable(rows.Select((row, i) => new CovariateRow { Task = row.Task, Features = row.Features, Class = row.Class, Covariates = [0.3f - i % 5, 0.1f * (i % 7)] }));
    }

    private sealed class CovariateRow
    {
        public string Task { get; set; } = "";

        [VectorType(TaskRow.FeatureCount)]
        public float[] Features { get; set; } = [];

        public string Class { get; set; } = "";

        [VectorType(2)]
        public float[] Covariates { get; set; } = [];
    }

    private sealed class Doubled
    {
        [VectorType(TaskRow.FeatureCount)]
        public float[] Twice { get; set; } = [];
    }
}
