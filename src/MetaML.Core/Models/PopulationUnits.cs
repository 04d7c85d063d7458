using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Numerics;

namespace MetaML.Models;

/// <summary>Converts heads of standardised features and covariates to the units of the user's feature and covariate columns.</summary>
/// <remarks>
/// With zⱼ = sⱼ(xⱼ − μⱼ), w·z + b = Σ sⱼwⱼxⱼ + b − Σ sⱼμⱼwⱼ, which is T(w, b). With uᵢ = tᵢ(vᵢ − νᵢ), the mean head m₀ + Σ uᵢmᵢ is
/// m₀ − Σ tᵢνᵢmᵢ + Σ vᵢ tᵢmᵢ.
/// </remarks>
/// <param name="design">Of a model without an encoder, whose embedding is the features.</param>
/// <param name="features">The scaling of features; null for none.</param>
/// <param name="covariates">The standardisation of covariates; null for none.</param>
internal sealed class PopulationUnits(MetaModelDesign design, FeatureScaling? features, CovariateScaling? covariates)
{
    private int Width => design.Head.EmbeddingDimension + 1;

    /// <summary>The names of the dimensions of a head; the last one is "(Intercept)".</summary>
    public IReadOnlyList<string> Names => [.. Enumerable.Range(0, Width - 1).Select(j => design.FeatureNames.Count > 0 ? design.FeatureNames[j] : $"Feature{j}"), "(Intercept)"];

    /// <summary>T(w, b).</summary>
    /// <param name="head">[width], the intercept last.</param>
    public double[] Head(ReadOnlySpan<double> head)
    {
        double[] raw = head.ToArray();
        for (int j = 0; j < Width - 1; j++)
        {
            raw[j] *= ScaleOf(j);
            raw[^1] -= raw[j] * ShiftOf(j);
        }

        return raw;
    }

    /// <summary>The mean head for covariates of 0, and the effects of each covariate, in the user's units.</summary>
    /// <param name="heads">The mean head for average covariates, and the effects of each standardised covariate, [1 + covariates][width].</param>
    public double[][] Coefficients(IReadOnlyList<double[]> heads)
    {
        double[][] raw = [.. heads.Select(head => Head(head))];
        for (int i = 1; i < raw.Length; i++)
        {
            float scale = covariates!.Scale[i - 1], shift = covariates.Shift[i - 1];
            for (int j = 0; j < raw[i].Length; j++)
            {
                raw[i][j] *= scale;
                raw[0][j] -= shift * raw[i][j];
            }
        }

        return raw;
    }

    /// <summary>T Σ Tᵀ.</summary>
    /// <param name="covariance">Σ [width, width].</param>
    public double[] Covariance(double[] covariance)
    {
        int width = Width;
        double[] half = new double[width * width], raw = new double[width * width];
        for (int i = 0; i < width; i++) // ΣTᵀ: each row of Σ is a head
            Head(covariance.AsSpan(i * width, width)).CopyTo(half, i * width);
        for (int j = 0; j < width; j++)
        {
            double[] column = Head([.. Enumerable.Range(0, width).Select(i => half[i * width + j])]);
            for (int i = 0; i < width; i++)
                raw[i * width + j] = column[i];
        }

        return raw;
    }

    /// <summary>The standard errors of <see cref="Coefficients"/>, [size].</summary>
    /// <param name="covariance">The covariance of the mean head and of the effects, [size, size]; effects may be those on the intercept alone.</param>
    public double[] StandardErrors(double[] covariance)
    {
        int size = (int)Math.Sqrt(covariance.Length), width = Width, count = covariates?.Scale.Length ?? 0;
        int part = count == 0 ? 0 : (size - width) / count; // effects of a covariate: on the whole head, or on the intercept
        var rows = new double[size][]; // the map from standardised coefficients to those in the user's units
        for (int i = 0; i < size; i++)
            rows[i] = new double[size];
        for (int i = 0; i < size; i++)
        {
            var heads = new double[1 + count][];
            for (int c = 0; c <= count; c++)
                heads[c] = new double[width];
            if (i < width)
                heads[0][i] = 1;
            else
                heads[1 + (i - width) / part][width - part + (i - width) % part] = 1;
            double[][] raw = Coefficients(heads);
            for (int j = 0; j < size; j++)
                rows[j][i] = j < width ? raw[0][j] : raw[1 + (j - width) / part][width - part + (j - width) % part];
        }

        return [.. rows.Select(row => Math.Sqrt(Math.Max(TensorPrimitives.Dot<double>(MatrixAlgebra.Multiply(covariance, row), row), 0)))];
    }

    private float ScaleOf(int feature) => features is null ? 1 : features.Scale[features.Scale.Length == 1 ? 0 : feature];

    private float ShiftOf(int feature) => features?.Shift?[feature] ?? 0;
}
