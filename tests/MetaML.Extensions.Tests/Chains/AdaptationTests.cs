using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Chains;

public sealed class AdaptationTests
{
    private static readonly TrainerCase s_binary = new("binary", "Answer"), s_multiclass = new("multiclass", "Key");

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Adapt_ManyTasksAtOnce_EqualsOneAtATimeAndLeavesTheModelAlone()
    {
        ITransformer model = s_binary.Pipeline(_ml).Fit(View(Some.Tasks()));
        List<TaskRow> newTasks = Some.Tasks(3, firstTask: 20);
        IDataView old = View(Some.Tasks());
        float[] before = Scores(model, old);

        ITransformer together = _ml.MetaLearning().Adapt(model, View(newTasks));
        ITransformer inTurn = model;
        foreach (var task in newTasks.GroupBy(row => row.Task))
            inTurn = _ml.MetaLearning().Adapt(inTurn, View(task));

        Assert.Equal(Scores(together, View(newTasks)), Scores(inTurn, View(newTasks)));
        Assert.NotEqual(Scores(model, View(newTasks)), Scores(together, View(newTasks))); // scores of the prior, and of the tasks' own heads
        Assert.Equal(before, Scores(model, old));
        Assert.Equal(before, Scores(together, old));
    }

    [Fact]
    public void Adapt_NameGivenAgain_Replaces()
    {
        MetaLearnerTransformer model = s_binary.Trainer(_ml).Fit(View(Some.Tasks()));
        List<TaskRow> flipped = [.. Some.Tasks(1)];
        flipped.ForEach(row => row.Answer = !row.Answer);
        var adapted = (MetaLearnerTransformer)_ml.MetaLearning().Adapt(model, View(flipped));
        Assert.Equal(model.TaskNames.Order(), adapted.TaskNames.Order());
        Assert.True(_ml.BinaryClassification.Evaluate(adapted.Transform(View(flipped)), "Answer").Accuracy > 0.7);
    }

