using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>The regression of all tasks on the coefficients β of a mixed model, for a given covariance of heads: generalised least squares.</summary>
/// <param name="tasks">The training tasks, all with the same outputs.</param>
/// <param name="design">The coefficients.</param>
internal sealed class MixedRegression(IReadOnlyList<MixedTask> tasks, MixedDesign design)
{
    // A direction of β that no row determines stays as it is.
    private const double RelativeRidge = 1e-11;

    private readonly MixedTask[] _tasks = [.. tasks];
    private readonly TaskEvidence[] _evidence = [.. tasks.Select(task => task.Evidence)];

    /// <summary>The coefficients.</summary>
    public MixedDesign Design => design;

    /// <summary>Number of outputs.</summary>
    public int Outputs => _evidence[0].Outputs;

    /// <summary>Number of heads.</summary>
    public int Heads => _tasks.Length * Outputs;

    /// <summary>The tasks.</summary>
    public IReadOnlyList<MixedTask> Tasks => _tasks;

    /// <summary>The evidence of the tasks.</summary>
    public IReadOnlyList<TaskEvidence> Evidence => _evidence;

    /// <summary>The deviations of all tasks, integrated out.</summary>
    /// <param name="root">L of Σ̃ = LLᵀ, [varying, columns].</param>
    /// <exception cref="ArithmeticException">A task's system is singular in double precision.</exception>
    public HeadDeviation[] Integrate(double[] root)
    {
        var deviations = new HeadDeviation[_tasks.Length];
        ParallelLoop.For(deviations.Length, t => deviations[t] = new HeadDeviation(_tasks[t].Form, design.Varying, root));
        return deviations;
    }

    /// <summary>The mean head of a task.</summary>
    public double[] MeanOf(int task, double[] coefficients) => design.MeanOf(coefficients, _tasks[task].Covariates);

    /// <summary>q of each task over all outputs.</summary>
    public double[] Quadratics(HeadDeviation[] deviations, double[][] coefficients) => [.. deviations.Select((deviation, t) =>
        Enumerable.Range(0, Outputs).Sum(k => deviation.Rest.At(k, MeanOf(t, coefficients[k]))))];

    /// <summary>τ of each task.</summary>
    public double[] Precisions(double[] quadratics, double variance, double shape) =>
        [.. quadratics.Select((quadratic, t) => TaskNoise.Precision(_evidence[t], quadratic, variance, shape))];

    /// <summary>log p(y | Z) of all tasks.</summary>
    public double LogLikelihood(HeadDeviation[] deviations, double[] quadratics, double variance, double shape) =>
        TaskNoise.LogLikelihood(_evidence, quadratics, variance, shape) - 0.5 * Outputs * deviations.Sum(deviation => deviation.LogDeterminant);

    /// <summary>Σ τ XᵀMX and a penalty: the inverse covariance of the estimate of β, the same for each output, [size, size].</summary>
    /// <param name="deviations">Of the tasks.</param>
    /// <param name="precisions">τ.</param>
    /// <param name="penalty">The diagonal of a quadratic penalty on β, [size].</param>
    public double[] Information(HeadDeviation[] deviations, double[] precisions, double[] penalty)
    {
        int size = design.Size;
        var information = new double[size * size];
        for (int t = 0; t < deviations.Length; t++)
            design.AddInformation(deviations[t].Rest.Products, _tasks[t].Covariates, precisions[t], information);
        for (int i = 0; i < size; i++)
        {
            ref double diagonal = ref information[i * size + i];
            diagonal = (diagonal > 0 ? diagonal * (1 + RelativeRidge) : 1) + penalty[i];
        }

        return information;
    }

    /// <summary>The score of a task about its mean head: Zᵀ V⁻¹ (y − Zm), in units of the noise, [width].</summary>
    public static double[] Score(HeadDeviation deviation, int output, double[] mean)
    {
        double[] score = [.. deviation.Rest.Right[output]];
        TensorPrimitives.Subtract(score, MatrixAlgebra.Multiply(deviation.Rest.Products, mean), score);
        return score;
    }

    /// <summary>A Newton step of β, which is exact for given τ.</summary>
    /// <param name="deviations">Of the tasks.</param>
    /// <param name="precisions">τ.</param>
    /// <param name="information">With the penalty.</param>
    /// <param name="coefficients">β before.</param>
    /// <param name="penalty">The diagonal of the penalty, [size].</param>
    public double[][] Solve(HeadDeviation[] deviations, double[] precisions, double[] information, double[][] coefficients, double[] penalty)
    {
        int size = design.Size, outputs = Outputs;
        var steps = new double[size * outputs];
        var gradient = new double[size];
        for (int k = 0; k < outputs; k++)
        {
            Array.Clear(gradient);
            for (int t = 0; t < deviations.Length; t++)
                design.AddScore(Score(deviations[t], k, MeanOf(t, coefficients[k])), _tasks[t].Covariates, precisions[t], gradient);
            for (int i = 0; i < size; i++)
                steps[i * outputs + k] = gradient[i] - penalty[i] * coefficients[k][i];
        }

        Cholesky.Solve([.. information], size, steps, outputs);
        return [.. coefficients.Select((values, k) => values.Select((value, i) => value + steps[i * outputs + k]).ToArray())];
    }
}
