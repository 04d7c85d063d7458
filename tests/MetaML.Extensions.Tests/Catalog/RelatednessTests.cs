using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Catalog;

public sealed class RelatednessTests
{
    private static readonly TrainerCase s_binary = new("binary", "Answer");

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Theory]
    [InlineData(RelatednessMeasure.Functional)]
    [InlineData(RelatednessMeasure.Heads)]
    [InlineData(RelatednessMeasure.Representations)]
    public void Relatedness_FittedChain_NamesTheTasksOfTheData(RelatednessMeasure measure)
    {
        IDataView rows = View(Some.Tasks());
        ITransformer model = s_binary.Pipeline(_ml).Fit(rows);
        TaskRelatedness relatedness = _ml.MetaLearning().Relatedness(model, rows, measure);
        Assert.Equal(Some.Tasks().Select(row => row.Task).Distinct(), relatedness.TaskNames);
        Assert.Equal(3, relatedness.Clusters(3).Count);
        Assert.All(relatedness.ToMatrix().Cast<double>(), value => Assert.True(value <= 1));
    }

    [Fact]
    public void Adapt_RelatedPrior_IsThatOfTheModelItself()
    {
        IDataView rows = View(Some.Tasks(20)), newTasks = View([.. Some.Tasks(3, firstTask: 30).GroupBy(row => row.Task).SelectMany(task => task.Take(5))]);
        ITransformer model = s_binary.Pipeline(_ml).Fit(rows);
        RelatedPrior prior = _ml.MetaLearning().RelatedPrior(model, rows);
        Assert.Equal(20, prior.TaskNames.Count);
        ITransformer adapted = _ml.MetaLearning().Adapt(model, newTasks, new AdaptationOptions { RelatedPrior = prior });
        ITransformer plain = _ml.MetaLearning().Adapt(model, newTasks);
        Assert.Equal(prior.IsUsed, !Scores(plain, newTasks).SequenceEqual(Scores(adapted, newTasks)));
        Assert.Equal(Scores(adapted, newTasks), Scores(_ml.MetaLearning().Adapt(adapted, newTasks, new AdaptationOptions { RelatedPrior = prior }), newTasks)); // the result of Adapt has the same encoder and prior
        ITransformer other = s_binary.Pipeline(_ml).Fit(rows);
        Assert.Contains("AdaptationOptions.RelatedPrior", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Adapt(other, newTasks, new AdaptationOptions { RelatedPrior = prior })).Message, StringComparison.Ordinal);
        Assert.Equal(Scores(plain, newTasks), Scores(_ml.MetaLearning().Adapt(model, newTasks, options: null), newTasks));
    }

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private static float[] Scores(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float>("Score")];
}
