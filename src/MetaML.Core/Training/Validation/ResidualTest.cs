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
        return together.Length > 1 && new[] { residuals, [together] }.Any(blocks => Scores(blocks).Max() > Significant);
    }

    // The sums of both kernels, in standard deviations.
    private static double[] Scores(IEnumerable<Residual[]> blocks)
    {
        double[] sums = new double[2], variances = new double[2];
        foreach (Residual[] block in blocks)
        {
            PairSums quadratic = default, gaussian = default;
            double[] squares = Array.ConvertAll(block, row => (double)TensorPrimitives.SumOfSquares<float>(row.Features));
            for (int i = 0; i < block.Length; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    double product = TensorPrimitives.Dot<float>(block[i].Errors, block[j].Errors), inner = TensorPrimitives.Dot<float>(block[i].Features, block[j].Features);
                    double share = inner / block[i].Features.Length;
                    quadratic.Add(product, share * share);
                    gaussian.Add(product, Math.Exp((2 * inner - squares[i] - squares[j]) / block[i].Features.Length)); // the squared distance of two standardised rows is 2 for each feature
                }
            }

            foreach (var (kernel, pairs) in new[] { quadratic, gaussian }.Index())
            {
                sums[kernel] += pairs.Centred;
                variances[kernel] += pairs.Variance;
            }
        }

        return [.. sums.Zip(variances, (sum, variance) => variance > 0 ? sum / Math.Sqrt(variance) : 0)];
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

    // Sums over pairs of rows of powers of p = rᵢᵀrⱼ and of the kernel k.
    private struct PairSums
    {
        private double _count, _kernels, _products, _both, _squares, _squaresTimesKernel, _squaresOfBoth;

        private readonly double Mean => _count > 0 ? _kernels / _count : 0;

        // Σ p(k − k̄)
        public readonly double Centred => _both - Mean * _products;

        // Σ p²(k − k̄)²
        public readonly double Variance => _squaresOfBoth - 2 * Mean * _squaresTimesKernel + Mean * Mean * _squares;

        public void Add(double product, double kernel)
        {
            double both = product * kernel;
            _count++;
            _kernels += kernel;
            _products += product;
            _both += both;
            _squares += product * product;
            _squaresTimesKernel += product * both;
            _squaresOfBoth += both * both;
        }
    }
}
