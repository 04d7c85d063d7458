using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Transformers;

/// <summary>The importance of features for one task, with ML.NET's permutation feature importance on the rows of this task.</summary>
public sealed class TaskImportanceTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PermutationFeatureImportance_RowsOfOneTask_FindsThatTasksFeatures(bool isLoaded)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Rows().ToArray());
        ITransformer model = _ml.Transforms.Concatenate("Features", "X0", "X1", "X2").Append(_ml.Transforms.NormalizeMinMax("Features"))
            .Append(_ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() })).Fit(data);
        if (isLoaded)
        {
            using var stream = new MemoryStream(SavedModels.Save(_ml, model, data.Schema));
            model = _ml.Model.Load(stream, out _);
        }

        for (int task = 0; task < 3; task++)
        {
            // The rows of the task, with the features that the steps before the learner computed.
            IDataView own = _ml.Data.FilterByCustomPredicate<Row>(data, row => row.Task != $"task{task}");
            var importance = _ml.Regression.PermutationFeatureImportance(model, model.Transform(own), permutationCount: 5);
            string[] ranked = [.. importance.OrderByDescending(feature => feature.Value.MeanSquaredError.Mean).Select(feature => feature.Key)];
            Assert.Equal(["X0", "X1", "X2"], ranked.Order());
            Assert.Equal($"X{task}", ranked[0]);
            var (first, second) = (importance[ranked[0]].MeanSquaredError, importance[ranked[1]].MeanSquaredError);
            Assert.True(first.Mean - 2.78 * first.StandardError > second.Mean + 2.78 * second.StandardError); // 95 % intervals, t with 4 degrees of freedom
        }
    }

    // The labels of each task depend on a different feature.
    private static IEnumerable<Row> Rows()
    {
        var random = new Random(1);
        for (int i = 0; i < 480; i++)
        {
            int task = i % 12;
            float[] x = [.. Enumerable.Range(0, 3).Select(_ => (float)random.NextDouble())];
            yield return new Row { Task = $"task{task}", X0 = x[0], X1 = x[1], X2 = x[2], Label = 3 * x[task % 3] };
        }
    }

    private sealed class Row
    {
        public string Task { get; set; } = "";

        public float X0 { get; set; }

        public float X1 { get; set; }

        public float X2 { get; set; }

        public float Label { get; set; }
    }
}
