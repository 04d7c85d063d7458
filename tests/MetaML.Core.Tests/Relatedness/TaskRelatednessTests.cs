using MetaML.Data;
using MetaML.Models;
using MetaML.Relatedness;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Relatedness;

public sealed class TaskRelatednessTests
{
    private static readonly TaskSet s_clustered = ClusteredTasks.Create(tasks: 18, rows: 40, groups: 3, within: 0.1, seed: 1);
    private static readonly MetaModel s_model = MetaTrainer.Train(s_clustered, new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() });

    [Theory]
    [InlineData(RelatednessMeasure.Functional)]
    [InlineData(RelatednessMeasure.Heads)]
    public void Clusters_TasksOfThreeGroups_AreRecovered(RelatednessMeasure measure)
    {
        TaskRelatedness relatedness = RelatednessAnalysis.Compare(s_model, s_clustered, measure);
        Assert.Equal(measure, relatedness.Measure);
        Assert.Equal(s_clustered.Tasks.Select(task => task.Name), relatedness.TaskNames);
        Assert.All(relatedness.Clusters(3), group => Assert.Single(group.Select(GroupOf).Distinct()));
        Assert.Equal(18, relatedness.Order.Distinct().Count());
        string[] along = [.. relatedness.Order.Select(task => GroupOf(relatedness.TaskNames[task]))];
        Assert.Equal(2, along.Zip(along.Skip(1)).Count(pair => pair.First != pair.Second)); // each group is contiguous
        Assert.All(relatedness.TaskNames, task => Assert.All(relatedness.Nearest(task), near => Assert.Equal(GroupOf(task), GroupOf(near.Key))));
    }

    [Fact]
    public void Functional_MatchesAdaptationAndScoringByHand()
    {
        TaskRelatedness relatedness = RelatednessAnalysis.Compare(s_model, s_clustered);
        AdaptedTask adapted = s_model.Adapt(s_clustered)[2];
        LearningTask task = s_clustered.Tasks[5];
        MetaScorer scorer = s_model.CreateScorer();
        double Loss(AdaptedTask head) => Enumerable.Range(0, task.RowCount).Average(i => Math.Pow(scorer.Score(head, s_clustered.Features[task.Rows[i]])[0] - task.Labels[i], 2));
        Assert.Equal(1 - Loss(adapted) / Loss(s_model.Prior!), relatedness[2, 5], 1e-9);
        Assert.Equal(relatedness[2, 5], relatedness["group2 task2", "group2 task5"]);
        Assert.NotEqual(relatedness[2, 5], relatedness[5, 2]);
        Assert.True(relatedness[5, 5] > 0.5); // one half helps the other
    }

    [Fact]
    public void Heads_MatchesTheCorrelationOfScores()
    {
        TaskRelatedness relatedness = RelatednessAnalysis.Compare(s_model, s_clustered, RelatednessMeasure.Heads);
        IReadOnlyList<AdaptedTask> adapted = s_model.Adapt(s_clustered);
        MetaScorer scorer = s_model.CreateScorer();
        double[] Changes(int t) => [.. Enumerable.Range(0, s_clustered.Features.RowCount).Select(row =>
            (double)scorer.Score(adapted[t], s_clustered.Features[row])[0] - scorer.Score(s_model.Prior!, s_clustered.Features[row])[0])];
        double[] first = Changes(0), second = Changes(4);
        double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
        Assert.Equal(Dot(first, second) / Math.Sqrt(Dot(first, first) * Dot(second, second)), relatedness[0, 4], 1e-4);
        Assert.Equal(relatedness[0, 4], relatedness[4, 0]);
        Assert.Equal(1, relatedness[3, 3]);
    }

    [Fact]
    public void Representations_TasksWithClassesOfTheirOwn_AreComparedByTheirRows()
    {
        TaskSet set = CoreData.Of(Some.TasksWithOwnClasses(), LabelKind.Multiclass, ClassSets.PerTask);
        MetaModel model = MetaTrainer.Train(set, new() { Adapter = new PrototypeAdapterOptions(), MaximumNumberOfIterations = 0 });
        TaskRelatedness relatedness = RelatednessAnalysis.Compare(model, set, RelatednessMeasure.Representations);
        Assert.Equal(relatedness[1, 2], relatedness[2, 1]);
        Assert.Contains("Representations", Assert.Throws<ArgumentException>(() => RelatednessAnalysis.Compare(model, set)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LabelKind.Binary)]
    [InlineData(LabelKind.Multiclass)]
    public void Functional_Classes_AreJudgedByCrossEntropy(LabelKind kind)
    {
        TaskSet set = CoreData.Of(Some.Tasks(6), kind, ClassSets.Common);
        MetaModel model = MetaTrainer.Train(set, new() { Encoder = new IdentityEncoderOptions(), MaximumNumberOfIterations = 20 });
        TaskRelatedness relatedness = RelatednessAnalysis.Compare(model, set);
        AdaptedTask adapted = model.Adapt(set)[1];
        LearningTask task = set.Tasks[3];
        MetaScorer scorer = model.CreateScorer();
        double Loss(AdaptedTask head) => Enumerable.Range(0, task.RowCount).Average(i =>
        {
            double[] scores = [.. scorer.Score(head, set.Features[task.Rows[i]]).ToArray().Select(score => (double)score)];
            return kind == LabelKind.Binary
                ? -Math.Log(1 / (1 + Math.Exp(task.Labels[i] > 0 ? -scores[0] : scores[0])))
                : -Math.Log(Math.Exp(scores[(int)task.Labels[i]]) / scores.Sum(Math.Exp));
        });
        Assert.Equal(1 - Loss(adapted) / Loss(model.Prior!), relatedness[1, 3], 1e-6);
    }

    [Fact]
    public void Order_KnownDistances_IsThatOfAverageLinkage()
    {
        // On a line: {0, 1}, then {3, 3.5}, then 10.
        double[] at = [10, 0, 3.5, 1, 3];
        var distances = new double[5, 5];
        for (int i = 0; i < 5; i++)
        {
            for (int j = 0; j < 5; j++)
                distances[i, j] = Math.Abs(at[i] - at[j]);
        }

        var hierarchy = new TaskHierarchy(distances);
        double[] along = [.. hierarchy.Order.Select(task => at[task])];
        Assert.Contains(along, new double[][] { [0, 1, 3, 3.5, 10], [10, 3.5, 3, 1, 0] });
        Assert.Equal([[0, 1], [3, 3.5], [10]], hierarchy.Cut(3).Select(group => group.Select(task => at[task]).Order().ToArray()).OrderBy(group => group[0]));
        Assert.Equal(5, hierarchy.Cut(5).Count());
        Assert.Single(hierarchy.Cut(1));
    }

    [Fact]
    public void Relatedness_BadInput_SaysWhatAndWhy()
    {
        TaskRelatedness relatedness = RelatednessAnalysis.Compare(s_model, s_clustered, RelatednessMeasure.Representations);
        Assert.Contains("got 'south'", Assert.Throws<ArgumentException>(() => relatedness.Nearest("south")).Message, StringComparison.Ordinal);
        Assert.Contains("between 1 and 18", Assert.Throws<ArgumentOutOfRangeException>(() => relatedness.Clusters(19)).Message, StringComparison.Ordinal);
        Assert.Contains("Regression labels", Assert.Throws<ArgumentException>(() => RelatednessAnalysis.Compare(s_model, CoreData.Of(Some.Tasks(), LabelKind.Binary))).Message, StringComparison.Ordinal);
        TaskSet single = s_clustered.With([s_clustered.Tasks[0], s_clustered.Tasks[1].Take([0])]);
        Assert.Contains("'group1 task1'", Assert.Throws<InvalidOperationException>(() => RelatednessAnalysis.Compare(s_model, single)).Message, StringComparison.Ordinal);
        Assert.Contains("one of Functional", Assert.Throws<ArgumentException>(() => RelatednessAnalysis.Compare(s_model, s_clustered, (RelatednessMeasure)9)).Message, StringComparison.Ordinal);
    }

    private static string GroupOf(string task) => task.Split(' ')[0];
}
