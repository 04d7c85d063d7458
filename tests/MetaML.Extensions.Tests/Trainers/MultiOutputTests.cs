using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

public sealed class MultiOutputTests
{
    private static readonly OutputColumn[] s_all = [new("Price"), new("Size"), new("Sold"), new("Faulty", LabelKind.Binary), new("ColourKey"), new("ShapeKey")];

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void OutputColumns_AreThoseOfTheSingleTrainers_NamedAfterTheOutput()
    {
        IDataView data = Keyed(OutputRow.Rows(60));
        DataViewSchema made = Fit(data).GetOutputSchema(data.Schema);
        Assert.Equal(
            ["Price.Score", "Price.ScoreStandardDeviation", "Size.Score", "Size.ScoreStandardDeviation", "Sold.PredictedLabel", "Sold.Score", "Sold.Probability", "Faulty.PredictedLabel", "Faulty.Score", "Faulty.Probability", "ColourKey.PredictedLabel", "ColourKey.Score", "ShapeKey.PredictedLabel", "ShapeKey.Score"],
            made.Skip(data.Schema.Count).Select(column => column.Name));

        MetaLearnerOptions single = new() { TaskColumnName = "Shape", MaximumNumberOfIterations = 0 };
        (string Output, IEstimator<ITransformer> Trainer)[] cases =
        [
            ("Price", _ml.Regression.Trainers.MetaLearner(single with { LabelColumnName = "Price" })),
            ("Sold", _ml.BinaryClassification.Trainers.MetaLearner(single with { LabelColumnName = "Sold" })),
            ("ColourKey", _ml.MulticlassClassification.Trainers.MetaLearner(single with { LabelColumnName = "ColourKey" })),
        ];
        foreach (var (output, trainer) in cases)
        {
            foreach (DataViewSchema.Column column in trainer.Fit(data).GetOutputSchema(data.Schema).Skip(data.Schema.Count).Where(column => column.Name != "IsKnownTask")) // the plain trainer without a Task column has no such column
                Assert.Equal(Describe(column), Describe(made[$"{output}.{column.Name}"]));
        }

        uint[] sets = [.. s_all.Select(output => Annotation<uint>(made[$"{output.Name}.Score"], "ScoreColumnSetId"))];
        Assert.Equal(sets.Distinct(), sets);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Task")]
    public void GetOutputSchema_Promise_IsWhatFitMakes(string? task)
    {
        IDataView data = Keyed(OutputRow.Rows(40, tasks: 3));
        MultiOutputTrainer trainer = _ml.MetaLearning().MultiOutput(Options(iterations: 0) with { TaskColumnName = task });
        static string[] Of(SchemaShape shape) => [.. shape.Select(column => $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey} {string.Join(",", column.Annotations.Select(a => a.Name).Order())}").Order()];
        Assert.Equal(Of(SchemaShapes.Of(trainer.Fit(data).GetOutputSchema(data.Schema))), Of(trainer.GetOutputSchema(SchemaShapes.Of(data.Schema))));
    }

    [Fact]
    public void Evaluate_EveryOutput_AgreesWithHandComputationAndSkipsMissingLabels()
    {
        List<OutputRow> rows = OutputRow.Rows(300);
        ITransformer model = Pipeline(Options(iterations: 150)).Fit(View(rows));
        List<OutputRow> test = OutputRow.Rows(200, seed: 2);
        for (int i = 0; i < test.Count; i += 3)
            (test[i].Price, test[i].Faulty, test[i].Colour) = (float.NaN, float.NaN, "");
        IDataView scored = model.Transform(View(test));

        float[] prices = [.. scored.GetColumn<float>("Price.Score")];
        double error = Known(row => !float.IsNaN(row.Price)).Average(i => Math.Abs(prices[i] - test[i].Price));
        RegressionMetrics price = _ml.Regression.Evaluate(scored, "Price", "Price.Score");
        Assert.Equal(error / 1000, price.MeanAbsoluteError / 1000, 3);
        Assert.True(price.RSquared > 0.8, $"{price.RSquared}");
        Assert.True(_ml.Regression.Evaluate(scored, "Size", "Size.Score").RSquared > 0.7);

        float[] faulty = [.. scored.GetColumn<float>("Faulty.Score")], probabilities = [.. scored.GetColumn<float>("Faulty.Probability")];
        CalibratedBinaryClassificationMetrics fault = _ml.BinaryClassification.Evaluate(scored, "Faulty", "Faulty.Score", "Faulty.Probability", "Faulty.PredictedLabel");
        Assert.Equal(Known(row => !float.IsNaN(row.Faulty)).Average(i => faulty[i] > 0 == test[i].Faulty > 0 ? 1.0 : 0), fault.Accuracy, 6);
        Assert.Equal(Known(row => !float.IsNaN(row.Faulty)).Average(i => -Math.Log2(test[i].Faulty > 0 ? probabilities[i] : 1 - probabilities[i])), fault.LogLoss, 3);
        Assert.True(fault.Accuracy > 0.85, $"{fault.Accuracy}");
        Assert.True(_ml.BinaryClassification.Evaluate(scored, "Sold", "Sold.Score", "Sold.Probability", "Sold.PredictedLabel").Accuracy > 0.85);

        string[] colours = [.. scored.GetColumn<string>("PredictedColour")];
        MulticlassClassificationMetrics colour = _ml.MulticlassClassification.Evaluate(scored, "ColourKey", "ColourKey.Score", "ColourKey.PredictedLabel");
        Assert.Equal(Known(row => row.Colour.Length > 0).Average(i => colours[i] == test[i].Colour ? 1.0 : 0), colour.MicroAccuracy, 6);
        Assert.True(colour.MicroAccuracy > 0.7, $"{colour.MicroAccuracy}");
        Assert.True(_ml.MulticlassClassification.Evaluate(scored, "ShapeKey", "ShapeKey.Score", "ShapeKey.PredictedLabel").MicroAccuracy > 0.8);

        IEnumerable<int> Known(Func<OutputRow, bool> isKnown) => Enumerable.Range(0, test.Count).Where(i => isKnown(test[i]));
    }

    // Three outputs of one kind are the same problem as their long form for the plain trainer, which has one row for each known label.
    [Fact]
    public void Fit_MissingLabels_EqualsTrainingWithoutThem()
    {
        List<OutputRow> rows = OutputRow.Rows(60);
        for (int i = 0; i < rows.Count; i += 2)
            rows[i].Price = float.NaN;
        for (int i = 0; i < rows.Count; i += 3)
            rows[i].Size = float.NaN;
        MultiOutputOptions wide = Options(iterations: 60) with { ValidationFraction = 0, Outputs = [new("Price"), new("Size")] };
        wide.Encoder!.StandardizeInputs = false; // the statistics would differ: the long form contains a row once for each label
        IDataView scored = _ml.MetaLearning().MultiOutput(wide).Fit(View(rows)).Transform(View(rows));

        List<TaskRow> labels = [.. Long("Price", row => row.Price), .. Long("Size", row => row.Size)];
        MetaLearnerOptions options = new() { LabelColumnName = "Value", Encoder = wide.Encoder, MaximumNumberOfIterations = 60, ValidationFraction = 0 };
        ITransformer model = _ml.Regression.Trainers.MetaLearner(options).Fit(_ml.Data.LoadFromEnumerable(labels));
        foreach (string output in new[] { "Price", "Size" })
        {
            float[] known = [.. rows.Select(row => output == "Price" ? row.Price : row.Size).Where(float.IsFinite)];
            var (mean, deviation) = Moments(known);
            float[] expected = [.. model.Transform(_ml.Data.LoadFromEnumerable(rows.Select(row => new TaskRow { Task = output, Features = row.Features }))).GetColumn<float>("Score")];
            float[] actual = [.. scored.GetColumn<float>($"{output}.Score").Select(score => (float)((score - mean) / deviation))];
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-3));
        }

        IEnumerable<TaskRow> Long(string task, Func<OutputRow, float> label)
        {
            OutputRow[] known = [.. rows.Where(row => float.IsFinite(label(row)))];
            var (mean, deviation) = Moments([.. known.Select(label)]);
            return known.Select(row => new TaskRow { Task = task, Features = row.Features, Value = (float)((label(row) - mean) / deviation) });
        }
    }

