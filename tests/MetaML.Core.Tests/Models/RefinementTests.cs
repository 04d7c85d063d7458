using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Models;

public sealed class RefinementTests
{
    private static readonly AdaptationOptions s_refined = new() { RefinementSteps = 50 };

    public static TheoryData<LabelKind> Kinds => new(LabelKind.Binary, LabelKind.Multiclass, LabelKind.Regression);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Adapt_TaskUnlikeTheTrainingTasks_RefinementHelpsWithManyRowsAndHarmsNoneWithFew(LabelKind kind)
    {
        // The training tasks have positive slopes, and the new tasks have negative slopes. A few gradient steps do not reach them, for any number of rows.
        MetaModel model = MetaTrainer.Train(
            CoreData.Of(Some.Tasks(20, 40), kind, ClassSets.Common),
            new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 8 }, Adapter = new GradientAdapterOptions { InnerSteps = 3 }, MaximumNumberOfIterations = 150, LearningRate = 0.01 });
        List<TaskRow> rows = Some.Tasks(6, 1000, firstTask: 200, ragged: false);
        foreach (TaskRow row in rows)
        {
            row.Answer = !row.Answer;
            row.Class = row.Class switch { "low" => "high", "high" => "low", _ => "middle" };
            row.Value = 200 - row.Value;
        }

        TaskSet unlike = CoreData.Of(rows, kind, ClassSets.Common), like = CoreData.Of(Some.Tasks(6, 1000, firstTask: 300, ragged: false), kind, ClassSets.Common);
        (double Plain, double Refined) Losses(TaskSet set, int shots) => (QueryLoss(model, set, shots, null), QueryLoss(model, set, shots, s_refined));
        var many = Losses(unlike, 500);
        Assert.True(many.Refined < 0.97 * many.Plain, $"500 rows of tasks unlike: {many}");
        var few = Losses(like, 5);
        Assert.True(few.Refined < 1.02 * few.Plain, $"5 rows of tasks alike: {few}");
        var fewUnlike = Losses(unlike, 5);
        Assert.True(fewUnlike.Refined < 1.02 * fewUnlike.Plain, $"5 rows of tasks unlike: {fewUnlike}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Adapt_MoreStepsThanNeeded_ChangeNothing(LabelKind kind)
    {
        MetaModel model = Trained(kind, new RidgeAdapterOptions());
        TaskSet set = CoreData.Of(Some.Tasks(2, 60, firstTask: 50), kind, ClassSets.Common);
        float[] Weights(int steps) => model.Adapt(set, new AdaptationOptions { RefinementSteps = steps })[1].Head.Weights;
        Assert.Equal(model.Adapt(set)[1].Head.Weights, Weights(0));
        Assert.NotEqual(Weights(0), Weights(1));
        Assert.Equal(Weights(40), Weights(80));
    }

    [Theory]
    [InlineData(1e9, 1e-4)]
    [InlineData(1e-3, 1e9)]
    public void Adapt_PriorRows_HoldTheHead(double priorRows, double mostMoved)
    {
        MetaModel model = Trained(LabelKind.Regression, new RidgeAdapterOptions());
        TaskSet set = CoreData.Of(Some.Tasks(1, 60, firstTask: 50), LabelKind.Regression);
        float[] plain = model.Adapt(set)[0].Head.Weights, refined = model.Adapt(set, s_refined with { RefinementPriorRows = priorRows })[0].Head.Weights;
        double moved = plain.Zip(refined).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.InRange(moved, priorRows > 1 ? 0 : 0.1, mostMoved);
    }

    [Fact]
    public void Adapt_OwnEncoderParameters_RefinesTheHeadOnThem()
    {
        MetaModel model = Trained(LabelKind.Binary, new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2 });
        TaskSet set = CoreData.Of(Some.Tasks(1, 60, firstTask: 50), LabelKind.Binary);
        AdaptedTask plain = model.Adapt(set)[0], refined = model.Adapt(set, s_refined)[0];
        Assert.Equal(plain.EncoderParameters!.SelectMany(values => values), refined.EncoderParameters!.SelectMany(values => values));
        Assert.True(Loss(model, refined, set, 0) < Loss(model, plain, set, 0)); // on the rows of the refinement
    }

    [Fact]
    public void Adapt_NoRowsOrOptionsOutOfRange_TheHeadStaysOrTheOptionIsNamed()
    {
        MetaModel model = Trained(LabelKind.Binary, new RidgeAdapterOptions());
        TaskSet set = CoreData.Of(Some.Tasks(1), LabelKind.Binary);
        TaskSet nothing = set.With([set.Tasks[0].Take([])]);
        Assert.Equal(model.Adapt(nothing)[0].Head.Weights, model.Adapt(nothing, s_refined)[0].Head.Weights);
        Assert.Contains("AdaptationOptions.RefinementSteps must be at least 0; got -1.", Assert.Throws<ArgumentException>(() => model.Adapt(set, new() { RefinementSteps = -1 })).Message);
        Assert.Contains("AdaptationOptions.RefinementPriorRows must be positive and finite; got 0.", Assert.Throws<ArgumentException>(() => model.Adapt(set, new() { RefinementPriorRows = 0 })).Message);
    }

    private static MetaModel Trained(LabelKind kind, AdapterOptions adapter) => MetaTrainer.Train(
        CoreData.Of(Some.Tasks(), kind, ClassSets.Common),
        new MetaTrainingOptions { Adapter = adapter, Encoder = new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 4 }, MaximumNumberOfIterations = 10 });

    private static double QueryLoss(MetaModel model, TaskSet set, int shots, AdaptationOptions? options)
    {
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(set.With([.. set.Tasks.Select(task => task.Take([.. Enumerable.Range(0, shots)]))]), options);
        return adapted.Select((task, t) => Loss(model, task, set.With([set.Tasks[t]]), shots)).Average();
    }

    // Cross-entropy or squared error of the only task of a set, from a given row on.
    private static double Loss(MetaModel model, AdaptedTask adapted, TaskSet set, int from)
    {
        MetaScorer scorer = model.CreateScorer();
        LearningTask task = set.Tasks[0];
        return Enumerable.Range(from, task.RowCount - from).Average(i =>
        {
            double[] scores = [.. scorer.Score(adapted, set.Features[task.Rows[i]])];
            double label = task.Labels[i];
            return model.Kind switch
            {
                LabelKind.Binary => Math.Log(1 + Math.Exp(label > 0 ? -scores[0] : scores[0])),
                LabelKind.Multiclass => Math.Log(scores.Sum(score => Math.Exp(score - scores[(int)label]))),
                _ => (scores[0] - label) * (scores[0] - label),
            };
        });
    }
}
