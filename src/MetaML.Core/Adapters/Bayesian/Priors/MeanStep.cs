using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>The step of the prior mean by generalised least squares: m += Σ̃c with (X + pΣ̃DΣ̃)c = Στₜδₜ − pΣ̃Dm and X = (Στₜ)Σ̃ − ΣτₜS̃ₜ.</summary>
/// <remarks>
/// p is the precision of the slopes of m, which are normal about 0, and D is the identity without the intercept.
/// X gets a thousandth of (Στₜ)Σ̃, the system of expectation maximisation, so that a direction that no row determines stays as it
/// is. Embeddings of more than 63 values never form X: conjugate gradients with a diagonal preconditioner (Nocedal and Wright,
/// Numerical Optimization, 2006, algorithm 5.3) multiply by the posteriors, so that the cost is linear in the embedding. Each of their
/// iterations raises the likelihood, so it does not matter that they stop early.
/// </remarks>
internal static class MeanStep
{
    /// <summary>The share of the system of expectation maximisation.</summary>
    public const double ExpectationShare = 1e-3;

    /// <summary>The largest width for which X is formed.</summary>
    public const int LargestMatrix = 64;

    private const int MaximumIterations = 20;

    private const double Tolerance = 1e-2; // of the residual

    /// <summary>The direction c of each output, [outputs][width].</summary>
    /// <param name="prior">m and Σ̃.</param>
    /// <param name="posteriors">Of all tasks.</param>
    /// <param name="precisions">τ of each task.</param>
    /// <param name="precision">p.</param>
    public static double[][] Directions(ScaledHeadPrior prior, TaskPosterior[] posteriors, double[] precisions, double precision)
    {
        double[][] right = [.. prior.Mean.Select(mean => Pull(prior.Covariance, mean, -precision))];
        for (int t = 0; t < posteriors.Length; t++)
        {
            for (int k = 0; k < right.Length; k++)
                MatrixAlgebra.AddScaled(posteriors[t].Shifts[k], precisions[t], right[k]);
        }

        return prior.Covariance.Width <= LargestMatrix
            ? ByMatrix(SystemOf(prior.Covariance, posteriors, precisions, precision), prior.Covariance.Width, right)
            : ByGradients(prior.Covariance, posteriors, precisions, precision, right);
    }

    /// <summary>The direction of each output from sums over tasks.</summary>
    /// <param name="prior">m and Σ̃, of at most <see cref="LargestMatrix"/> values.</param>
    /// <param name="shifts">Στₜδₜ of each output; overwritten.</param>
    /// <param name="system">X [width, width]; overwritten.</param>
    /// <param name="precision">p.</param>
    public static double[][] Directions(ScaledHeadPrior prior, double[][] shifts, double[] system, double precision)
    {
        for (int k = 0; k < shifts.Length; k++)
            MatrixAlgebra.AddScaled(Pull(prior.Covariance, prior.Mean[k], -precision), 1, shifts[k]);
        AddPrecision(prior.Covariance, precision, system);
        return ByMatrix(system, prior.Covariance.Width, shifts);
    }

    /// <summary>Σ̃c of each direction c.</summary>
    /// <param name="covariance">Σ̃.</param>
    /// <param name="directions">c of each output, [outputs][width].</param>
    public static double[][] Moves(Covariance covariance, double[][] directions) => Array.ConvertAll(directions, direction =>
    {
        var move = new double[direction.Length];
        covariance.MultiplyRows(direction, move);
        return move;
    });

    /// <summary>The posterior variance of each value of m, given Σ̃ and p: the diagonal of Σ̃(X + pΣ̃DΣ̃)⁻¹Σ̃. For more than 63 values, that of the diagonal of X.</summary>
    /// <param name="covariance">Σ̃.</param>
    /// <param name="posteriors">Of all tasks.</param>
    /// <param name="precisions">τ of each task.</param>
    /// <param name="precision">p.</param>
    public static double[] Variances(Covariance covariance, TaskPosterior[] posteriors, double[] precisions, double precision)
    {
        int width = covariance.Width;
        if (width > LargestMatrix)
        {
            double[] variances = covariance.Diagonal();
            return [.. DiagonalOf(covariance, posteriors, precisions).Zip(variances, (value, variance) => 1 / (value / (variance * variance) + precision))];
        }

        return VariancesBy(SystemOf(covariance, posteriors, precisions, precision), covariance);
    }

    /// <summary>The same from sums over tasks, for at most <see cref="LargestMatrix"/> values.</summary>
    /// <param name="covariance">Σ̃.</param>
    /// <param name="system">X [width, width]; overwritten.</param>
    /// <param name="precision">p.</param>
    public static double[] Variances(Covariance covariance, double[] system, double precision)
    {
        AddPrecision(covariance, precision, system);
        return VariancesBy(system, covariance);
    }

