using MetaML.Adapters.Bayesian.Priors;

namespace MetaML.Extensions.Orleans.Learning.Priors;

/// <summary>The sums of a shard, as they are sent.</summary>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.PriorAnswer")]
internal sealed record PriorAnswer
{
    // Tasks, count, squared labels, prior share, quadratic and log determinant.
    [Id(0)]
    private readonly double[] _scalars;

    [Id(1)]
    private readonly double[][] _shifts;

    [Id(2)]
    private readonly double[] _squares;

    [Id(3)]
    private readonly double[] _covariances;

    public PriorAnswer(ShardSums sums)
    {
        _scalars = [sums.Tasks, sums.Count, sums.SquaredLabels, sums.PriorShare, sums.Quadratic, sums.LogDeterminant];
        (_shifts, _squares, _covariances) = (sums.Shifts, sums.Squares, sums.Covariances);
    }

    /// <summary>The size of the sums.</summary>
    public long ByteCount => sizeof(double) * (_scalars.Length + _shifts.Sum(shift => (long)shift.Length) + _squares.Length + _covariances.Length);

    public ShardSums ToSums() => new()
    {
        Tasks = (int)_scalars[0],
        Count = _scalars[1],
        SquaredLabels = _scalars[2],
        PriorShare = _scalars[3],
        Quadratic = _scalars[4],
        LogDeterminant = _scalars[5],
        Shifts = _shifts,
        Squares = _squares,
        Covariances = _covariances,
    };
}
