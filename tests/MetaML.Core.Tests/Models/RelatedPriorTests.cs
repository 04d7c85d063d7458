using MetaML.Adapters.ClosedForm;
using MetaML.Core.Tests.Relatedness;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Models;

public sealed class RelatedPriorTests
{
    public static TheoryData<AdapterOptions> Adapters => new(
        new BayesianAdapterOptions(),
        new BayesianAdapterOptions { Covariance = PriorCovariance.Full },
        new RidgeAdapterOptions());

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Adapt_NewTasksOfKnownGroups_ErrorFalls(AdapterOptions adapter)
    {
        TaskSet training = ClusteredTasks.Create(tasks: 40, rows: 40, groups: 5, within: 0.1, seed: 1);
        MetaModel model = Train(training, adapter);
        RelatedPrior related = RelatedPrior.Learn(model, training);
        var (plain, with) = Errors(model, related, ClusteredTasks.Create(tasks: 40, rows: 44, groups: 5, within: 0.1, seed: 2), support: 4);
        Assert.True(related.IsUsed);
        Assert.True(with < 0.8 * plain, $"with {with}, plain {plain}");
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Adapt_TasksThatFormNoGroups_ErrorStays(AdapterOptions adapter)
    {
        // Tasks about a single centre, as in the model's own prior.
        TaskSet training = ClusteredTasks.Create(tasks: 40, rows: 40, groups: 1, within: 0.5, seed: 1);
        MetaModel model = Train(training, adapter);
        RelatedPrior related = RelatedPrior.Learn(model, training);
        var (plain, with) = Errors(model, related, ClusteredTasks.Create(tasks: 60, rows: 44, groups: 1, within: 0.5, seed: 2), support: 4);
        Assert.True(with < 1.03 * plain, $"with {with}, plain {plain}");
    }

    [Fact]
    public void Adapt_BinaryTasksOfKnownGroups_LossFalls()
    {
        TaskSet training = ClusteredTasks.Create(tasks: 40, rows: 60, groups: 4, within: 0.1, seed: 1, LabelKind.Binary);
        MetaModel model = Train(training, new RidgeAdapterOptions());
        RelatedPrior related = RelatedPrior.Learn(model, training);
        var (plain, with) = Errors(model, related, ClusteredTasks.Create(tasks: 40, rows: 64, groups: 4, within: 0.1, seed: 2, LabelKind.Binary), support: 6);
        Assert.True(related.IsUsed);
        Assert.True(with < plain, $"with {with}, plain {plain}");
    }

    [Fact]
    public void WeightsFor_SupportOfAGroup_NamesItsTasks()
    {
        TaskSet training = ClusteredTasks.Create(tasks: 20, rows: 40, groups: 4, within: 0.05, seed: 1);
        RelatedPrior related = RelatedPrior.Learn(Train(training, new BayesianAdapterOptions()), training);
        TaskSet news = ClusteredTasks.Create(tasks: 4, rows: 12, groups: 4, within: 0.05, seed: 3);
        IReadOnlyDictionary<string, double> weights = related.WeightsFor(news.With([news.Tasks[2]]));
        Assert.Equal(1, weights.Values.Sum(), 1e-9);
        Assert.True(weights.Where(pair => pair.Key.StartsWith("group2", StringComparison.Ordinal)).Sum(pair => pair.Value) > 0.8);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Misfits_MatchTheQuadraticFormInFull(AdapterOptions options)
    {
        // rᵀ(PPᵀ + I)⁻¹r by a dense inverse. P comes from scores: a head adapted from 0 on labels eᵢ has the score (PPᵀ(PPᵀ + I)⁻¹)ⱼᵢ for row j.
        TaskSet training = ClusteredTasks.Create(tasks: 12, rows: 30, groups: 3, within: 0.2, seed: 1);
        MetaModel model = Train(training, options);
        ClosedFormAdapter adapter = model.ClosedForm!;
        EmbeddedTask support = model.Embed(training.Features, training.Tasks[0].Take([0, 1, 2, 3, 4]));
        LinearHead[] priors = [.. training.Tasks.Skip(1).Take(3).Select(task => adapter.Adapt(model.AdapterArrays, model.Embed(training.Features, task)))];
        var nothing = new LinearHead(new float[ClusteredTasks.Features], [0]);
        float[][] parameters = adapter.WithPrior(model.AdapterArrays, nothing, 0.5);
        int rows = support.RowCount;
        var rest = new double[rows, rows]; // (PPᵀ + I)⁻¹ = I − PPᵀ(PPᵀ + I)⁻¹
        for (int i = 0; i < rows; i++)
        {
            var unit = new float[rows];
            unit[i] = 1;
            LinearHead head = adapter.Adapt(parameters, new EmbeddedTask(support.Embeddings, support.Dimension, unit, support.Weights, 1));
            for (int j = 0; j < rows; j++)
                rest[j, i] = (i == j ? 1 : 0) - head.Score(support.Row(j), 0);
        }

        double[] misfits = adapter.Misfits(model.AdapterArrays, support, priors, 0.5);
        for (int p = 0; p < priors.Length; p++)
        {
            double[] r = [.. Enumerable.Range(0, rows).Select(i => (double)support.Labels[i] - priors[p].Score(support.Row(i), 0))];
            double expected = Enumerable.Range(0, rows).Sum(i => Enumerable.Range(0, rows).Sum(j => r[i] * rest[i, j] * r[j]));
            Assert.Equal(expected, misfits[p], 1e-3 * expected);
        }
    }

    [Fact]
    public void Learn_BadInput_SaysWhatAndWhy()
    {
        TaskSet training = ClusteredTasks.Create(tasks: 6, rows: 20, groups: 2, within: 0.1, seed: 1);
        MetaModel model = Train(training, new BayesianAdapterOptions()), other = Train(training, new BayesianAdapterOptions());
        Assert.Contains("at least three", Assert.Throws<InvalidOperationException>(() => RelatedPrior.Learn(model, training.With([.. training.Tasks.Take(2)]))).Message, StringComparison.Ordinal);
        var options = new AdaptationOptions { RelatedPrior = RelatedPrior.Learn(model, training) };
        Assert.Contains("the prior of another model", Assert.Throws<ArgumentException>(() => other.Adapt(training, options)).Message, StringComparison.Ordinal);
        TaskSet binary = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        MetaModel prototypes = MetaTrainer.Train(binary, new() { Adapter = new PrototypeAdapterOptions(), MaximumNumberOfIterations = 0 });
        Assert.Contains("ridge or Bayesian", Assert.Throws<ArgumentException>(() => RelatedPrior.Learn(prototypes, binary)).Message, StringComparison.Ordinal);
    }

    private static MetaModel Train(TaskSet training, AdapterOptions adapter) =>
        MetaTrainer.Train(training, new() { Encoder = new IdentityEncoderOptions(), Adapter = adapter, MaximumNumberOfIterations = 200, ValidationFraction = 0, Episodes = new() { Shots = training.Kind == LabelKind.Regression ? 4 : 2 } });

    private static (double Plain, double With) Errors(MetaModel model, RelatedPrior related, TaskSet news, int support)
    {
        TaskSet few = news.With([.. news.Tasks.Select(task => task.Take([.. Enumerable.Range(0, support)]))]);
        double Error(AdaptationOptions? options)
        {
            IReadOnlyList<AdaptedTask> adapted = model.Adapt(few, options);
            MetaScorer scorer = model.CreateScorer();
            return news.Tasks.Select((task, t) => Enumerable.Range(support, task.RowCount - support)
                .Average(i => ScoreLoss.Of(model.Kind, scorer.Score(adapted[t], news.Features[task.Rows[i]]), task.Labels[i]))).Average();
        }

        return (Error(null), Error(new AdaptationOptions { RelatedPrior = related }));
    }
}
