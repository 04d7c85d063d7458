using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>A task's heads given its rows, in units of the noise: wₜ ~ N(m + δ, σ²S̃) for each output.</summary>
/// <param name="prior">m and Σ̃.</param>
/// <param name="shifts">δ [outputs][width].</param>
/// <param name="root">S̃ = (Σ̃⁻¹ + A)⁻¹ [width, width]; or, of fewer rows than that, K [rows, width] with S̃ = Σ̃ − KᵀK.</param>
/// <param name="quadratic">q = Σₖ rᵀG⁻¹r with r = S^½(y − Z̃m), G = I + S^½Z̃Σ̃Z̃ᵀS^½.</param>
/// <param name="logDeterminant">log |G|, of each output.</param>
internal sealed class TaskPosterior(ScaledHeadPrior prior, double[][] shifts, double[] root, double quadratic, double logDeterminant)
{
    private readonly bool _isWhole = root.Length == prior.Covariance.Length;

    /// <summary>δ [outputs][width].</summary>
    public double[][] Shifts => shifts;

    /// <summary>q.</summary>
    public double Quadratic { get; private set; } = quadratic;

    /// <summary>log |G| over all outputs.</summary>
    public double LogDeterminant => shifts.Length * logDeterminant;

    /// <summary>Changes m by Σ̃c of each output, which costs no more than a product: δ += S̃c − Σ̃c, q −= 2cᵀδ − cᵀ(Σ̃ − S̃)c with δ before.</summary>
    /// <param name="directions">c [outputs][width].</param>
    /// <param name="moves">Σ̃c [outputs][width].</param>
    public void Move(double[][] directions, double[][] moves)
    {
        for (int k = 0; k < shifts.Length; k++)
        {
            double[] change = TimesReduction(directions[k], moves[k]); // (Σ̃ − S̃)c
            Quadratic += TensorPrimitives.Dot<double>(directions[k], change) - 2 * TensorPrimitives.Dot<double>(directions[k], shifts[k]);
            TensorPrimitives.Subtract(shifts[k], change, shifts[k]);
        }

        Quadratic = Math.Max(Quadratic, 0);
    }

    /// <summary>sum += factor · S̃.</summary>
    public void AddCovariance(double factor, double[] sum)
    {
        if (_isWhole)
        {
            MatrixAlgebra.AddScaled(root, factor, sum);
            return;
        }

        MatrixAlgebra.AddScaled(prior.Covariance, factor, sum);
        int width = prior.Mean[0].Length;
        for (int r = 0; r < root.Length; r += width)
            AddProduct(root.AsSpan(r, width), -factor, sum);
    }

    /// <summary>z̃ᵀS̃z̃.</summary>
    /// <param name="row">z̃ [width].</param>
    public double Variance(ReadOnlySpan<double> row)
    {
        double variance = TensorPrimitives.Dot(MatrixAlgebra.Multiply(_isWhole ? root : prior.Covariance, row), row);
        for (int r = 0; !_isWhole && r < root.Length; r += row.Length)
        {
            double part = TensorPrimitives.Dot(root.AsSpan(r, row.Length), row);
            variance -= part * part;
        }

        return Math.Max(variance, 0);
    }

    /// <summary>sum += factor · Σₖ δδᵀ.</summary>
    public void AddShifts(double factor, double[] sum)
    {
        foreach (double[] shift in shifts)
            AddProduct(shift, factor, sum);
    }

    private static void AddProduct(ReadOnlySpan<double> vector, double factor, double[] sum)
    {
        for (int i = 0; i < vector.Length; i++)
            MatrixAlgebra.AddScaled(vector, factor * vector[i], sum.AsSpan(i * vector.Length, vector.Length));
    }

    private double[] TimesReduction(double[] direction, double[] move)
    {
        double[] product;
        if (_isWhole)
        {
            product = MatrixAlgebra.Multiply(root, direction);
            TensorPrimitives.Subtract(move, product, product);
            return product;
        }

        int width = direction.Length;
        product = new double[width];
        for (int r = 0; r < root.Length; r += width)
            MatrixAlgebra.AddScaled(root.AsSpan(r, width), TensorPrimitives.Dot<double>(root.AsSpan(r, width), direction), product);
        return product;
    }
}
