using MetaML.Adapters;
using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Priors;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian;

/// <summary>A prior that is learned from the sums of shards is that of all tasks in one place.</summary>
public sealed class ShardedPriorTests
{
    private const int Features = 4, Tasks = 60;

    public static TheoryData<string, int> Cases => new()
    {
        { "diagonal", 1 }, { "diagonal", 7 }, { "full", 1 }, { "full", 7 }, { "one factor", 7 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fit_OfShards_IsThatOfAllTasks(string form, int shards)
    {
        TaskEvidence[] tasks = Evidence();
        PriorSearch whole = Learn(new PriorSums(tasks), form, tasks), sharded = Learn(Sharded(tasks, shards), form, tasks);
        Assert.Equal(whole.Steps, sharded.Steps);
        Assert.Equal(whole.Objective, sharded.Objective, 1e-7);
        AssertNear([.. whole.Prior.Mean[0], .. whole.Prior.Covariance, whole.Prior.NoiseVariance], [.. sharded.Prior.Mean[0], .. sharded.Prior.Covariance, sharded.Prior.NoiseVariance]);
    }

    [Fact]
    public void FitNoise_OfShards_IsThatOfAllTasks()
    {
        TaskEvidence[] tasks = Evidence();
        HeadPrior start = HeadPrior.Start(tasks, Features + 1, 1, PriorNoise.Common);
        var (whole, likelihood) = start.FitNoise(new PriorSums(tasks));
        var (sharded, ofShards) = start.FitNoise(Sharded(tasks, 7));
        Assert.NotEqual(start.NoiseVariance, whole.NoiseVariance, 1e-3 * start.NoiseVariance);
        Assert.Equal(whole.LogLikelihood(tasks), likelihood, 1e-9 * Math.Abs(likelihood));
        Assert.Equal(likelihood, ofShards, 1e-9 * Math.Abs(likelihood));
        AssertNear([.. whole.Covariance, whole.NoiseVariance], [.. sharded.Covariance, sharded.NoiseVariance]);
    }

    [Fact]
    public void Sums_AfterTheLossOfAShard_HaveTheSameBits()
    {
        TaskEvidence[] tasks = Evidence();
        using PriorShard shard = new(tasks), other = new(tasks);
        PriorPoint point = new([[0.5, 0, 0, 0, 1]], HeadPrior.Start(tasks, Features + 1, 1, PriorNoise.Common).Covariance);
        double[][] directions = [[0.1, 0.2, -0.1, 0, 0.3]];
        shard.Visit(point);
        ShardSums moved = shard.Move(point, directions), again = shard.Move(point, directions), elsewhere = other.Move(point, directions);
        Assert.NotEqual(moved.Quadratic, shard.Move(point, [[0, 0, 0, 0, 0]]).Quadratic);
        foreach (ShardSums sums in new[] { again, elsewhere })
        {
            Assert.Equal(moved.Squares, sums.Squares);
            Assert.Equal(moved.Covariances, sums.Covariances);
            Assert.Equal((moved.Quadratic, moved.LogDeterminant, moved.PriorShare), (sums.Quadratic, sums.LogDeterminant, sums.PriorShare));
        }
    }

    private static PriorSearch Learn(IPriorSums sums, string name, TaskEvidence[] tasks)
    {
        CovarianceForm form = name switch
        {
            "full" => CovarianceForm.Full(Features + 1),
            "one factor" => CovarianceForm.OfFactors(1, Features + 1),
            _ => CovarianceForm.Diagonal,
        };
        var search = new PriorSearch(sums, HeadPrior.Start(tasks, Features + 1, 1, PriorNoise.Common), hasMean: true, form);
        search.Climb(PriorLimits.None.AtMost(100));
        search = new PriorSearch(sums, search.Prior.WithLikelierMeanPrecision(sums), hasMean: true, form, search.Point);
        search.Climb(PriorLimits.None.AtMost(100));
        return search;
    }

    private static ShardedPriorSums Sharded(TaskEvidence[] tasks, int count)
    {
        PriorShard[] shards = [.. Enumerable.Range(0, count).Select(i => new PriorShard([.. tasks.Where((_, t) => t % count == i)]))];
        return new ShardedPriorSums(point => Array.ConvertAll(shards, shard => shard.Visit(point)), (point, directions) => Array.ConvertAll(shards, shard => shard.Move(point, directions)));
    }

    // Some tasks have fewer rows than an embedding has values, and some have more.
    private static TaskEvidence[] Evidence()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, Tasks).Select(task =>
        {
            int rows = 2 + task % 12;
            double[] head = [.. Enumerable.Range(0, Features + 1).Select(j => j + random.NextDouble() * (j + 1))], augmented = new double[rows * (Features + 1)], labels = new double[rows];
            for (int r = 0; r < rows; r++)
            {
                for (int j = 0; j <= Features; j++)
                {
                    double value = j < Features ? random.NextDouble() - 0.5 : 1;
                    augmented[r * (Features + 1) + j] = value;
                    labels[r] += head[j] * value;
                }

                labels[r] += 0.3 * random.NextDouble();
            }

            return new TaskEvidence(augmented, [.. labels.Select(_ => 0.5 + random.NextDouble())], [labels], Features + 1);
        })];
    }

    private static void AssertNear(double[] expected, double[] actual)
    {
        double largest = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * largest));
    }
}
