using MetaML.Data;
using MetaML.Episodes;
using MetaML.Numerics;
using MetaML.Training;
using MetaML.Training.Loop;
using Xunit;

namespace MetaML.Core.Tests.Training;

/// <summary>Tasks that share the same rows, as several outputs do.</summary>
public sealed class SharedRowsTests
{
    [Fact]
    public void Split_TasksOnTheSameRows_HoldOutTheSameOnes()
    {
        TaskSet set = Tasks(20, 60);
        var options = new MetaTrainingOptions { HoldsOutRows = true };
        EpisodeSource source = EpisodeSource.Split(set, options, new Random(3), null, null);
        HashSet<int> Rows(IEpisodeSampler sampler, Func<Episode, int[]> positions) =>
            [.. Enumerable.Range(0, 50).SelectMany(i => sampler.Draw(new Random(i))).SelectMany(episode => positions(episode).Select(at => episode.Task.Rows[at]))];
        HashSet<int> held = Rows(source.Validation!, episode => episode.Query), trained = Rows(source.Training, episode => [.. episode.Support, .. episode.Query]);
        Assert.Equal(12, held.Count); // a fifth of 60
        Assert.Empty(held.Intersect(trained));
        Assert.Equal(20, Enumerable.Range(0, 50).SelectMany(i => source.Training.Draw(new Random(i))).Select(episode => episode.Task.Name).Distinct().Count());
    }

    [Fact]
    public void Train_ProblemsOfOneTaskEach_AreEnoughTogether()
    {
        TaskSet values = Tasks(1, 40);
        var answers = new TaskSetBuilder(LabelKind.Binary, values.Features);
        for (int row = 0; row < 40; row++)
            answers.Add("answer", row, values.Features[row].Values[0] > 0 ? 1 : 0);
        var options = new MetaTrainingOptions { MaximumNumberOfIterations = 5, Encoder = new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 3 } };
        Assert.Equal([LabelKind.Regression, LabelKind.Binary], MetaTrainer.Train([values, answers.Build()], options).Select(model => model.Kind));
        Assert.Contains("at least two tasks; got one", Assert.Throws<InvalidOperationException>(() => MetaTrainer.Train(values, options)).Message);
    }

    private static TaskSet Tasks(int count, int rows)
    {
        var random = new Random(1);
        var store = new DenseFeatureStore(3);
        for (int i = 0; i < rows; i++)
            store.Add(new FeatureRow([(float)NormalRandom.Next(random), (float)NormalRandom.Next(random), (float)NormalRandom.Next(random)]));
        var builder = new TaskSetBuilder(LabelKind.Regression, store);
        for (int task = 0; task < count; task++)
        {
            for (int row = 0; row < rows; row++)
                builder.Add($"task{task}", row, store[row].Values[task % 3]);
        }

        return builder.Build();
    }
}
