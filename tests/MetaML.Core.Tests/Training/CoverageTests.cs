using MetaML.Data;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.Training;
using MetaML.Training.Validation;
using Xunit;

namespace MetaML.Core.Tests.Training;

/// <summary>Deviations that are calibrated on held-out tasks.</summary>
public sealed class CoverageTests
{
    private const int Features = 6, Rows = 5, NewRows = 25;

    // Without calibration 0.70 and 0.74 of the labels lie in intervals of 90 %: twelve tasks say little about the mean of seven effects.
    [Theory]
    [InlineData(PriorNoise.Common)]
    [InlineData(PriorNoise.PerTask)]
    public void Train_FewTasksOfFewRows_IntervalsCoverNewRows(PriorNoise noise)
    {
        double covered = Enumerable.Range(0, 10).Average(seed =>
        {
            var random = new Random(seed);
            MetaModel model = MetaTrainer.Train(Tasks(random, 12, Rows, out _), new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { Noise = noise }, Seed = seed });
            TaskSet all = Tasks(random, 20, Rows + NewRows, out float[][] features), support = all.With([.. all.Tasks.Select(task => task.Take([.. Enumerable.Range(0, Rows)]))]);
            MetaScorer scorer = model.CreateScorer();
            return all.Tasks.Zip(model.Adapt(support)).Average(pair => Enumerable.Range(Rows, NewRows).Average(i =>
            {
                float score = scorer.Score(pair.Second, new FeatureRow(features[pair.First.Rows[i]]), out float deviation)[0];
                return Math.Abs(score - pair.First.Labels[i]) <= 1.645 * deviation ? 1.0 : 0;
            }));
        });
        Assert.InRange(covered, 0.84, 0.96);
    }

    [Fact]
    public void Fit_ErrorsOfTwiceTheDeviation_TwiceTheDeviation()
    {
        HeldOutRow[] Held(double error, int tasks, params int[] supports) => [.. supports.SelectMany(support => Enumerable.Range(0, tasks).Select(task => new HeldOutRow(new(task), support, (float)error, 1, [0], [0], 1)))];
        Assert.All(DeviationFit.Fit(Held(2, 1000, 0, 4, 16, 64, 256))!.Deviations!, factor => Assert.Equal(2, factor, 0.01));
        Assert.All(DeviationFit.Fit(Held(2, 1, 4))!.Deviations!, factor => Assert.InRange(factor, 1.2, 1.6)); // one task says little
        double[] mixed = DeviationFit.Fit([.. Held(1, 1000, 64), .. Held(2, 1000, 4)])!.Deviations!;
        Assert.Equal(2, mixed[1], 0.01);
        Assert.Equal(1, mixed[3], 0.01);
        Assert.Null(DeviationFit.Fit([]));
    }

    [Fact]
    public void Train_WithoutShrinkage_DeviationsAreThoseOfTheLikelihood() =>
        Assert.Null(MetaTrainer.Train(Tasks(new Random(1), 12, 20, out _), new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { Shrinkage = false } }).Calibration);

    private static TaskSet Tasks(Random random, int tasks, int rows, out float[][] features)
    {
        var store = new DenseFeatureStore(Features);
        var builder = new TaskSetBuilder(LabelKind.Regression, store);
        features = new float[tasks * rows][];
        for (int t = 0; t < tasks; t++)
        {
            double[] head = [.. Enumerable.Range(0, Features + 1).Select(_ => NormalRandom.Next(random))];
            for (int i = 0; i < rows; i++)
            {
                features[t * rows + i] = [.. Enumerable.Range(0, Features).Select(_ => (float)NormalRandom.Next(random))];
                double value = head[Features] + NormalRandom.Next(random) + features[t * rows + i].Zip(head, (x, slope) => x * (1 + slope)).Sum();
                builder.Add($"t{t}", store.Add(new FeatureRow(features[t * rows + i])), (float)value);
            }
        }

        return builder.Build();
    }
}
