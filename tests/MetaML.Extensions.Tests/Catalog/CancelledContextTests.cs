using System.Runtime.CompilerServices;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Catalog;

/// <summary>ML.NET's AutoML cancels the context of each trial permanently. The model of a trial must still work with another context.</summary>
public sealed class CancelledContextTests
{
    private static readonly MLContext s_ml = TrainerCase.NewContext();
    private static readonly TrainerCase s_binary = new("binary", "Answer");

    private static readonly Dictionary<string, Func<ITransformer, object?>> s_calls = new()
    {
        ["Transform"] = model => Scores(model, NewTasks()),
        ["Adapt"] = model => Scores(Catalog.Adapt(model, NewTasks()), NewTasks()),
        ["Adapt twice"] = model => Scores(Catalog.Adapt(Catalog.Adapt(model, NewTasks()), NewTasks()), NewTasks()),
        ["Relatedness"] = model => Catalog.Relatedness(model, Rows()),
        ["RelatedPrior"] = model => Catalog.Adapt(model, NewTasks(), new AdaptationOptions { RelatedPrior = Catalog.RelatedPrior(model, Rows()) }),
        ["RemoveTask"] = model => Scores(Catalog.Adapt(Catalog.RemoveTask(model, "task1"), NewTasks()), NewTasks()),
        ["KnowsTask"] = model => Catalog.KnowsTask(model, "task1"),
        ["Describe"] = model => Catalog.Describe(model).ToString(),
        ["SharedEncoder"] = model => Catalog.SharedEncoder(model).Fit(Rows()).Transform(Rows()).GetColumn<float[]>("Embedding").Count(),
        ["PretrainedEncoder"] = model => Scores(s_binary.Pipeline(s_ml, s_binary.Options(iterations: 2) with { Encoder = Catalog.PretrainedEncoder(model) }).Fit(Rows()), NewTasks()),
        ["EvaluateTasks"] = model => Catalog.EvaluateTasks(model.Transform(Rows()), "Answer"),
        ["EvaluateFewShot"] = model => Catalog.EvaluateFewShot(NewTasks(), [LearningStrategy.MetaLearned("a", model)], labelColumnName: "Answer", options: new FewShotOptions { SupportSizes = [3] }),
        ["Save and Load"] = model => Scores(Loaded(model), NewTasks()),
        ["SaveAtomic and LoadChecked"] = model => Scores(Checked(Catalog.Adapt(model, NewTasks())), NewTasks()),
        ["PredictionEngine"] = model => s_ml.Model.CreatePredictionEngine<TaskRow, Known>(model).Predict(Some.Tasks(1)[0]),
    };

    private static MetaLearningCatalog Catalog => s_ml.MetaLearning();

    public static TheoryData<string> Calls => new(s_calls.Keys);

    [Theory]
    [MemberData(nameof(Calls))]
    public void Call_ModelOfACancelledContext_Works(string name)
    {
        MLContext trial = TrainerCase.NewContext();
        var pipeline = trial.Transforms.Conversion.MapValueToKey("Task").Append(s_binary.Pipeline(trial, s_binary.Options(iterations: 2)));
        ITransformer model = pipeline.Fit(trial.Data.LoadFromEnumerable(Some.Tasks()));
        CancelExecution(trial);
        Assert.Null(Record.Exception(() => s_calls[name](model)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Task")]
    public void Call_MultiOutputOfACancelledContext_Works(string? task)
    {
        MLContext trial = TrainerCase.NewContext();
        var options = new MultiOutputOptions { Outputs = [new("Price"), new("Sold")], TaskColumnName = task, Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 2 };
        IDataView Outputs(int count) => s_ml.Data.LoadFromEnumerable(OutputRow.Rows(count, tasks: task is null ? 1 : 6));
        ITransformer model = trial.MetaLearning().MultiOutput(options).Fit(trial.Data.LoadFromEnumerable(OutputRow.Rows(30, tasks: task is null ? 1 : 6)));
        CancelExecution(trial);
        Assert.Equal(model.Transform(Outputs(10)).GetColumn<float>("Price.Score").Count(), Catalog.Adapt(model, Outputs(10)).Transform(Outputs(10)).GetColumn<float>("Price.Score").Count());
        ITransformer price = Catalog.SelectOutput(model, "Price");
        Assert.NotEmpty(Catalog.Adapt(price, Outputs(10)).Transform(Outputs(10)).GetColumn<float>("Score").ToArray());
        if (task is null)
            Assert.NotEmpty(Catalog.AddOutput(model, Outputs(10), new OutputColumn("Size")).Transform(Outputs(10)).GetColumn<float>("Size.Score").ToArray());
        else
            Assert.NotNull(Catalog.RemoveTask(model, "task1"));
    }

    [Fact]
    public void Call_EncoderOfACancelledContext_Embeds()
    {
        MLContext trial = TrainerCase.NewContext();
        ITransformer encoder = trial.MetaLearning().SharedEncoder(s_binary.Options(iterations: 2)).Fit(trial.Data.LoadFromEnumerable(Some.Tasks()));
        CancelExecution(trial);
        Assert.NotEmpty(encoder.Transform(Rows()).GetColumn<float[]>("Embedding").ToArray());
        Assert.NotEmpty(Loaded(encoder).Transform(Rows()).GetColumn<float[]>("Embedding").ToArray());
    }

    // Only the cancellation of the calling context stops the method.
    [Fact]
    public void Adapt_OwnContextCancelled_Stops()
    {
        MLContext caller = TrainerCase.NewContext();
        ITransformer model = s_binary.Trainer(s_ml, s_binary.Options(iterations: 2)).Fit(Rows());
        CancelExecution(caller);
        Assert.ThrowsAny<OperationCanceledException>(() => caller.MetaLearning().Adapt(model, NewTasks()));
    }

    private static IDataView Rows() => s_ml.Data.LoadFromEnumerable(Some.Tasks());

    private static IDataView NewTasks() => s_ml.Data.LoadFromEnumerable(Some.Tasks(2, firstTask: 40));

    private static float[] Scores(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float>("Score")];

    private static ITransformer Loaded(ITransformer model)
    {
        using var file = new MemoryStream(SavedModels.Save(s_ml, model, Rows().Schema));
        return s_ml.Model.Load(file, out _);
    }

    private static ITransformer Checked(ITransformer model)
    {
        using var folder = new TemporaryFolder();
        Catalog.SaveAtomic(model, Rows().Schema, folder["model.zip"]);
        return Catalog.LoadChecked(folder["model.zip"], out _);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "CancelExecution")]
    private static extern void CancelExecution(MLContext context);

    private sealed class Known
    {
        public bool IsKnownTask { get; set; }
    }
}