    [Fact]
    public void RemoveTask_KnownTask_IsForgotten()
    {
        ITransformer model = s_binary.Pipeline(_ml, s_binary.Options() with { UnknownTasks = UnknownTaskHandling.Throw }).Fit(View(Some.Tasks()));
        ITransformer removed = _ml.MetaLearning().RemoveTask(model, "task1");
        Scores(removed, View(Some.Tasks(1)));
        Assert.Contains("got 'task1'", Assert.Throws<InvalidOperationException>(() => Scores(removed, View(Some.Tasks(1, firstTask: 1)))).ToString());
        Scores(model, View(Some.Tasks()));
        Assert.Contains("'task1'", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().RemoveTask(removed, "task1")).Message);
    }

    [Theory]
    [InlineData(UnknownTaskHandling.MetaPrior)]
    [InlineData(UnknownTaskHandling.Missing)]
    public void Transform_UnknownTask_IsHandledAsAsked(UnknownTaskHandling handling)
    {
        ITransformer model = s_binary.Trainer(_ml, s_binary.Options() with { UnknownTasks = handling }).Fit(View(Some.Tasks()));
        IDataView scored = model.Transform(View(Some.Tasks(2, firstTask: 90)));
        Assert.All(scored.GetColumn<float>("Score"), score => Assert.Equal(handling == UnknownTaskHandling.MetaPrior, float.IsFinite(score)));
        Assert.Equal(handling == UnknownTaskHandling.MetaPrior, scored.GetColumn<bool>("PredictedLabel").Any(answer => answer));
    }

    [Fact]
    public void Adapt_NewClassesThroughTheChainsMapping_ArePredictedByName()
    {
        IDataView training = View(Some.TasksWithOwnClasses());
        ITransformer model = s_multiclass.Pipeline(_ml).Append(_ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel")).Fit(training);
        float[] before = MulticlassScores(model, training);
        List<TaskRow> newTasks = Some.TasksWithOwnClasses(1, firstTask: 30);
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(newTasks));
        IDataView scored = adapted.Transform(View(newTasks));

        string[] predicted = [.. scored.GetColumn<string>("Predicted")];
        Assert.All(predicted, name => Assert.StartsWith("task30/", name));
        Assert.Equal(newTasks.Zip(predicted).Average(pair => pair.First.Class == pair.Second ? 1.0 : 0), _ml.MulticlassClassification.Evaluate(scored, "Key").MicroAccuracy, 6);
        Assert.True(_ml.MulticlassClassification.Evaluate(scored, "Key").MicroAccuracy > 0.5);

        // The scores of the known tasks do not change. The new classes have probability zero for these tasks.
        int classes = before.Length / Some.TasksWithOwnClasses().Count;
        float[][] after = [.. adapted.Transform(training).GetColumn<float[]>("Score")];
        Assert.Equal(before, after.SelectMany(row => row[..classes]).ToArray());
        Assert.All(after, row => Assert.All(row[classes..], score => Assert.Equal(0, score)));
    }

    [Fact]
    public void Transform_ClassesOfOtherTasks_AreNeverPredicted()
    {
        IDataView data = View(Some.TasksWithOwnClasses());
        IDataView scored = s_multiclass.Pipeline(_ml).Append(_ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel")).Fit(data).Transform(data);
        Assert.All(scored.GetColumn<string>("Task").Zip(scored.GetColumn<string>("Predicted")), pair => Assert.StartsWith(pair.First + "/", pair.Second));
        Assert.All(scored.GetColumn<float[]>("Score"), row => Assert.True(row.Count(score => score > 0) <= 3));
    }

    [Fact]
    public void Adapt_TaskKeysThroughTheChainsMapping_Grow()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Task").Append(s_binary.Trainer(_ml));
        ITransformer model = pipeline.Fit(View(Some.Tasks()));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(Some.Tasks(2, firstTask: 40)));
        string[] names = [.. ((IEnumerable<ITransformer>)adapted).OfType<MetaLearnerTransformer>().Single().TaskNames];
        Assert.Contains("task40", names);
        Assert.Contains("task41", names);
        Assert.NotEqual(Scores(model, View(Some.Tasks(1, firstTask: 40))), Scores(adapted, View(Some.Tasks(1, firstTask: 40))));
        Assert.Equal(Scores(model, View(Some.Tasks())), Scores(adapted, View(Some.Tasks())));
    }

    [Fact]
    public void Adapt_KeysMadeElsewhere_AreMatchedByValue()
    {
        // The key mapping of the support has another order of the classes.
        List<TaskRow> support = [.. Some.Tasks(1, firstTask: 40).OrderByDescending(row => row.Value)];
        MetaLearnerTransformer model = s_multiclass.Trainer(_ml).Fit(s_multiclass.Data(_ml, Some.Tasks().OrderBy(row => row.Value)));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, s_multiclass.Data(_ml, support));
        IDataView scored = _ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel").Fit(adapted.Transform(View(support))).Transform(adapted.Transform(View(support)));
        Assert.True(support.Zip(scored.GetColumn<string>("Predicted")).Average(pair => pair.First.Class == pair.Second ? 1.0 : 0) > 0.6);
    }

    [Fact]
    public void Adapt_UnknownClassOfCommonSet_SaysWhichAreKnown()
    {
        MetaLearnerTransformer model = s_multiclass.Trainer(_ml).Fit(s_multiclass.Data(_ml, Some.Tasks()));
        List<TaskRow> support = Some.Tasks(1, firstTask: 40);
        support[3].Class = "huge";
        string message = Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Adapt(model, s_multiclass.Data(_ml, support))).Message;
        Assert.Contains("'huge'", message);
        Assert.Contains("middle", message);
    }

    [Fact]
    public void Adapt_ValuesUnknownToAMappingOutsideTheChain_AreNamed()
    {
        ITransformer mapping = _ml.Transforms.Conversion.MapValueToKey("Task").Fit(View(Some.Tasks()));
        MetaLearnerTransformer model = s_binary.Trainer(_ml).Fit(mapping.Transform(View(Some.Tasks())));
        string message = Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Adapt(model, mapping.Transform(View(Some.Tasks(2, firstTask: 60))))).Message;
        Assert.Contains("task in column 'Task'; got the values 'task60', 'task61'", message);
    }

    [Fact]
    public void Adapt_SupportThatDoesNotFit_SaysWhy()
    {
        MetaLearnerTransformer model = s_binary.Trainer(_ml).Fit(View(Some.Tasks()));
        IDataView wide = _ml.Transforms.Concatenate("Features", "Features", "Weight").Fit(View(Some.Tasks(1))).Transform(View(Some.Tasks(1)));
        Assert.Contains("vector of 6 Single, as the model was trained on", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().Adapt(model, wide)).Message);
        Assert.Contains("got none", Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Adapt(model, View([]))).Message);
        List<TaskRow> bad = Some.Tasks(1);
        bad[0].Features[0] = float.NaN;
        Assert.Contains("row 0, slot 0", Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Adapt(model, View(bad))).Message);
        ITransformer otherModel = _ml.Transforms.NormalizeMinMax("Features").Fit(View(Some.Tasks(1)));
        Assert.Contains("must be a meta-learner", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Adapt(otherModel, View(Some.Tasks(1)))).Message);
    }

    [Fact]
    public void Adapt_OnlyOneClass_TheLearnedPriorDecides()
    {
        MetaLearnerTransformer model = s_binary.Trainer(_ml).Fit(View(Some.Tasks()));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(Some.Tasks(1, firstTask: 40).Where(row => row.Answer)));
        Assert.All(Scores(adapted, View(Some.Tasks(1, firstTask: 40))), score => Assert.True(float.IsFinite(score)));
    }

    [Fact]
    public void Adapt_StepsForTrainingOnly_AreRunToo()
    {
        var pipeline = new EstimatorChain<ITransformer>()
            .Append(_ml.Transforms.Conversion.MapValueToKey("Key", "Class"), TransformerScope.TrainTest)
            .Append(s_multiclass.Trainer(_ml));
        var model = pipeline.Fit(View(Some.Tasks()));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(Some.Tasks(1, firstTask: 40)));
        Assert.DoesNotContain(adapted.Transform(View(Some.Tasks(1))).Schema, column => column.Name == "Key");
    }

    [Fact]
    public void Adapt_PredictionEngineDisposed_OtherChainsStillWork()
    {
        ITransformer model = s_binary.Pipeline(_ml).Fit(View(Some.Tasks()));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(Some.Tasks(1, firstTask: 40)));
        _ml.Model.CreatePredictionEngine<TaskRow, Score>(model).Dispose();
        float[] scores = Scores(adapted, View(Some.Tasks(1, firstTask: 40)));
        _ml.Model.CreatePredictionEngine<TaskRow, Score>(adapted).Dispose();
        Assert.Equal(scores, Scores(adapted, View(Some.Tasks(1, firstTask: 40))));
    }

    [Fact]
    public void Fit_Ways_NeedsNoTaskColumnAndAdaptsToNewClasses()
    {
        var options = s_multiclass.Options(new PrototypeAdapterOptions(), 20) with
        {
            TaskColumnName = null,
            Episodes = new EpisodeOptions { Ways = 3, Shots = 2, Queries = 5 },
        };
        ITransformer model = s_multiclass.Pipeline(_ml, options).Append(_ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel")).Fit(View(Some.TasksWithOwnClasses(12, 60)));
        List<TaskRow> newTasks = Some.TasksWithOwnClasses(1, 40, firstTask: 30);
        IDataView scored = _ml.MetaLearning().Adapt(model, View(newTasks)).Transform(View(newTasks));
        Assert.All(scored.GetColumn<string>("Predicted"), name => Assert.StartsWith("task30/", name));
    }

    [Fact]
    public void Adapt_Maml_ChangesTheEncoderOfTheNewTaskAlone()
    {
        var options = s_binary.Options(new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2 }, 10);
        MetaLearnerTransformer model = s_binary.Trainer(_ml, options).Fit(View(Some.Tasks()));
        float[] before = Scores(model, View(Some.Tasks()));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(Some.Tasks(1, firstTask: 40)));
        Assert.Equal(before, Scores(adapted, View(Some.Tasks())));
        Assert.NotEqual(Scores(model, View(Some.Tasks(1, firstTask: 40))), Scores(adapted, View(Some.Tasks(1, firstTask: 40))));
    }

    [Fact]
    public void Text_SparseFeatures_StayUsableThroughTheChain()
    {
        // FeaturizeText gives a long sparse vector. Each task has its own label for each of two topics.
        string[] topics = ["sea wave boat sail harbour", "wood tree leaf root forest"];
        TextRow[] Texts(int first, int tasks) => [.. Enumerable.Range(first, tasks).SelectMany(t =>
        {
            var random = new Random(t);
            return Enumerable.Range(0, 20).Select(_ =>
            {
                int topic = random.Next(2);
                string[] words = topics[topic].Split(' ');
                random.Shuffle(words);
                return new TextRow { Task = $"t{t}", Text = string.Join(' ', words[..3]), Answer = topic == t % 2 };
            });
        })];
        var pipeline = _ml.Transforms.Text.FeaturizeText("Features", "Text").Append(s_binary.Trainer(_ml, s_binary.Options(iterations: 60)));
        ITransformer model = pipeline.Fit(_ml.Data.LoadFromEnumerable(Texts(0, 12)));
        TextRow[] newTasks = Texts(50, 2);
        IDataView support = _ml.Data.LoadFromEnumerable(newTasks.GroupBy(row => row.Task).SelectMany(task => task.Take(6)));
        IDataView query = _ml.Data.LoadFromEnumerable(newTasks.GroupBy(row => row.Task).SelectMany(task => task.Skip(6)));
        Assert.True(_ml.BinaryClassification.Evaluate(_ml.MetaLearning().Adapt(model, support).Transform(query), "Answer").Accuracy > 0.9);
    }

    [Fact]
    public void Adapt_Refined_ChangesTheNewTaskAlone()
    {
        ITransformer model = s_binary.Pipeline(_ml).Fit(View(Some.Tasks()));
        IDataView newTasks = View(Some.Tasks(1, 200, firstTask: 40));
        ITransformer plain = _ml.MetaLearning().Adapt(model, newTasks), refined = _ml.MetaLearning().Adapt(model, newTasks, new AdaptationOptions { RefinementSteps = 20 });
        Assert.NotEqual(Scores(plain, newTasks), Scores(refined, newTasks));
        Assert.Equal(Scores(plain, View(Some.Tasks())), Scores(refined, View(Some.Tasks())));
        Assert.Contains("RefinementSteps must be", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Adapt(model, newTasks, new AdaptationOptions { RefinementSteps = -1 })).Message);
    }

    [Fact]
    public void PretrainedEncoder_OfAChain_EmbedsAsThereWithAnotherAdapter()
    {
        ITransformer model = s_binary.Pipeline(_ml, s_binary.Options(new RidgeAdapterOptions(), 20) with { Encoder = new MlpEncoderOptions { EmbeddingDimension = 7 } }).Fit(View(Some.Tasks()));
        var options = s_multiclass.Options(new LogisticAdapterOptions(), 10) with { Encoder = _ml.MetaLearning().PretrainedEncoder(model) };
        ITransformer other = s_multiclass.Pipeline(_ml, options).Fit(View(Some.Tasks()));
        float[] Embeddings(ITransformer of) => [.. _ml.MetaLearning().SharedEncoder(of).Fit(View(Some.Tasks())).Transform(View(Some.Tasks())).GetColumn<float[]>("Embedding").SelectMany(row => row)];
        Assert.Equal(Embeddings(model), Embeddings(other));
    }

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private static float[] Scores(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float>("Score")];

    private static float[] MulticlassScores(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float[]>("Score").SelectMany(row => row)];

    private sealed class Score
    {
        [ColumnName("Score")]
        public float Value { get; set; }
    }

    private sealed class TextRow
    {
        public string Task { get; set; } = "";

        public string Text { get; set; } = "";

        public bool Answer { get; set; }
    }
}
