using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.TestKit;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Adapters.ClosedForm;

/// <summary>The implementation in torch against distances to weighted means in plain loops.</summary>
public sealed class PrototypeOracleTests
{
    private const float LogTemperature = -0.7f;

    // Task "a" lacks class 1; both together have every class.
    private static readonly (string Task, float[] X, int Label, float Weight)[] s_rows =
    [
        ("a", [1, 0], 0, 1), ("a", [3, 2], 0, 3), ("a", [0, 5], 2, 2),
        ("b", [-1, 1], 1, 1), ("b", [-2, 0], 1, 0.5f), ("b", [4, 4], 0, 1), ("b", [0, -3], 2, 1),
    ];

    private static readonly double[,] s_pooled = { { 1, 1 }, { -4, 2 }, { 0.5, 3 } };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Adapt_ClassAbsent_UsesPoolOfBatchInTrainingAndLearnedOneAfter(bool isTraining)
    {
        using var scope = NewDisposeScope();
        TaskSet set = Set(ClassSets.Common);
        float[] query = [0.3f, -1.2f];
        Tensor scores = Score(set, 3, isTraining, query);
        string[] tasks = ["a", "b"];
        for (int t = 0; t < tasks.Length; t++)
        {
            double[] expected = [.. Enumerable.Range(0, 3).Select(k => Score(Prototype(tasks[t], k) ?? (isTraining ? Prototype(null, k)! : [s_pooled[k, 0], s_pooled[k, 1]]), query))];
            for (int k = 1; k < 3; k++) // a constant may be added to the scores of all classes
                Assert.Equal(expected[k] - expected[0], (scores[t, 0, k] - scores[t, 0, 0]).Value(), 1e-6);
        }
    }

    [Fact]
    public void Adapt_OwnClasses_ScoresThoseOfTheTask()
    {
        using var scope = NewDisposeScope();
        TaskSet set = Set(ClassSets.PerTask);
        float[] query = [0.3f, -1.2f];
        Tensor scores = Score(set, null, false, query);
        Assert.Equal([0, 2], set.Tasks[0].Classes);
        Assert.Equal(Score(Prototype("a", 2)!, query) - Score(Prototype("a", 0)!, query), (scores[0, 0, 1] - scores[0, 0, 0]).Value(), 1e-6);
    }

    private static Tensor Score(TaskSet set, int? common, bool isTraining, float[] query)
    {
        var design = new MetaModelDesign(LabelKind.Multiclass, 2, common, new IdentityEncoderOptions(), new PrototypeAdapterOptions());
        ParameterArray temperature = new("log_temperature", [LogTemperature]);
        ParameterArray[] learned = common is null ? [temperature] : [temperature, new("pooled_prototypes", [.. s_pooled.Cast<double>().Select(value => (float)value)])];
        EpisodeBatch batch = EpisodeBatch.Create(set, [.. set.Tasks.Select(Episode.Adapting)], dtype: ScalarType.Float64);
        Tensor rows = tensor(query, dtype: ScalarType.Float64).reshape(1, 1, 2).expand(2, 1, 2);
        return AdapterCase.Adapt(design, batch, [], learned, isTraining).Score(design.Encoder, rows);
    }

    private static double Score(double[] prototype, float[] query) =>
        -Math.Exp(LogTemperature) * prototype.Zip(query).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second));

    // The weighted mean of the rows of a class in one task, or in all tasks; null if there are none.
    private static double[]? Prototype(string? task, int label)
    {
        var sum = new double[2];
        double total = 0;
        foreach (var (name, x, rowLabel, weight) in s_rows)
        {
            if (rowLabel != label || (task is not null && name != task))
                continue;
            total += weight;
            for (int j = 0; j < 2; j++)
                sum[j] += weight * x[j];
        }

        return total > 0 ? [sum[0] / total, sum[1] / total] : null;
    }

    private static TaskSet Set(ClassSets classSets)
    {
        var store = new DenseFeatureStore(2);
        var builder = new TaskSetBuilder(LabelKind.Multiclass, store);
        foreach (var (task, x, label, weight) in s_rows)
            builder.Add(task, store.Add(new FeatureRow(x)), label, weight);
        return builder.Build(3, classSets);
    }
}
