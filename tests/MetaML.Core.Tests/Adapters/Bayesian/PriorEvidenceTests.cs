using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Heads;
using MetaML.Numerics;
using MetaML.Parameters;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian;

public sealed class PriorEvidenceTests
{
    private const int Dimension = 3;

    [Theory]
    [InlineData(LabelKind.Regression, PriorCovariance.Diagonal)]
    [InlineData(LabelKind.Regression, PriorCovariance.OneFactor)]
    [InlineData(LabelKind.Regression, PriorCovariance.Full)]
    [InlineData(LabelKind.Binary, PriorCovariance.Diagonal)]
    [InlineData(LabelKind.Binary, PriorCovariance.Full)]
    [InlineData(LabelKind.Multiclass, PriorCovariance.OneFactor)]
    public void Complete_SomeTasks_IsThePriorOfTheseTasksAlone(LabelKind kind, PriorCovariance covariance)
    {
        EmbeddedTask[] tasks = Tasks(kind, 60);
        IAdapter adapter = new BayesianAdapterOptions { Covariance = covariance, ClassLikelihood = ClassLikelihood.Logistic }.Create(new HeadShape(kind, Dimension, kind == LabelKind.Multiclass ? 3 : 1));
        ParameterArray[] all = New(adapter), some = New(adapter), alone = New(adapter), again = New(adapter);
        IPriorEvidence evidence = adapter.EvidenceOf(tasks);
        evidence.Complete(all, PriorLimits.None);
        evidence.Complete(some, PriorLimits.None, task => task % 4 != 1);
        evidence.Complete(again, PriorLimits.None);
        adapter.CompletePrior(alone, tasks.Where((_, task) => task % 4 != 1), PriorLimits.None);
        for (int i = 0; i < all.Length; i++)
        {
            Assert.Equal(all[i].Values, again[i].Values);
            for (int j = 0; j < all[i].Values.Length; j++)
                Assert.Equal(alone[i].Values[j], some[i].Values[j], 0.1); // the precision of the mean is that of all tasks
        }

        double Distance(ParameterArray[] a, ParameterArray[] b) => a.Zip(b).Sum(pair => pair.First.Values.Zip(pair.Second.Values).Sum(values => Math.Abs(values.First - values.Second)));
        Assert.True(Distance(alone, some) < 0.3 * Distance(alone, all), $"{Distance(alone, some)} of {Distance(alone, all)}");
    }

    [Fact]
    public void Complete_AdapterWithoutStatistics_UsesTheRowsOfTheTasks()
    {
        IAdapter adapter = new PrototypeAdapter(new HeadShape(LabelKind.Multiclass, 2, 2));
        ParameterArray[] parameters = [new("log_temperature", [0]), new("pooled_prototypes", new float[4])];
        EmbeddedTask Task(float first, float second) => new(new float[] { first, first, second, second }, 2, [0, 1], [1, 1], 2);
        adapter.EvidenceOf([Task(1, 2), Task(9, 9), Task(3, 4)]).Complete(parameters, PriorLimits.None, task => task != 1);
        Assert.Equal([2, 2, 3, 3], parameters[1].Values);
    }

    private static ParameterArray[] New(IAdapter adapter) => ParameterArray.Initialize(adapter.Parameters, new Random(0));

    private static EmbeddedTask[] Tasks(LabelKind kind, int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            double[] head = [.. Enumerable.Range(0, 4 * (Dimension + 1)).Select(_ => NormalRandom.Next(random))];
            float[] z = [.. Enumerable.Range(0, 20 * Dimension).Select(_ => (float)NormalRandom.Next(random))];
            float[] labels = [.. Enumerable.Range(0, 20).Select(row =>
            {
                double[] scores = [.. Enumerable.Range(0, 3).Select(k => Enumerable.Range(0, Dimension).Sum(j => head[4 * k + j] * z[row * Dimension + j]) + head[4 * k + 3] + NormalRandom.Next(random))];
                return kind == LabelKind.Regression ? (float)scores[0] : kind == LabelKind.Binary ? scores[0] > 0 ? 1 : 0 : Array.IndexOf(scores, scores.Max());
            })];
            return new EmbeddedTask(z, Dimension, labels, [.. Enumerable.Repeat(1f, 20)], kind == LabelKind.Multiclass ? 3 : 1);
        })];
    }
}
