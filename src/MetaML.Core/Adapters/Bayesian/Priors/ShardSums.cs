namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>The sums over the tasks of a shard: O(width²) numbers, and no row.</summary>
internal sealed record ShardSums
{
    /// <summary>Number of tasks.</summary>
    public required int Tasks { get; init; }

    /// <summary>Total weight of the rows, over all outputs.</summary>
    public required double Count { get; init; }

    /// <summary>yᵀSy.</summary>
    public required double SquaredLabels { get; init; }

    /// <summary>δ [outputs][width].</summary>
    public required double[][] Shifts { get; init; }

    /// <summary>δδᵀ over all outputs, [width, width].</summary>
    public required double[] Squares { get; init; }

    /// <summary>S̃ less the prior's share of it, [width, width]; see <see cref="TaskPosterior.AddCovariance"/>.</summary>
    public required double[] Covariances { get; init; }

    /// <summary>The prior's share of S̃.</summary>
    public required double PriorShare { get; init; }

    /// <summary>q.</summary>
    public required double Quadratic { get; init; }

    /// <summary>log |G| over all outputs.</summary>
    public required double LogDeterminant { get; init; }

    /// <summary>The sums over several shards, in their order, so that the bits do not depend on where shards are.</summary>
    public static ShardSums Of(IReadOnlyList<ShardSums> shards)
    {
        ShardSums first = shards[0];
        double[][] shifts = [.. first.Shifts.Select(shift => new double[shift.Length])];
        double[] squares = new double[first.Squares.Length], covariances = new double[first.Covariances.Length];
        foreach (ShardSums shard in shards)
        {
            for (int k = 0; k < shifts.Length; k++)
                Add(shard.Shifts[k], shifts[k]);
            Add(shard.Squares, squares);
            Add(shard.Covariances, covariances);
        }

        return new ShardSums
        {
            Tasks = shards.Sum(shard => shard.Tasks),
            Count = shards.Sum(shard => shard.Count),
            SquaredLabels = shards.Sum(shard => shard.SquaredLabels),
            Shifts = shifts,
            Squares = squares,
            Covariances = covariances,
            PriorShare = shards.Sum(shard => shard.PriorShare),
            Quadratic = shards.Sum(shard => shard.Quadratic),
            LogDeterminant = shards.Sum(shard => shard.LogDeterminant),
        };
    }

    private static void Add(double[] values, double[] sum)
    {
        for (int i = 0; i < sum.Length; i++)
            sum[i] += values[i];
    }
}