    [Fact]
    public void Fit_RowsWithoutAnyLabel_AreLeftOutWithAWarning()
    {
        List<OutputRow> rows = OutputRow.Rows(60);
        MultiOutputOptions options = Options(iterations: 20) with { Outputs = [new("Price"), new("Faulty", LabelKind.Binary)] };
        float[] expected = Scores(_ml.MetaLearning().MultiOutput(options).Fit(View(rows)).Transform(View(rows)));
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add(message.Message);
        List<OutputRow> more = [.. rows, .. OutputRow.Rows(10, seed: 5)];
        more[60..].ForEach(row => (row.Price, row.Faulty) = (float.NaN, float.NaN));
        Assert.Equal(expected, Scores(_ml.MetaLearning().MultiOutput(options).Fit(View(more)).Transform(View(rows))));
        Assert.Contains(log, line => line.Contains("10 rows without a label are left out", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_OutputsInAnyUnits_AreLearnedAlike()
    {
        List<OutputRow> rows = OutputRow.Rows(80);
        MultiOutputOptions options = Options(iterations: 40) with { Outputs = [new("Price"), new("Size")] };
        float[] before = [.. _ml.MetaLearning().MultiOutput(options).Fit(View(rows)).Transform(View(rows)).GetColumn<float>("Size.Score")];
        rows.ForEach(row => row.Size = 64 * row.Size);
        float[] after = [.. _ml.MetaLearning().MultiOutput(options).Fit(View(rows)).Transform(View(rows)).GetColumn<float>("Size.Score")];
        Assert.All(before.Zip(after), pair => Assert.Equal(64 * pair.First, pair.Second, 1e-4)); // labels are around 1.3
    }

    [Fact]
    public void Fit_ConstantLabels_ArePredicted()
    {
        List<OutputRow> rows = OutputRow.Rows(60);
        rows.ForEach(row => row.Size = 7);
        IDataView scored = _ml.MetaLearning().MultiOutput(Options() with { Outputs = [new("Price"), new("Size")] }).Fit(View(rows)).Transform(View(rows));
        Assert.All(scored.GetColumn<float>("Size.Score"), score => Assert.Equal(7, score, 0.5));
    }

    [Fact]
    public void Fit_FewLabelsOfRelatedOutputs_BeatsOneByOne()
    {
        // Twenty outputs, each a mixture of the same two hidden variables. Each has labels in 40 of 400 rows.
        const int Outputs = 20, Labels = 40;
        var random = new Random(3);
        float[][] mixes = [.. Enumerable.Range(0, Outputs).Select(_ => new[] { (float)random.NextDouble() * 2 - 1, (float)random.NextDouble() * 2 - 1 })];
        List<OutputRow> rows = OutputRow.Rows(400), test = OutputRow.Rows(300, seed: 2);
        float[] Wide(OutputRow row) => [.. mixes.Select(mix => mix[0] * (row.Price - 100_000) / 30_000 + mix[1] * (row.Size - 0.02f) / 0.01f)];
        float[][] known = [.. rows.Select(Wide)];
        for (int o = 0; o < Outputs; o++)
        {
            int[] order = [.. Enumerable.Range(0, rows.Count)];
            random.Shuffle(order);
            foreach (int i in order[Labels..])
                known[i][o] = float.NaN;
        }

        IDataView training = Columns(rows, known), evaluation = Columns(test, [.. test.Select(Wide)]);
        string[] names = [.. Enumerable.Range(0, Outputs).Select(o => $"y{o}")];
        var options = Options(iterations: 300) with { Outputs = [.. names.Select(name => new OutputColumn(name))] };
        IDataView together = _ml.MetaLearning().MultiOutput(options).Fit(training).Transform(evaluation);
        double multi = names.Average(name => _ml.Regression.Evaluate(together, name, $"{name}.Score").RSquared);
        double single = names.Take(3).Average(name =>
        {
            // The same network and learner with only this output and a copy of it, because there must be two outputs.
            var alone = options with { Outputs = [new(name), new("copy")] };
            IDataView Copied(IDataView data) => _ml.Transforms.CopyColumns("copy", name).Fit(data).Transform(data);
            return _ml.Regression.Evaluate(_ml.MetaLearning().MultiOutput(alone).Fit(Copied(training)).Transform(evaluation), name, $"{name}.Score").RSquared;
        });
        Assert.True(multi > single + 0.05, $"R² together {multi}, alone {single}");
    }

    [Fact]
    public void Fit_SameSeed_SameScores()
    {
        float[] Once() => Scores(Pipeline(Options()).Fit(View(OutputRow.Rows(60))).Transform(View(OutputRow.Rows(20, seed: 2))));
        Assert.Equal(Once(), Once());
    }

    [Fact]
    public void CrossValidate_OneOutputUnderTheUsualName_Works()
    {
        var pipeline = Pipeline(Options(iterations: 30)).Append(_ml.Transforms.CopyColumns("Score", "Price.Score"));
        var folds = _ml.Regression.CrossValidate(View(OutputRow.Rows(120)), pipeline, 3, "Price");
        Assert.All(folds, fold => Assert.True(fold.Metrics.RSquared > 0.3, $"{fold.Metrics.RSquared}"));
    }

    [Fact]
    public void PredictionEngine_AgreesWithTransform()
    {
        List<OutputRow> rows = OutputRow.Rows(60);
        ITransformer model = Pipeline(Options()).Fit(View(rows));
        IDataView scored = model.Transform(View(rows));
        using PredictionEngine<OutputRow, Prediction> engine = _ml.Model.CreatePredictionEngine<OutputRow, Prediction>(model);
        Prediction[] predicted = [.. rows.Select(row => engine.Predict(row))];
        Assert.Equal(scored.GetColumn<float>("Price.Score"), predicted.Select(p => p.Price));
        Assert.Equal(scored.GetColumn<float>("Sold.Probability"), predicted.Select(p => p.Sold));
        Assert.Equal(scored.GetColumn<string>("PredictedColour"), predicted.Select(p => p.PredictedColour));
    }

    [Fact]
    public void Transform_FromManyThreads_EqualsSequential()
    {
        IDataView data = View(OutputRow.Rows(60));
        ITransformer model = Pipeline(Options()).Fit(data);
        float[] expected = Scores(model.Transform(data));
        Assert.All(ParallelEnumerable.Range(0, 16).WithDegreeOfParallelism(8).Select(_ => Scores(model.Transform(data))).ToArray(), actual => Assert.Equal(expected, actual));
    }

    [Fact]
    public void Transform_NotFiniteFeature_GivesNaN()
    {
        List<OutputRow> rows = OutputRow.Rows(60);
        ITransformer model = Pipeline(Options(iterations: 0)).Fit(View(rows));
        rows[2].Features[1] = float.NaN;
        IDataView scored = model.Transform(View(rows));
        Assert.True(float.IsNaN(scored.GetColumn<float>("Size.Score").ElementAt(2)));
        Assert.All(scored.GetColumn<float[]>("ShapeKey.Score").ElementAt(2), score => Assert.True(float.IsNaN(score)));
        Assert.Equal(0u, scored.GetColumn<uint>("ColourKey.PredictedLabel").ElementAt(2));
    }

    [Fact]
    public void SelectOutput_IsAModelOfItsOwn_WithTheUsualColumns()
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(OutputRow)); // permutation feature importance uses the names of slots
        VBuffer<ReadOnlyMemory<char>> names = new(OutputRow.FeatureCount, [.. Enumerable.Range(0, OutputRow.FeatureCount).Select(i => $"x{i}".AsMemory())]);
        schema["Features"].AddAnnotation("SlotNames", names, new VectorDataViewType(TextDataViewType.Instance, OutputRow.FeatureCount));
        IDataView data = _ml.Data.LoadFromEnumerable(OutputRow.Rows(200), schema);
        ITransformer model = _ml.MetaLearning().MultiOutput(Options(iterations: 150) with { Outputs = [new("Price"), new("Sold")] }).Fit(data);
        ITransformer price = _ml.MetaLearning().SelectOutput(model, "Price");
        Assert.Equal(model.Transform(data).GetColumn<float>("Price.Score"), price.Transform(data).GetColumn<float>("Score"));
        var importance = _ml.Regression.PermutationFeatureImportance(price, data, "Price");
        Assert.True(importance["x0"].MeanSquaredError.Mean > 10 * Math.Abs(importance["x5"].MeanSquaredError.Mean)); // no output depends on x₅
        Assert.Contains("must be one of 'Price', 'Sold'; got 'Size'", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().SelectOutput(model, "Size")).Message);
    }

