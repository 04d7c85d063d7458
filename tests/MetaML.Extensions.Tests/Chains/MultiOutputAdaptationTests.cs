using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Chains;

public sealed class MultiOutputAdaptationTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Adapt_NewTask_LearnsEachOutputFromAFewRows()
    {
        ITransformer model = Pipeline("Task", iterations: 200, "Price", "Size", "Sold").Fit(View(OutputRow.Rows(60, tasks: 20)));
        List<OutputRow> all = OutputRow.Rows(200, tasks: 2, firstTask: 40), support = [.. all[..12], .. all[200..212]];
        foreach (OutputRow row in support[..6])
            row.Price = float.NaN; // masked
        float[] before = Scores(model, all);
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(support));
        IDataView scored = adapted.Transform(View(all)), prior = model.Transform(View(all));
        Assert.Equal(before, Scores(model, all));
        Assert.Equal(["task40", "task41"], Learner(adapted).TaskNames.Except(Learner(model).TaskNames).Order());
        all[..6].ForEach(row => row.Price = float.NaN);
        double Error(IDataView data, string output) => _ml.Regression.Evaluate(data, output, $"{output}.Score").RootMeanSquaredError;
        Assert.True(Error(scored, "Price") < Error(prior, "Price"), $"{Error(scored, "Price")}, before {Error(prior, "Price")}");
        Assert.True(Error(scored, "Size") < Error(prior, "Size"), $"{Error(scored, "Size")}, before {Error(prior, "Size")}");
        ITransformer removed = _ml.MetaLearning().RemoveTask(adapted, "task40");
        Assert.Equal(prior.GetColumn<float>("Size.Score").Take(200), removed.Transform(View(all)).GetColumn<float>("Size.Score").Take(200));
        Assert.Contains("got 'task99'", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().RemoveTask(adapted, "task99")).Message);
    }

    [Fact]
    public void Transform_UnknownTask_EachOutputHasAPriorOfItsOwn()
    {
        ITransformer model = Pipeline("Task", iterations: 60, "Price", "Size").Fit(View(OutputRow.Rows(40, tasks: 12)));
        IDataView scored = model.Transform(View(OutputRow.Rows(20, tasks: 1, firstTask: 50)));
        Assert.InRange(scored.GetColumn<float>("Price.Score").Average(), 60_000, 140_000);
        Assert.InRange(scored.GetColumn<float>("Size.Score").Average(), 0, 0.04);
    }

    [Fact]
    public void Adapt_EachTaskAndOutput_EqualsThePlainTrainersAdapter()
    {
        // Without training and scaling, the encoders of all models are equal.
        var encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6, StandardizeInputs = false };
        IDataView data = View(OutputRow.Rows(30, tasks: 4)), support = View(OutputRow.Rows(8, tasks: 1, firstTask: 9));
        ITransformer multi = _ml.MetaLearning().Adapt(_ml.MetaLearning().MultiOutput(new MultiOutputOptions { Outputs = [new("Price"), new("Sold")], TaskColumnName = "Task", Encoder = encoder, MaximumNumberOfIterations = 0 }).Fit(data), support);
        var single = new MetaLearnerOptions { Encoder = encoder, MaximumNumberOfIterations = 0 };
        ITransformer price = _ml.MetaLearning().Adapt(_ml.Regression.Trainers.MetaLearner(single with { LabelColumnName = "Price" }).Fit(data), support);
        ITransformer sold = _ml.MetaLearning().Adapt(_ml.BinaryClassification.Trainers.MetaLearner(single with { LabelColumnName = "Sold" }).Fit(data), support);
        foreach (IDataView rows in new[] { data, support })
        {
            Assert.Equal(price.Transform(rows).GetColumn<float>("Score"), multi.Transform(rows).GetColumn<float>("Price.Score"));
            Assert.Equal(sold.Transform(rows).GetColumn<float>("Probability"), multi.Transform(rows).GetColumn<float>("Sold.Probability"));
        }
    }

    [Fact]
    public void Adapt_WithoutTaskColumn_LearnsTheGivenOutputsAnew()
    {
        ITransformer model = Pipeline(null, iterations: 100, "Price", "Size").Fit(View(OutputRow.Rows(200)));
        List<OutputRow> rows = OutputRow.Rows(60, seed: 2);
        float[] sizes = [.. model.Transform(View(rows)).GetColumn<float>("Size.Score")];
        rows.ForEach(row => row.Price = 200_000 - row.Price); // labels of the opposite order
        IDataView support = _ml.Transforms.DropColumns("Size").Fit(View(rows)).Transform(View(rows));
        IDataView scored = _ml.MetaLearning().Adapt(model, support).Transform(View(rows));
        Assert.Equal(sizes, scored.GetColumn<float>("Size.Score"));
        Assert.True(RSquared(model.Transform(View(rows))) < 0);
        Assert.True(RSquared(scored) > 0.5, $"{RSquared(scored)}");
        double RSquared(IDataView data) => _ml.Regression.Evaluate(data, "Price", "Price.Score").RSquared;

        rows.ForEach(row => row.Price = row.Size = float.NaN);
        Assert.Contains("labels of at least one output, 'Price', 'Size'; got none", Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Adapt(model, View(rows))).Message);
    }

    [Fact]
    public void Adapt_NewClass_IsTakenWhereOutputsHaveClassesOfTheirOwnAndElseRefusedByName()
    {
        List<OutputRow> rows = OutputRow.Rows(80), support = OutputRow.Rows(60, seed: 2);
        foreach (OutputRow row in support.Where(row => row.Colour == "blue"))
            row.Colour = "violet";
        foreach (OutputRow row in support.Take(5))
            row.Colour = ""; // masked

        IEstimator<ITransformer> keys = _ml.Transforms.Conversion.MapValueToKey("ColourKey", "Colour").Append(_ml.Transforms.Conversion.MapValueToKey("ShapeKey", "Shape"));
        ITransformer own = keys.Append(Trainer(null, 100, "ColourKey", "ShapeKey")).Append(_ml.Transforms.Conversion.MapKeyToValue("Predicted", "ColourKey.PredictedLabel")).Fit(View(rows));
        string[] predicted = [.. _ml.MetaLearning().Adapt(own, View(support)).Transform(View(support)).GetColumn<string>("Predicted")];
        Assert.Contains("violet", predicted);
        Assert.DoesNotContain("blue", predicted); // the support has no blue rows: the output now has the classes red, green and violet

        ITransformer common = keys.Append(Trainer(null, 20, "ColourKey", "Price")).Fit(View(rows));
        string message = Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Adapt(common, View(support))).Message;
        Assert.Contains("got 'violet' in column 'ColourKey'", message);
    }

    [Fact]
    public void AddOutput_FewLabels_LearnsItLikeTheOthers()
    {
        ITransformer model = Pipeline(null, iterations: 300, "Price", "Sold").Fit(View(OutputRow.Rows(400)));
        List<OutputRow> support = OutputRow.Rows(20, seed: 2), test = OutputRow.Rows(300, seed: 3);
        support[3].Size = support[4].Faulty = float.NaN;
        ITransformer more = _ml.MetaLearning().AddOutput(model, View(support), new OutputColumn("Size"));
        more = _ml.MetaLearning().AddOutput(more, View(support), new OutputColumn("Faulty", LabelKind.Binary));
        IDataView scored = more.Transform(View(test));
        Assert.Equal(model.Transform(View(test)).GetColumn<float>("Price.Score"), scored.GetColumn<float>("Price.Score"));
        double learned = _ml.Regression.Evaluate(scored, "Size", "Size.Score").RSquared;
        Assert.True(learned > 0.5, $"R² {learned} of 20 rows");
        double accuracy = _ml.BinaryClassification.Evaluate(scored, "Faulty", "Faulty.Score", "Faulty.Probability", "Faulty.PredictedLabel").Accuracy;
        Assert.True(accuracy > 0.65, $"accuracy {accuracy} of 20 rows");
        Assert.Equal(Scores(more, test), ScoringProcess.Scores(_ml, more, View(test)));
    }

    [Fact]
    public void AddOutput_WhatDoesNotFit_SaysWhy()
    {
        IDataView data = View(OutputRow.Rows(40, tasks: 3));
        string MessageOf(ITransformer model, OutputColumn output) => Assert.ThrowsAny<ArgumentException>(() => _ml.MetaLearning().AddOutput(model, data, output)).Message;
        ITransformer values = Trainer(null, 0, "Price", "Size").Fit(data);
        Assert.Contains("must be new; got 'Price'", MessageOf(values, new OutputColumn("Price")));
        Assert.Contains("an output of kind Binary, so that 'Sold' can use the same adapter; got none", MessageOf(values, new OutputColumn("Sold")));
        Assert.Contains("output column 'Colour'", MessageOf(values, new OutputColumn("Colour")));
        Assert.Contains("must have no Task column", MessageOf(Trainer("Task", 0, "Price").Fit(data), new OutputColumn("Size")));
        ITransformer single = _ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Price", MaximumNumberOfIterations = 0 }).Fit(data);
        Assert.Contains("must have several outputs; got a MetaLearnerTransformer", MessageOf(single, new OutputColumn("Size")));
    }

    private MultiOutputTrainer Trainer(string? task, int iterations, params string[] outputs) => _ml.MetaLearning().MultiOutput(new MultiOutputOptions
    {
        Outputs = [.. outputs.Select(output => new OutputColumn(output))],
        TaskColumnName = task,
        Encoder = new MlpEncoderOptions { HiddenUnits = [32], EmbeddingDimension = 8 },
        Adapter = new RidgeAdapterOptions(),
        MaximumNumberOfIterations = iterations,
    });

    private EstimatorChain<MultiOutputTransformer> Pipeline(string? task, int iterations, params string[] outputs) =>
        _ml.Transforms.NormalizeMinMax("Features").Append(Trainer(task, iterations, outputs));

    private static MultiOutputTransformer Learner(ITransformer chain) => ((IEnumerable<ITransformer>)chain).OfType<MultiOutputTransformer>().Single();

    private IDataView View(IEnumerable<OutputRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private float[] Scores(ITransformer model, IEnumerable<OutputRow> rows)
    {
        IDataView scored = model.Transform(View(rows));
        return [.. scored.Schema.Where(column => column.Name.EndsWith(".Score", StringComparison.Ordinal)).SelectMany(column => scored.GetColumn<float>(column))];
    }
}
