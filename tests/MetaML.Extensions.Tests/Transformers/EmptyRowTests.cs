using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Transformers;

/// <summary>A row with only zero features is a valid row, both as a sparse vector without values and as a dense vector.</summary>
public sealed class EmptyRowTests
{
    private const int FeatureCount = 200;

    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<string, EncoderOptions?, AdapterOptions?> Learners() => new()
    {
        { "nothing set", null, null },
        { "sparse, prototypes", new SparseEncoderOptions { SketchDimension = 32, StructureDimension = 4 }, new PrototypeAdapterOptions() },
        { "sparse, logistic", new SparseEncoderOptions { SketchDimension = 32, StructureDimension = 0 }, new LogisticAdapterOptions() },
        { "mlp, ridge", Mlp(), new RidgeAdapterOptions() },
        { "mlp, Bayesian", Mlp(), new BayesianAdapterOptions() },
        { "mlp, Bayesian logistic", Mlp(), new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic, Fit = PriorFit.EmpiricalBayes } },
        { "normalised mlp, FiLM", Mlp(), new GradientAdapterOptions { Scope = GradientScope.Film, InnerSteps = 2 } },
        { "mlp, ANIL", Mlp(), new GradientAdapterOptions { InnerSteps = 2 } },
        { "mlp, MAML", Mlp(), new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2 } },
        { "mlp, context", Mlp(), new GradientAdapterOptions { Scope = GradientScope.Context, InnerSteps = 2 } },
        { "identity, Bayesian", new IdentityEncoderOptions(), new BayesianAdapterOptions { Covariance = PriorCovariance.Diagonal } },
    };

    [Theory]
    [MemberData(nameof(Learners))]
    public void Fit_TextsWithoutKnownWords_ScoresThemLikeOthers(string name, EncoderOptions? encoder, AdapterOptions? adapter)
    {
        var options = new MetaLearnerOptions { LabelColumnName = "Answer", Encoder = encoder, Adapter = adapter, MaximumNumberOfIterations = 10 };
        ITransformer model = _ml.Transforms.Text.FeaturizeText("Features", "Text").Append(_ml.BinaryClassification.Trainers.MetaLearner(options)).Fit(View(Texts(0, 12)));
        TextRow[] rows = [new() { Task = "t0", Text = "" }, new() { Task = "t0", Text = null! }, new() { Task = "t0", Text = "§§ ££" }, new() { Task = "silent", Text = "" }, new() { Task = "new", Text = "" }];
        IDataView support = View([.. Texts(50, 1).Select(row => new TextRow { Task = "new", Text = row.Text, Answer = row.Answer }), .. Enumerable.Range(0, 3).Select(i => new TextRow { Task = "newSilent", Text = "", Answer = i > 0 })]);
        ITransformer adapted = _ml.MetaLearning().Adapt(model, support);
        IDataView scored = adapted.Transform(View([.. rows, new TextRow { Task = "newSilent", Text = "" }, new TextRow { Task = "unknown", Text = null! }]));
        Assert.All(scored.GetColumn<float>("Score"), score => Assert.True(float.IsFinite(score), $"{name}: {score}"));
        Assert.All(scored.GetColumn<float>("Probability"), probability => Assert.InRange(probability, 0, 1));
        Assert.Equal([true, true, true, true, true, true, false], scored.GetColumn<bool>("IsKnownTask"));
    }

    [Fact]
    public void SharedEncoder_TextWithoutKnownWords_IsEmbedded()
    {
        var options = new MetaLearnerOptions { LabelColumnName = "Answer", Encoder = Mlp(), Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 5 };
        IDataView data = View(Texts(0, 6));
        ITransformer model = _ml.Transforms.Text.FeaturizeText("Features", "Text").Append(_ml.MetaLearning().SharedEncoder(options)).Fit(data);
        Assert.All(model.Transform(View([new TextRow { Text = "" }])).GetColumn<float[]>("Embedding").Single(), value => Assert.True(float.IsFinite(value)));
    }

    [Theory]
    [InlineData("Answer", true)]
    [InlineData("Answer", false)]
    [InlineData("Class", true)]
    [InlineData("Class", false)]
    [InlineData("Value", true)]
    [InlineData("Value", false)]
    public void Fit_NoValuesAtAll_GivesFiniteScores(string label, bool isSparse)
    {
        VectorRow[] rows = [.. from t in Enumerable.Range(0, 12) from i in Enumerable.Range(0, 12) select new VectorRow { Task = $"t{t}", Answer = i % 3 == 0, Class = $"c{i % 3}", Value = i, Features = Zeros(isSparse) }];
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        var options = new MetaLearnerOptions { LabelColumnName = label, MaximumNumberOfIterations = 10 };
        ITransformer model = label switch
        {
            "Answer" => _ml.BinaryClassification.Trainers.MetaLearner(options).Fit(data),
            "Value" => _ml.Regression.Trainers.MetaLearner(options).Fit(data),
            _ => _ml.Transforms.Conversion.MapValueToKey("Class").Append(_ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(data),
        };
        IDataView scored = model.Transform(data);
        float[] scores = label == "Class" ? [.. scored.GetColumn<float[]>("Score").SelectMany(score => score)] : [.. scored.GetColumn<float>("Score")];
        Assert.All(scores, score => Assert.True(float.IsFinite(score)));
    }

    [Theory]
    [MemberData(nameof(Learners))]
    public void Transform_RowOfZeros_ScoresAlikeHoweverItIsStored(string name, EncoderOptions? encoder, AdapterOptions? adapter)
    {
        var random = new Random(3);
        VectorRow[] rows = [.. from t in Enumerable.Range(0, 12)
                               from i in Enumerable.Range(0, 12)
                               let at = random.Next(10)
                               select new VectorRow { Task = $"t{t}", Answer = at > 5 == (t % 2 == 0), Features = i == 5 ? Zeros(isSparse: true) : new VBuffer<float>(FeatureCount, 1, [1f], [at]) }];
        var options = new MetaLearnerOptions { LabelColumnName = "Answer", Encoder = encoder, Adapter = adapter, MaximumNumberOfIterations = 10 };
        ITransformer model = _ml.BinaryClassification.Trainers.MetaLearner(options).Fit(_ml.Data.LoadFromEnumerable(rows));
        float[] scores = [.. model.Transform(_ml.Data.LoadFromEnumerable(new[] { true, false }.Select(isSparse => new VectorRow { Task = "t3", Features = Zeros(isSparse) }))).GetColumn<float>("Score")];
        Assert.True(float.IsFinite(scores[0]), name);
        Assert.Equal(scores[1], scores[0], 1e-5f);
    }

    private static MlpEncoderOptions Mlp() => new() { HiddenUnits = [8], EmbeddingDimension = 4, LayerNormalization = true };

    private static VBuffer<float> Zeros(bool isSparse) => isSparse ? new VBuffer<float>(FeatureCount, 0, [], []) : new VBuffer<float>(FeatureCount, new float[FeatureCount]);

    // One text in ten is empty, and one is missing. In the task "silent" all texts are empty.
    private static TextRow[] Texts(int first, int tasks)
    {
        string[] topics = ["sea wave boat sail harbour", "wood tree leaf root forest"];
        IEnumerable<TextRow> told = Enumerable.Range(first, tasks).SelectMany(t =>
        {
            var random = new Random(t);
            return Enumerable.Range(0, 20).Select(i =>
            {
                int topic = random.Next(2);
                return new TextRow { Task = $"t{t}", Text = (i % 10) switch { 0 => "", 1 => null!, _ => topics[topic].Split(' ')[random.Next(5)] }, Answer = topic == t % 2 };
            });
        });
        return [.. told, .. Enumerable.Range(0, 8).Select(i => new TextRow { Task = "silent", Text = "", Answer = i % 4 == 0 })];
    }

    private IDataView View(IEnumerable<TextRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private sealed class TextRow
    {
        public string Task { get; set; } = "";

        public string Text { get; set; } = "";

        public bool Answer { get; set; }
    }

    private sealed class VectorRow
    {
        public string Task { get; set; } = "";

        [VectorType(FeatureCount)]
        public VBuffer<float> Features { get; set; }

        public bool Answer { get; set; }

        public string Class { get; set; } = "";

        public float Value { get; set; }
    }
}
