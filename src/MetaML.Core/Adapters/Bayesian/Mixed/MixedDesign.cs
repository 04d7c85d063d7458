using MetaML.Adapters.Bayesian.Priors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>How the mean of a task's head depends on its covariates, and which dimensions of heads vary beside: m(u) = X(u)β.</summary>
/// <remarks>
/// β is the mean head for covariates of 0, [width], followed by the effects of each covariate on the head. If these are more than
/// <see cref="LargestSystem"/> numbers, a covariate changes the intercept alone.
/// </remarks>
internal sealed class MixedDesign
{
    /// <summary>The largest number of coefficients with effects of covariates on slopes: the cost of a step is cubic in it.</summary>
    public const int LargestSystem = 1000;

    // The products of the rows of each task have width² numbers.
    private const int MostWidth = 1024;

    // The share that is added to variances, so that a covariance at the limit of the positive definite ones has a Cholesky factor.
    private const double Singular = 1e-10;

    private readonly int[] _modulated;

    /// <param name="width">Embedding + 1; the last dimension is the intercept.</param>
    /// <param name="varying">The dimensions in which heads vary, ascending; at least one.</param>
    /// <param name="covariates">Number of covariates.</param>
    /// <exception cref="ArgumentException">There are too many dimensions.</exception>
    public MixedDesign(int width, int[] varying, int covariates)
    {
        if (width > MostWidth)
            throw new ArgumentException($"Features must be at most {MostWidth - 1} if tasks have covariates, effects are fixed, Shrinkage is false, or counts are negative binomial; got {width - 1}. The cost grows with their square for each task. Select features, or use an encoder.", nameof(width));
        Width = width;
        Varying = varying;
        Covariates = covariates;
        _modulated = (long)width * (1 + covariates) <= LargestSystem ? [.. Enumerable.Range(0, width)] : [width - 1];
    }

    /// <summary>Embedding + 1.</summary>
    public int Width { get; }

    /// <summary>The dimensions in which heads vary.</summary>
    public int[] Varying { get; }

    /// <summary>Number of covariates.</summary>
    public int Covariates { get; }

    /// <summary>The dimensions of heads that depend on covariates.</summary>
    public IReadOnlyList<int> Modulated => _modulated;

    /// <summary>Number of values of β.</summary>
    public int Size => Width + Covariates * _modulated.Length;

    /// <summary>The dimension of a head that a coefficient belongs to, and its covariate; −1 for none.</summary>
    public (int Dimension, int Covariate) Of(int coefficient) => coefficient < Width
        ? (coefficient, -1)
        : (_modulated[(coefficient - Width) % _modulated.Length], (coefficient - Width) / _modulated.Length);

    /// <summary>The coefficient of a covariate and the dimension of a head; −1 if the dimension does not depend on it.</summary>
    public int IndexOf(int dimension, int covariate) => Array.IndexOf(_modulated, dimension) is >= 0 and int at ? Width + covariate * _modulated.Length + at : -1;

    /// <summary>Writes the effects of covariates.</summary>
    /// <param name="coefficients">β [outputs][size].</param>
    /// <param name="effects">Receives [covariates, width, outputs].</param>
    public void Store(double[][] coefficients, float[] effects)
    {
        int outputs = coefficients.Length;
        for (int i = Width; i < Size; i++)
        {
            var (dimension, covariate) = Of(i);
            for (int k = 0; k < outputs; k++)
                effects[(covariate * Width + dimension) * outputs + k] = (float)coefficients[k][i];
        }
    }

    /// <summary>Σ of all dimensions, [width, width], as an adapter stores it. A dimension that does not vary gets the variance 1, which the mask of the adapter hides.</summary>
    /// <param name="varying">Σ of the varying dimensions.</param>
    public double[] StoredCovariance(HeadPrior varying)
    {
        double[] covariance = Spread(varying.Covariance);
        for (int j = 0; j < Width; j++)
        {
            ref double variance = ref covariance[j * (Width + 1)];
            variance = Array.BinarySearch(Varying, j) < 0 ? 1 : variance * (1 + Singular) + Singular * varying.NoiseVariance;
        }

        return covariance;
    }

    /// <summary>A matrix of the varying dimensions among all dimensions, [width, width], with zeros for the others.</summary>
    /// <param name="matrix">[varying, varying].</param>
    public double[] Spread(double[] matrix)
    {
        int count = Varying.Length;
        var all = new double[Width * Width];
        for (int i = 0; i < matrix.Length; i++)
            all[Varying[i / count] * Width + Varying[i % count]] = matrix[i];
        return all;
    }

    /// <summary>m(u), [width].</summary>
    /// <param name="coefficients">β.</param>
    /// <param name="covariates">u.</param>
    public double[] MeanOf(ReadOnlySpan<double> coefficients, double[] covariates)
    {
        double[] mean = [.. coefficients[..Width]];
        for (int c = 0; c < Covariates; c++)
        {
            for (int i = 0; i < _modulated.Length; i++)
                mean[_modulated[i]] += covariates[c] * coefficients[Width + c * _modulated.Length + i];
        }

        return mean;
    }

    /// <summary>sum += factor · Xᵀ M X.</summary>
    /// <param name="information">M [width, width].</param>
    /// <param name="covariates">u.</param>
    /// <param name="factor">Any.</param>
    /// <param name="sum">[size, size].</param>
    public void AddInformation(double[] information, double[] covariates, double factor, double[] sum)
    {
        int size = Size;
        if (Covariates == 0)
        {
            MatrixAlgebra.AddScaled(information, factor, sum);
            return;
        }

        for (int i = 0; i < size; i++)
        {
            var (dimension, covariate) = Of(i);
            double scale = factor * (covariate < 0 ? 1 : covariates[covariate]);
            if (scale == 0)
                continue;
            ReadOnlySpan<double> row = information.AsSpan(dimension * Width, Width);
            Span<double> target = sum.AsSpan(i * size, size);
            MatrixAlgebra.AddScaled(row, scale, target[..Width]);
            for (int c = 0, at = Width; c < Covariates; c++)
            {
                for (int j = 0; j < _modulated.Length; j++, at++)
                    target[at] += scale * covariates[c] * row[_modulated[j]];
            }
        }
    }

    /// <summary>sum += factor · Xᵀ r.</summary>
    /// <param name="score">r [width].</param>
    /// <param name="covariates">u.</param>
    /// <param name="factor">Any.</param>
    /// <param name="sum">[size].</param>
    public void AddScore(double[] score, double[] covariates, double factor, double[] sum)
    {
        MatrixAlgebra.AddScaled(score, factor, sum.AsSpan(0, Width));
        for (int i = Width; i < sum.Length; i++)
        {
            var (dimension, covariate) = Of(i);
            sum[i] += factor * covariates[covariate] * score[dimension];
        }
    }

    /// <summary>X C Xᵀ: the covariance of m(u), [width, width].</summary>
    /// <param name="covariance">C: the covariance of β, [size, size].</param>
    /// <param name="covariates">u.</param>
    public double[] CovarianceOfMean(double[] covariance, double[] covariates)
    {
        int size = Size;
        var mean = new double[Width * Width];
        for (int i = 0; i < size; i++)
        {
            var (row, a) = Of(i);
            double left = a < 0 ? 1 : covariates[a];
            for (int j = 0; j < size; j++)
            {
                var (column, b) = Of(j);
                mean[row * Width + column] += left * (b < 0 ? 1 : covariates[b]) * covariance[i * size + j];
            }
        }

        return mean;
    }
}
