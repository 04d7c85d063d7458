namespace MetaML.Adapters.Bayesian.Covariances;

/// <summary>A sum of second moments of heads about their mean: the statistics for the next covariance (the maximisation step of EM).</summary>
/// <remarks>Its form sums no more than its own step needs: the whole matrix C, or the diagonal of C and CΣ̃⁻¹L.</remarks>
internal abstract class SecondMoment
{
    /// <summary>C += factor · vvᵀ for each row v.</summary>
    /// <param name="rows">[rows, width], row-major.</param>
    /// <param name="factor">Any sign.</param>
    public abstract void AddRows(ReadOnlySpan<double> rows, double factor);

    /// <summary>C += factor · Σ̃.</summary>
    public abstract void AddPrior(double factor);

    /// <summary>C += factor · S for a symmetric matrix.</summary>
    /// <param name="matrix">S [width, width].</param>
    /// <param name="factor">Any sign.</param>
    public abstract void AddMatrix(double[] matrix, double factor);

    /// <summary>C ← factor · C + diag(d).</summary>
    /// <param name="factor">Positive.</param>
    /// <param name="diagonal">d [width].</param>
    public abstract void ScaleAndAddDiagonal(double factor, ReadOnlySpan<double> diagonal);

    /// <summary>C += the other's C, of the same prior.</summary>
    public abstract void Add(SecondMoment other);
}
