using System.Buffers;
using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>A task's heads given its rows, in units of the noise: wₜ ~ N(m + δ, σ²S̃) for each output.</summary>
/// <param name="prior">m and Σ̃.</param>
/// <param name="shifts">δ [outputs][width].</param>
/// <param name="root">S̃ = (Σ̃⁻¹ + A)⁻¹ [width, width]; or, for a task with few rows, K [rows, width] with S̃ = Σ̃ − KᵀK.</param>
/// <param name="size">Number of values of <paramref name="root"/>. K is rented from the shared pool, and the posterior returns it when it is disposed.</param>
/// <param name="quadratic">q = Σₖ rᵀG⁻¹r with r = S^½(y − Z̃m), G = I + S^½Z̃Σ̃Z̃ᵀS^½.</param>
/// <param name="logDeterminant">log |G|, of each output.</param>
/// <param name="isWhole">Whether <paramref name="root"/> is S̃.</param>
internal sealed class TaskPosterior(ScaledHeadPrior prior, double[][] shifts, double[] root, int size, double quadratic, double logDeterminant, bool isWhole) : IDisposable
{
    /// <summary>δ [outputs][width].</summary>
    public double[][] Shifts => shifts;

    /// <summary>S̃, or K. A later posterior of the same task may take it over, if this one is used no more, and not disposed either.</summary>
    public double[] Root => root;

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

    /// <summary>The share of Σ̃ in S̃ that <see cref="AddCovariance"/> leaves to the caller, so that Σ̃ is added once for all tasks: 1 for few rows, else 0.</summary>
    public double PriorShare => isWhole ? 0 : 1;

    /// <summary>sum += factor · (S̃ − <see cref="PriorShare"/> Σ̃).</summary>
    public void AddCovariance(double factor, SecondMoment sum)
    {
        if (isWhole)
            sum.AddMatrix(root, factor);
        else
            sum.AddRows(root.AsSpan(0, size), -factor);
    }

    /// <summary>factor · S̃, [width, width].</summary>
    public double[] Covariance(double factor)
    {
        var sum = new DenseMoment(prior.Covariance);
        AddCovariance(factor, sum);
        sum.AddPrior(factor * PriorShare);
        return sum.Values;
    }

    /// <summary>sum += factor · Σₖ δδᵀ.</summary>
    public void AddShifts(double factor, SecondMoment sum)
    {
        foreach (double[] shift in shifts)
            sum.AddRows(shift, factor);
    }

    /// <summary>sum += factor · (Σ̃ − S̃)c.</summary>
    /// <param name="direction">c [width].</param>
    /// <param name="move">Σ̃c [width].</param>
    /// <param name="factor">Any.</param>
    /// <param name="sum">[width].</param>
    public void AddReduction(double[] direction, double[] move, double factor, double[] sum)
    {
        if (isWhole)
        {
            for (int j = 0; j < sum.Length; j++)
                sum[j] += factor * (move[j] - TensorPrimitives.Dot<double>(root.AsSpan(j * sum.Length, sum.Length), direction));
            return;
        }

        for (int start = 0; start < size; start += sum.Length)
            MatrixAlgebra.AddScaled(root.AsSpan(start, sum.Length), factor * TensorPrimitives.Dot<double>(root.AsSpan(start, sum.Length), direction), sum);
    }

    /// <summary>sum += factor · diag(Σ̃ − S̃).</summary>
    /// <param name="variances">The diagonal of Σ̃, [width].</param>
    /// <param name="factor">Any.</param>
    /// <param name="sum">[width].</param>
    public void AddReductionDiagonal(ReadOnlySpan<double> variances, double factor, double[] sum)
    {
        int width = variances.Length;
        if (isWhole)
        {
            for (int j = 0; j < width; j++)
                sum[j] += factor * (variances[j] - root[j * width + j]);
            return;
        }

        for (int start = 0; start < size; start += width)
        {
            for (int j = 0; j < width; j++)
                sum[j] += factor * root[start + j] * root[start + j];
        }
    }

    /// <summary>z̃ᵀS̃z̃.</summary>
    /// <param name="row">z̃ [width].</param>
    public double Variance(ReadOnlySpan<double> row)
    {
        double variance = TensorPrimitives.Dot(MatrixAlgebra.Multiply(isWhole ? root : prior.Covariance.Dense, row), row);
        for (int r = 0; !isWhole && r < size; r += row.Length)
        {
            double part = TensorPrimitives.Dot(root.AsSpan(r, row.Length), row);
            variance -= part * part;
        }

        return Math.Max(variance, 0);
    }

    /// <summary>Returns K to the pool; the posterior must not be used afterwards.</summary>
    public void Dispose()
    {
        if (!isWhole)
            ArrayPool<double>.Shared.Return(root);
    }

    private double[] TimesReduction(double[] direction, double[] move)
    {
        var product = new double[direction.Length];
        AddReduction(direction, move, 1, product);
        return product;
    }
}
