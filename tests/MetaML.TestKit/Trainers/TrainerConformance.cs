using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.TestKit;

/// <summary>The tests that every trainer must pass. A new trainer is one row of the table.</summary>
public abstract class TrainerConformance
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<TrainerCase> Cases => new(new("binary", "Answer"), new("multiclass", "Key"), new("regression", "Value"), new("regression with deviations", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes, Noise = PriorNoise.PerTask }), new("counts", "Count", new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.NegativeBinomial }));

    [Theory]
    [MemberData(nameof(Cases))]
    public void OutputColumns_AreThoseOfMLNet(TrainerCase trainer)
    {
        IDataView data = trainer.Data(_ml, Some.Tasks());
        Assert.Equal(
            Columns(trainer.OwnTrainer(_ml).Fit(data).GetOutputSchema(data.Schema)),
            Columns(trainer.Trainer(_ml).Fit(data).GetOutputSchema(data.Schema)));
        var shape = SchemaShapes.Of(data.Schema);
        Assert.Equal(Columns(trainer.OwnTrainer(_ml).GetOutputSchema(shape)), Columns(trainer.Trainer(_ml).GetOutputSchema(shape)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void GetOutputSchema_Promise_IsWhatFitMakes(TrainerCase trainer)
    {
        IDataView data = trainer.Data(_ml, Some.Tasks());
        SchemaShape promised = trainer.Trainer(_ml).GetOutputSchema(SchemaShapes.Of(data.Schema));
        SchemaShape made = SchemaShapes.Of(trainer.Trainer(_ml).Fit(data).GetOutputSchema(data.Schema));
        string[] Of(SchemaShape shape) => [.. shape.Select(column => $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey} {string.Join(",", column.Annotations.Select(a => a.Name).Order())}").Order()];
        Assert.Equal(Of(made), Of(promised));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Evaluate_AgreesWithHandComputation(TrainerCase trainer)
    {
        IDataView data = trainer.Data(_ml, Some.Tasks());
        IDataView scored = trainer.Trainer(_ml).Fit(data).Transform(data);
        switch (trainer.Label)
        {
            case "Answer":
                bool[] answers = [.. scored.GetColumn<bool>("Answer")];
                float[] logits = [.. scored.GetColumn<float>("Score")], probabilities = [.. scored.GetColumn<float>("Probability")];
                CalibratedBinaryClassificationMetrics binary = _ml.BinaryClassification.Evaluate(scored, "Answer");
                Assert.Equal(answers.Zip(logits).Average(pair => pair.First == pair.Second > 0 ? 1.0 : 0), binary.Accuracy, 6);
                Assert.Equal(answers.Zip(probabilities).Average(pair => -Math.Log2(pair.First ? pair.Second : 1 - pair.Second)), binary.LogLoss, 3);
                Assert.Equal(answers.Zip(logits).Average(pair => pair.First == pair.Second > 0 ? 1.0 : 0), answers.Zip(scored.GetColumn<bool>("PredictedLabel")).Average(pair => pair.First == pair.Second ? 1.0 : 0));
                break;
            case "Key":
                uint[] keys = [.. scored.GetColumn<uint>("Key")], predicted = [.. scored.GetColumn<uint>("PredictedLabel")];
                float[][] scores = [.. scored.GetColumn<float[]>("Score")];
                MulticlassClassificationMetrics multiclass = _ml.MulticlassClassification.Evaluate(scored, "Key");
                Assert.Equal(keys.Zip(predicted).Average(pair => pair.First == pair.Second ? 1.0 : 0), multiclass.MicroAccuracy, 6);
                Assert.Equal(keys.Zip(scores).Average(pair => -Math.Log(pair.Second[pair.First - 1])), multiclass.LogLoss, 3);
                Assert.All(scores, row => Assert.Equal(1, row.Sum(), 1e-5));
                break;
            default:
                RegressionMetrics regression = _ml.Regression.Evaluate(scored, trainer.Label);
                Assert.Equal(scored.GetColumn<float>(trainer.Label).Zip(scored.GetColumn<float>("Score")).Average(pair => Math.Abs(pair.First - pair.Second)), regression.MeanAbsoluteError, 3);
                Assert.True(regression.RSquared > 0.6, $"R² {regression.RSquared}");
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void CrossValidate_ByRowAndByTask_Runs(TrainerCase trainer)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        var pipeline = trainer.Pipeline(_ml).AppendCacheCheckpoint(_ml);
        foreach (string? byTask in new[] { null, "Task" })
        {
            double[] metrics = trainer.Label switch
            {
                "Answer" => [.. _ml.BinaryClassification.CrossValidate(data, pipeline, 3, "Answer", byTask).Select(fold => fold.Metrics.LogLoss)],
                "Key" => [.. _ml.MulticlassClassification.CrossValidate(data, pipeline, 3, "Key", byTask).Select(fold => fold.Metrics.LogLoss)],
                _ => [.. _ml.Regression.CrossValidate(data, pipeline, 3, trainer.Label, byTask).Select(fold => fold.Metrics.MeanSquaredError)],
            };
            Assert.Equal(3, metrics.Length);
            Assert.All(metrics, value => Assert.True(double.IsFinite(value)));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void PredictionEngine_AgreesWithTransform(TrainerCase trainer)
    {
        List<TaskRow> rows = Some.Tasks();
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        ITransformer model = trainer.Pipeline(_ml).Fit(data);
        float[] expected = Scores(trainer, model.Transform(data));
        var actual = new List<float>();
        if (trainer.IsMulticlass)
        {
            using PredictionEngine<TaskRow, ClassPrediction> engine = _ml.Model.CreatePredictionEngine<TaskRow, ClassPrediction>(model);
            rows.ForEach(row => actual.AddRange(engine.Predict(row).Score));
        }
        else
        {
            using PredictionEngine<TaskRow, Prediction> engine = _ml.Model.CreatePredictionEngine<TaskRow, Prediction>(model);
            rows.ForEach(row => actual.Add(engine.Predict(row).Score));
        }

        Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void PermutationFeatureImportance_FindsTheFeaturesThatMatter(TrainerCase trainer)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(TaskRow)); // PFI reports by slot name
        VBuffer<ReadOnlyMemory<char>> names = new(TaskRow.FeatureCount, [.. Enumerable.Range(0, TaskRow.FeatureCount).Select(i => $"x{i}".AsMemory())]);
        schema["Features"].AddAnnotation("SlotNames", names, new VectorDataViewType(TextDataViewType.Instance, TaskRow.FeatureCount));
        IDataView named = trainer.Data(_ml, Some.Tasks(12, 60), schema);
        MetaLearnerTransformer model = trainer.Trainer(_ml, trainer.Options(iterations: 150)).Fit(named);
        Dictionary<string, double> loss = trainer.Label switch
        {
            "Answer" => _ml.BinaryClassification.PermutationFeatureImportanceNonCalibrated((ITransformer)model, named, "Answer").ToDictionary(p => p.Key, p => -p.Value.Accuracy.Mean),
            "Key" => _ml.MulticlassClassification.PermutationFeatureImportance((ITransformer)model, named, "Key").ToDictionary(p => p.Key, p => -p.Value.MicroAccuracy.Mean),
            _ => _ml.Regression.PermutationFeatureImportance((ITransformer)model, named, trainer.Label).ToDictionary(p => p.Key, p => p.Value.MeanSquaredError.Mean),
        };
        Assert.Equal(TaskRow.FeatureCount, loss.Count);
        double[] byFeature = [.. loss.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value)];
        Assert.True(byFeature[0] > byFeature[5], string.Join(" ", byFeature)); // no task depends on x₅
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Transform_FromManyThreads_EqualsSequential(TrainerCase trainer)
    {
        IDataView data = trainer.Data(_ml, Some.Tasks());
        MetaLearnerTransformer model = trainer.Trainer(_ml).Fit(data);
        float[] expected = Numbers(trainer, model.Transform(data));
        Assert.All(ParallelEnumerable.Range(0, 16).WithDegreeOfParallelism(8).Select(_ => Numbers(trainer, model.Transform(data))).ToArray(), actual => Assert.Equal(expected, actual));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void SaveLoad_NewProcess_ScoresAndAdaptsToTheSameBits(TrainerCase trainer)
    {
        List<TaskRow> rows = Some.Tasks();
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        IDataView bareData = trainer.Data(_ml, rows);
        var models = new (ITransformer Model, IDataView Data)[] { (trainer.Pipeline(_ml).Fit(data), data), (trainer.Trainer(_ml).Fit(bareData), bareData) };
        IDataView support = trainer.Data(_ml, Some.Tasks(1, firstTask: 70)), query = trainer.Data(_ml, Some.Tasks(2, firstTask: 69));
        foreach (var (model, input) in models)
        {
            Assert.Equal(Numbers(trainer, model.Transform(input)), ScoringProcess.Scores(_ml, model, input));
            ITransformer adapted = _ml.MetaLearning().Adapt(model, support);
            Assert.Equal(Numbers(trainer, adapted.Transform(query)), ScoringProcess.Scores(_ml, model, query, support));
            Assert.Equal(Numbers(trainer, adapted.Transform(query)), ScoringProcess.Scores(_ml, adapted, query));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fit_SameSeed_SameSavedBits(TrainerCase trainer)
    {
        byte[] Saved()
        {
            MLContext ml = TrainerCase.NewContext();
            IDataView data = trainer.Data(ml, Some.Tasks());
            return ModelEntries(ml, trainer.Trainer(ml).Fit(data), data.Schema);
        }

        Assert.Equal(Saved(), Saved());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fit_WrongColumns_NamesColumnExpectedAndFound(TrainerCase trainer)
    {
        IDataView data = trainer.Data(_ml, Some.Tasks());
        MetaLearnerOptions good = trainer.Options();
        (MetaLearnerOptions Options, string[] Parts)[] cases =
        [
            (good with { LabelColumnName = "Nowhere" }, ["label column 'Nowhere'", "no such column", "Task (String)"]),
            (good with { LabelColumnName = "Task" }, ["label column 'Task'", "got String"]),
            (good with { FeatureColumnName = "Weight" }, ["feature column 'Weight'", "known-size vector of Single", "got Single"]),
            (good with { TaskColumnName = "Weight" }, ["task column 'Weight'", "String or key of known cardinality", "got Single"]),
            (good with { ExampleWeightColumnName = "Task" }, ["example weight column 'Task'", "expected Single", "got String"]),
        ];
        foreach (var (options, parts) in cases)
        {
            string fit = Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Trainer(_ml, options).Fit(data)).Message;
            string schema = Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Trainer(_ml, options).GetOutputSchema(SchemaShapes.Of(data.Schema))).Message;
            Assert.All(parts, part => Assert.Contains(part, fit));
            Assert.All(parts, part => Assert.Contains(part, schema));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fit_NotFiniteFeature_NamesRowAndSlot(TrainerCase trainer)
    {
        List<TaskRow> rows = Some.Tasks();
        rows[7].Features[3] = float.NaN;
        string message = Assert.Throws<InvalidOperationException>(() => trainer.Trainer(_ml).Fit(trainer.Data(_ml, rows))).Message;
        Assert.Contains("got NaN in row 7, slot 3", message);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Transform_NotFiniteFeature_GivesNaN(TrainerCase trainer)
    {
        List<TaskRow> rows = Some.Tasks();
        MetaLearnerTransformer model = trainer.Trainer(_ml).Fit(trainer.Data(_ml, rows));
        rows[2].Features[1] = float.PositiveInfinity;
        IDataView scored = model.Transform(trainer.Data(_ml, rows));
        if (trainer.IsMulticlass)
        {
            Assert.All(scored.GetColumn<float[]>("Score").ElementAt(2), score => Assert.True(float.IsNaN(score)));
            Assert.Equal(0u, scored.GetColumn<uint>("PredictedLabel").ElementAt(2));
        }
        else
        {
            Assert.True(float.IsNaN(scored.GetColumn<float>("Score").ElementAt(2)));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fit_TooLittle_SaysWhatIsMissing(TrainerCase trainer)
    {
        string MessageOf(List<TaskRow> rows) => Assert.Throws<InvalidOperationException>(() => trainer.Trainer(_ml).Fit(trainer.Data(_ml, rows))).Message;
        Assert.Contains("at least two tasks; got one", MessageOf(Some.Tasks(1)));
        if (!trainer.IsMulticlass) // the type check refuses a key without values
            Assert.Contains("got none", MessageOf([]));
    }

    internal static float[] Scores(TrainerCase trainer, IDataView scored) => trainer.IsMulticlass
        ? [.. scored.GetColumn<float[]>("Score").SelectMany(row => row)]
        : [.. scored.GetColumn<float>("Score")];

    // The scores in another process, with standard deviations if there are any.
    internal static float[] Numbers(TrainerCase trainer, IDataView scored) =>
        [.. Scores(trainer, scored), .. scored.Schema.GetColumnOrNull("ScoreStandardDeviation") is null ? [] : scored.GetColumn<float>("ScoreStandardDeviation")];

    private static string[] Columns(DataViewSchema schema) => [.. schema
        .Where(column => column.Name is "Score" or "Probability" or "PredictedLabel")
        .Select(column => $"{column.Name} {column.Type}: {string.Join("; ", column.Annotations.Schema.Select(a => $"{a.Name} {a.Type} {Value(column, a)}").Order())}")];

    private static string[] Columns(SchemaShape shape) => [.. shape
        .Where(column => column.Name is "Score" or "Probability" or "PredictedLabel")
        .Select(column => $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey}: {string.Join("; ", column.Annotations.Select(a => $"{a.Name} {a.Kind} {a.ItemType} {a.IsKey}").Order())}").Order()];

    private static string Value(DataViewSchema.Column column, DataViewSchema.Column annotation)
    {
        T Get<T>()
        {
            T value = default!;
            column.Annotations.GetValue(annotation.Name, ref value);
            return value;
        }

        return annotation.Type switch
        {
            TextDataViewType => Get<ReadOnlyMemory<char>>().ToString(),
            BooleanDataViewType => Get<bool>().ToString(),
            KeyDataViewType => Get<uint>().ToString(CultureInfo.InvariantCulture),
            _ => string.Join(",", Get<VBuffer<ReadOnlyMemory<char>>>().DenseValues()),
        };
    }

    // Compares the entries of the saved file, because the archive itself also holds times.
    private static byte[] ModelEntries(MLContext ml, ITransformer model, DataViewSchema schema)
    {
        using var stream = new MemoryStream();
        ml.Model.Save(model, schema, stream);
        using var zip = new System.IO.Compression.ZipArchive(stream);
        using var bytes = new MemoryStream();
        foreach (var entry in zip.Entries.OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            using Stream content = entry.Open();
            content.CopyTo(bytes);
        }

        return bytes.ToArray();
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }

    private sealed class ClassPrediction
    {
        public float[] Score { get; set; } = [];
    }
}
