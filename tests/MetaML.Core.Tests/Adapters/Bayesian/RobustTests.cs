using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian;

/// <summary>Noise of Student's t distribution.</summary>
public sealed class RobustTests
{
    private const int Support = 8, Rows = 20;

    [Fact]
    public void Fit_SampleOfStudentsT_FindsItsDegreesAndScale()
    {
        var random = new Random(1);
        double[] Squares(int degrees) => [.. Enumerable.Range(0, 4000).Select(_ => Math.Pow(2 * NormalRandom.Next(random) / (degrees == 0 ? 1 : Math.Sqrt(Enumerable.Range(0, degrees).Sum(_ => Math.Pow(NormalRandom.Next(random), 2)) / degrees)), 2))];
        var heavy = StudentNoise.Fit(Squares(3));
        Assert.InRange(heavy.Degrees, 2.6, 3.5);
        Assert.InRange(heavy.Variance, 3.5, 4.5);
        Assert.True(heavy.Gain > 100);
        var normal = StudentNoise.Fit(Squares(0));
        Assert.True(normal.Degrees > 30);
        Assert.InRange(normal.Gain, -3, 3); // the most degrees of freedom are not infinite
    }

    [Fact]
    public void Train_Outliers_HeadsAreCloserToTheTruth()
    {
        double[] errors = [.. new[] { ValueLikelihood.Gaussian, ValueLikelihood.StudentT }.Select(likelihood => Enumerable.Range(0, 3).Average(seed =>
        {
            TaskSet tasks = Tasks(new Random(seed), 0.1, out double[][] heads), support = tasks.With([.. tasks.Tasks.Select(task => task.Take([.. Enumerable.Range(0, Support)]))]);
            MetaModel model = MetaTrainer.Train(tasks, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions { StandardizeInputs = false }, Adapter = new BayesianAdapterOptions { ValueLikelihood = likelihood }, Seed = seed });
            return model.Adapt(support).Zip(heads).Average(pair => pair.First.Head.Weights.Append(pair.First.Head.Bias[0]).Zip(pair.Second, (own, truth) => Math.Pow(own - truth, 2)).Sum());
        }))];
        Assert.True(errors[1] < 0.6 * errors[0], $"{errors[1]} {errors[0]}");
    }

    [Theory]
    [InlineData(0.1, "Identity + Bayesian (Student's t)")]
    [InlineData(0, "Identity + Bayesian")]
    public void Train_NothingSet_StudentsTOnlyForOutliers(double share, string expected)
    {
        var log = new List<string>();
        MetaModel model = MetaTrainer.Train(Tasks(new Random(1), share, out _), new MetaTrainingOptions { MaximumNumberOfIterations = 0 }, log.Add);
        Assert.Equal(expected, model.Training!.Candidates.Single(candidate => candidate.IsChosen).Name);
        Assert.Equal(share == 0, log.Contains("Identity + Bayesian (Student's t) is not tried, since the residuals of Identity + Bayesian have no heavy tails."));
    }

    // y = wₜᵀ(x, 1) + noise; a share of the rows has ten times the noise.
    private static TaskSet Tasks(Random random, double share, out double[][] heads)
    {
        var store = FeatureStore.Dense(3);
        var builder = new TaskSetBuilder(LabelKind.Regression, store);
        heads = [.. Enumerable.Range(0, 40).Select(_ => Enumerable.Range(0, 4).Select(_ => 0.5 + NormalRandom.Next(random)).ToArray())];
        foreach (var (t, head) in heads.Index())
        {
            for (int i = 0; i < Rows; i++)
            {
                float[] x = [.. Enumerable.Range(0, 3).Select(_ => (float)NormalRandom.Next(random))];
                double noise = 0.5 * NormalRandom.Next(random) * (random.NextDouble() < share ? 10 : 1);
                builder.Add($"t{t}", store.Add(new FeatureRow(x)), (float)(x.Zip(head, (value, slope) => value * slope).Sum() + head[3] + noise));
            }
        }

        return builder.Build();
    }
}
