namespace MetaML.Adapters.Bayesian.Covariances;

/// <summary>The covariance Σ̃ of the heads of tasks, in units of the noise variance. Immutable.</summary>
internal abstract class Covariance
{
    private double[]? _dense;
    private double[]? _precision;

    /// <param name="width">Embedding + 1.</param>
    /// <param name="logDeterminant">log |Σ̃|.</param>
    private protected Covariance(int width, double logDeterminant)
    {
        Width = width;
        LogDeterminant = logDeterminant;
    }

    /// <summary>Embedding + 1.</summary>
    public int Width { get; }

    /// <summary>log |Σ̃|.</summary>
    public double LogDeterminant { get; }

    /// <summary>Σ̃ [width, width], row-major; computed on first use.</summary>
    public double[] Dense => _dense ??= ToDense();

    /// <summary>Σ̃⁻¹ [width, width], row-major; computed on first use.</summary>
    public double[] Precision => _precision ??= Invert();

    /// <summary>The diagonal of Σ̃, [width].</summary>
    public abstract double[] Diagonal();

    /// <summary>The diagonal of Σ̃⁻¹, [width].</summary>
    public abstract double[] PrecisionDiagonal();

    /// <summary>ZΣ̃.</summary>
    /// <param name="rows">Z [rows, width], row-major.</param>
    /// <param name="product">Receives [rows, width].</param>
    public abstract void MultiplyRows(ReadOnlySpan<double> rows, Span<double> product);

    /// <summary>A zero second moment of heads, which sums the parts that the form of this covariance needs.</summary>
    public abstract SecondMoment CreateMoment();

    private protected abstract double[] ToDense();

    private protected abstract double[] Invert();
}