    [Fact]
    public void SharedEncoder_OfSeveralOutputs_IsOne()
    {
        IDataView data = Keyed(OutputRow.Rows(60));
        ITransformer model = Fit(data);
        float[][] Embeddings(ITransformer learned) => [.. _ml.MetaLearning().SharedEncoder(learned).Fit(data).Transform(data).GetColumn<float[]>("Embedding")];
        Assert.All(s_all, output => Assert.Equal(Embeddings(model), Embeddings(_ml.MetaLearning().SelectOutput(model, output.Name))));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Task")]
    public void SaveLoad_NewProcess_ScoresAndAdaptsToTheSameBits(string? task)
    {
        IDataView data = Keyed(OutputRow.Rows(40, tasks: 3)), support = Keyed(OutputRow.Rows(12, tasks: 1, firstTask: 7));
        ITransformer model = _ml.MetaLearning().MultiOutput(Options() with { TaskColumnName = task }).Fit(data);
        Assert.Equal(Scores(model.Transform(data)), ScoringProcess.Scores(_ml, model, data));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, support);
        Assert.NotEqual(Scores(model.Transform(support)), Scores(adapted.Transform(support)));
        Assert.Equal(Scores(adapted.Transform(support)), ScoringProcess.Scores(_ml, model, support, support));
        Assert.Equal(Scores(adapted.Transform(support)), ScoringProcess.Scores(_ml, adapted, support));
    }