    private static double[] VariancesBy(double[] system, Covariance covariance)
    {
        int width = covariance.Width;
        double[] dense = covariance.Dense, solution = [.. dense];
        Cholesky.Solve(system, width, solution, width);
        return [.. Enumerable.Range(0, width).Select(j => Enumerable.Range(0, width).Sum(i => dense[j * width + i] * solution[i * width + j]))];
    }

    // pΣ̃Dv
    private static double[] Pull(Covariance covariance, double[] vector, double precision)
    {
        double[] slopes = [.. vector], pull = new double[vector.Length];
        slopes[^1] = 0;
        covariance.MultiplyRows(slopes, pull);
        TensorPrimitives.Multiply(pull, precision, pull);
        return pull;
    }

    // X + pΣ̃DΣ̃
    private static double[] SystemOf(Covariance covariance, TaskPosterior[] posteriors, double[] precisions, double precision)
    {
        var system = new DenseMoment(covariance);
        double prior = 0;
        for (int t = 0; t < posteriors.Length; t++)
        {
            double factor = (1 - ExpectationShare) * precisions[t];
            posteriors[t].AddCovariance(-factor, system);
            prior += precisions[t] - factor * posteriors[t].PriorShare;
        }

        system.AddPrior(prior);
        AddPrecision(covariance, precision, system.Values);
        return system.Values;
    }

    // + pΣ̃DΣ̃
    private static void AddPrecision(Covariance covariance, double precision, double[] system)
    {
        int width = covariance.Width;
        double[] dense = covariance.Dense;
        for (int i = 0; i < width && precision > 0; i++)
        {
            for (int j = 0; j < width - 1; j++)
                MatrixAlgebra.AddScaled(dense.AsSpan(j * width, width), precision * dense[i * width + j], system.AsSpan(i * width, width));
        }
    }

    private static double[][] ByMatrix(double[] system, int width, double[][] right)
    {
        int outputs = right.Length;
        var solution = new double[width * outputs];
        for (int i = 0; i < solution.Length; i++)
            solution[i] = right[i % outputs][i / outputs];
        Cholesky.Solve(system, width, solution, outputs);
        return [.. Enumerable.Range(0, outputs).Select(k => Enumerable.Range(0, width).Select(j => solution[j * outputs + k]).ToArray())];
    }

    // The diagonal of X.
    private static double[] DiagonalOf(Covariance covariance, TaskPosterior[] posteriors, double[] precisions)
    {
        double[] variances = covariance.Diagonal(), diagonal = new double[covariance.Width];
        MatrixAlgebra.AddScaled(variances, ExpectationShare * precisions.Sum(), diagonal);
        for (int t = 0; t < posteriors.Length; t++)
            posteriors[t].AddReductionDiagonal(variances, precisions[t], diagonal);
        return diagonal;
    }

    private static double[][] ByGradients(Covariance covariance, TaskPosterior[] posteriors, double[] precisions, double precision, double[][] right)
    {
        int width = covariance.Width;
        double[] diagonal = DiagonalOf(covariance, posteriors, precisions), move = new double[width];

        return Array.ConvertAll(right, Solve);

        double[] Solve(double[] residual)
        {
            double[] solution = new double[width], preconditioned = new double[width], product = new double[width];
            TensorPrimitives.Divide(residual, diagonal, preconditioned);
            double[] search = [.. preconditioned];
            double squared = TensorPrimitives.Dot<double>(residual, preconditioned), goal = Tolerance * Tolerance * squared;
            for (int i = 0; i < MaximumIterations && squared > goal; i++)
            {
                Multiply(search, product);
                double rate = squared / TensorPrimitives.Dot<double>(search, product);
                MatrixAlgebra.AddScaled(search, rate, solution);
                MatrixAlgebra.AddScaled(product, -rate, residual);
                TensorPrimitives.Divide(residual, diagonal, preconditioned);
                double next = TensorPrimitives.Dot<double>(residual, preconditioned);
                TensorPrimitives.MultiplyAdd(search, next / squared, preconditioned, search);
                squared = next;
            }

            return solution;
        }

        void Multiply(double[] vector, double[] product)
        {
            covariance.MultiplyRows(vector, move);
            TensorPrimitives.Multiply(move, ExpectationShare * precisions.Sum(), product);
            for (int t = 0; t < posteriors.Length; t++)
                posteriors[t].AddReduction(vector, move, precisions[t], product);
            if (precision > 0)
                MatrixAlgebra.AddScaled(Pull(covariance, move, precision), 1, product);
        }
    }
}
