using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;

namespace MetaML.Training.Validation;

/// <summary>Tests whether the residuals of a learner depend on products of features, or are alike for near rows, so that a kernel or a network could explain them.</summary>
/// <remarks>
/// The statistic is S = Σ rᵢᵀrⱼ k(xᵢ, xⱼ) over pairs of different rows, with a centred kernel k: the score test of the variance of an additional
/// function with covariance k (Lin, Variance component testing in generalised linear models with random effects, 1997). If residuals
/// are independent, its mean is 0 and its variance is 2Σ(rᵢᵀrⱼk)². One sum is over pairs within each task, for functions of each
/// task's own. Another is over pairs of all tasks, for a function that they share. The kernels are (xᵀx′)² and a Gaussian one. A kernel or a network can be
/// worth its time if one of the four sums is larger than two standard deviations.
/// </remarks>
internal static class ResidualTest
{
    private const double Significant = 2; // standard deviations
    private const int MaximumTasks = 100;
    private const int MaximumRowsOfTask = 100;
    private const int MaximumRows = 2000; // of all tasks together

    /// <summary>Whether a kernel or a network could explain the residuals of tasks that were adapted on all their rows.</summary>
    /// <param name="tasks">The tasks, with standardised labels.</param>
    /// <param name="model">A model without calibration.</param>
    /// <param name="seed">The seed of the choice of rows.</param>
    public static bool IsSignificant(TaskSet tasks, MetaModel model, int seed)
    {
        var random = new Random(seed);
        LearningTask[] some = [.. RowSampler.Some(tasks.Tasks.Count, Math.Min(tasks.Tasks.Count, MaximumTasks), random).Select(i => tasks.Tasks[i])];
        Residual[][] residuals = [.. some.Zip(model.AdaptStandardized(tasks.With(some), new AdaptationOptions()), (task, adapted) =>
            Residuals(tasks, model, task, adapted, RowSampler.Some(task.RowCount, Math.Min(task.RowCount, MaximumRowsOfTask), random)))];
        Residual[] together = [.. residuals.SelectMany(own => own)];
        together = [.. RowSampler.Some(together.Length, Math.Min(together.Length, MaximumRows), random).Select(i => together[i])];
        return together.Length > 1 && new[] { residuals, [together] }.Any(blocks => new[] { Quadratic, Gaussian }.Any(kernel => Score(blocks, kernel) > Significant));
    }

    // The sum in standard deviations.
    private static double Score(IEnumerable<Residual[]> blocks, Func<float[], float[], double> kernel)
    {
        double sum = 0, variance = 0;
        foreach (Residual[] block in blocks)
        {
            (double Product, double Kernel)[] pairs = [.. Enumerable.Range(0, block.Length).SelectMany(i => Enumerable.Range(0, i).Select(j =>
                ((double)TensorPrimitives.Dot<float>(block[i].Errors, block[j].Errors), kernel(block[i].Features, block[j].Features))))];
            double mean = pairs.Length == 0 ? 0 : pairs.Average(pair => pair.Kernel);
            foreach (var (product, value) in pairs)
            {
                double term = product * (value - mean);
                sum += term;
                variance += term * term;
            }
        }

        return variance > 0 ? sum / Math.Sqrt(variance) : 0;
    }

    private static double Quadratic(float[] x, float[] y)
    {
        double product = TensorPrimitives.Dot<float>(x, y) / x.Length;
        return product * product;
    }

    // The squared distance of two standardised rows is 2 for each feature.
    private static double Gaussian(float[] x, float[] y)
    {
        double distance = TensorPrimitives.Distance<float>(x, y);
        return Math.Exp(-distance * distance / x.Length);
    }

    private static Residual[] Residuals(TaskSet tasks, MetaModel model, LearningTask task, AdaptedTask adapted, int[] rows)
    {
        MetaScorer scorer = model.CreateScorer();
        return Array.ConvertAll(rows, row =>
        {
            float[] errors = [.. scorer.Score(adapted, tasks.Features[task.Rows[row]])];
            float label = task.Labels[row];
            switch (model.Kind)
            {
                case LabelKind.Regression:
                    errors[0] = label - (float)((errors[0] - model.Labels.Mean) / model.Labels.Deviation);
                    break;
                case LabelKind.Binary:
                    errors[0] = label - 1 / (1 + MathF.Exp(-errors[0]));
                    break;
                default:
                    TensorPrimitives.SoftMax(errors, errors);
                    TensorPrimitives.Negate(errors, errors);
                    errors[adapted.OutputOf((int)label)] += 1;
                    break;
            }

            return new Residual(scorer.ScaledFeatures(0), errors);
        });
    }

    private readonly record struct Residual(float[] Features, float[] Errors);
}