    [Fact]
    public void Save_ManyOutputs_HoldsTheEncoderOnce()
    {
        IDataView data = View(OutputRow.Rows(40));
        long Size(params string[] outputs)
        {
            using var stream = new MemoryStream();
            var options = Options(iterations: 0) with { Outputs = [.. outputs.Select(output => new OutputColumn(output))], Encoder = new MlpEncoderOptions { HiddenUnits = [256, 256], EmbeddingDimension = 4 } };
            _ml.Model.Save(_ml.MetaLearning().MultiOutput(options).Fit(data), data.Schema, stream);
            return stream.Length;
        }

        Assert.InRange(Size("Price", "Size", "Sold") - Size("Price", "Size"), 1, 5_000); // an encoder takes 260 KB
    }

    [Theory]
    [InlineData("Price", "output column 'Price'", "got Boolean")]
    [InlineData("Nowhere", "output column 'Nowhere'", "no such column")]
    [InlineData("Colour", "output column 'Colour'", "got String")]
    public void Fit_UnusableColumn_NamesItAndWhatItIs(string name, params string[] parts)
    {
        IDataView data = Keyed(OutputRow.Rows(20));
        LabelKind? declared = null;
        if (name == "Price")
        {
            data = _ml.Transforms.CopyColumns("Price", "Sold").Fit(data).Transform(data);
            declared = LabelKind.Regression;
        }

        MultiOutputTrainer trainer = _ml.MetaLearning().MultiOutput(Options() with { Outputs = [new("Size"), new(name, declared)] });
        string fit = Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(data)).Message;
        string schema = Assert.Throws<ArgumentOutOfRangeException>(() => trainer.GetOutputSchema(SchemaShapes.Of(data.Schema))).Message;
        Assert.All(parts, part => Assert.Contains(part, fit));
        Assert.All(parts, part => Assert.Contains(part, schema));
    }

    [Fact]
    public void Fit_UnusableLabels_SayWhich()
    {
        string MessageOf(Action<List<OutputRow>> change)
        {
            List<OutputRow> rows = OutputRow.Rows(20);
            change(rows);
            return Assert.ThrowsAny<InvalidOperationException>(() => Pipeline(Options()).Fit(View(rows))).Message;
        }

        Assert.Contains("got none in 'Price', 'Faulty'", MessageOf(rows => rows.ForEach(row => row.Price = row.Faulty = float.NaN)));
        Assert.Contains("got 2 in row 3 of column 'Faulty'", MessageOf(rows => rows[3].Faulty = 2));
        Assert.Contains("in row 5 of column 'Size'", MessageOf(rows => rows[5].Size = float.PositiveInfinity));
        Assert.Contains("in row 6, slot 2 of column 'Features'", MessageOf(rows => rows[6].Features[2] = float.NaN));
    }

    [Fact]
    public void Options_Invalid_AreRejectedWhenTheTrainerIsCreated()
    {
        string MessageOf(MultiOutputOptions options) => Assert.ThrowsAny<ArgumentException>(() => _ml.MetaLearning().MultiOutput(options)).Message;
        Assert.Contains("MultiOutputOptions.Outputs must be columns with different names; got 'Price' 2 times", MessageOf(new() { Outputs = [new("Price"), new("Size"), new("Price")] }));
        Assert.Contains("MultiOutputOptions.Outputs must be at least two, or one with a Task column; got 1.", MessageOf(new() { Outputs = [new("Price")] }));
        Assert.Contains("Use an ML.NET trainer for a single label", MessageOf(new() { Outputs = [new("Price")] }));
        Assert.Contains("MultiOutputOptions.Outputs must be the name of a column", MessageOf(new() { Outputs = [new("Price"), new(" ")] }));
        Assert.Contains("OutputColumn.Kind must be one of", MessageOf(new() { Outputs = [new("Price"), new("Size", (LabelKind)9)] }));
        Assert.Contains("EpisodeOptions.Ways", MessageOf(new() { Outputs = [new("Price"), new("Size")], Episodes = new() { Ways = 5 } }));
        Assert.Throws<ArgumentNullException>(() => _ml.MetaLearning().MultiOutput((string[])null!));
        IDataView data = View(OutputRow.Rows(20));
        MultiOutputTrainer prototypes = _ml.MetaLearning().MultiOutput(new MultiOutputOptions { Outputs = [new("Price"), new("Sold")], Adapter = new PrototypeAdapterOptions() });
        Assert.ThrowsAny<ArgumentException>(() => prototypes.Fit(data)); // prototypes need classes
    }

    private static (double Mean, double Deviation) Moments(float[] values)
    {
        double mean = values.Average(value => (double)value);
        return (mean, Math.Sqrt(values.Average(value => (value - mean) * (value - mean))));
    }

    private static MultiOutputOptions Options(int iterations = 40) => new()
    {
        Outputs = s_all,
        Encoder = new MlpEncoderOptions { HiddenUnits = [32], EmbeddingDimension = 8 },
        MaximumNumberOfIterations = iterations,
    };

    private MultiOutputTransformer Fit(IDataView data) => _ml.MetaLearning().MultiOutput(Options(iterations: 0)).Fit(data);

    private IEstimator<ITransformer> Pipeline(MultiOutputOptions options) => Keys()
        .Append(_ml.MetaLearning().MultiOutput(options))
        .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedColour", "ColourKey.PredictedLabel"));

    private EstimatorChain<Microsoft.ML.Transforms.ValueToKeyMappingTransformer> Keys() =>
        _ml.Transforms.Conversion.MapValueToKey("ColourKey", "Colour").Append(_ml.Transforms.Conversion.MapValueToKey("ShapeKey", "Shape"));

    private IDataView View(IEnumerable<OutputRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private IDataView Keyed(IEnumerable<OutputRow> rows) => Keys().Fit(View(rows)).Transform(View(rows));

    // Columns y0, y1, …, each a scalar, and the features.
    private IDataView Columns(List<OutputRow> rows, float[][] labels)
    {
        var data = _ml.Data.LoadFromEnumerable(rows.Zip(labels, (row, values) => new WideRow { Features = row.Features, Labels = values }), Definition(labels[0].Length));
        IEstimator<ITransformer> split = _ml.Transforms.SelectColumns("Features", "Labels");
        for (int o = 0; o < labels[0].Length; o++)
        {
            int place = o;
            split = split.Append(_ml.Transforms.CustomMapping<WideRow, One>((row, one) => one.Value = row.Labels[place], null)).Append(_ml.Transforms.CopyColumns($"y{o}", "Value"));
        }

        return split.Fit(data).Transform(data);
    }

    private static SchemaDefinition Definition(int labels)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(WideRow));
        schema["Labels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, labels);
        return schema;
    }

    private static float[] Scores(IDataView scored) => [.. scored.Schema.Where(column => column.Name.EndsWith(".Score", StringComparison.Ordinal))
        .SelectMany(column => column.Type is VectorDataViewType ? scored.GetColumn<float[]>(column).SelectMany(row => row) : scored.GetColumn<float>(column))];

    private static string Describe(DataViewSchema.Column column) =>
        $"{column.Type}: {string.Join("; ", column.Annotations.Schema.Select(a => $"{a.Name} {a.Type}").Order())} {Annotation<ReadOnlyMemory<char>>(column, "ScoreColumnKind")} {Annotation<ReadOnlyMemory<char>>(column, "ScoreValueKind")}";

    private static T Annotation<T>(DataViewSchema.Column column, string name)
    {
        T value = default!;
        if (column.Annotations.Schema.GetColumnOrNull(name) is not null) // a standard deviation is not a score, and has no such annotation
            column.Annotations.GetValue(name, ref value);
        return value;
    }

    private sealed class Prediction
    {
        [ColumnName("Price.Score")]
        public float Price { get; set; }

        [ColumnName("Sold.Probability")]
        public float Sold { get; set; }

        public string PredictedColour { get; set; } = "";
    }

    private sealed class WideRow
    {
        [VectorType(OutputRow.FeatureCount)]
        public float[] Features { get; set; } = [];

        public float[] Labels { get; set; } = [];
    }

    private sealed class One
    {
        public float Value { get; set; }
    }
}
