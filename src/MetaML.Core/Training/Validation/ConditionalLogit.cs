using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Training.Validation;

/// <summary>A choice among outputs, described by terms of each output.</summary>
/// <param name="Terms">The value of each term for each output, [outputs, terms].</param>
/// <param name="Shares">The sets of coefficients of the row, and their shares, which sum to 1.</param>
/// <param name="One">The factor of the output's offset.</param>
/// <param name="Label">The number of the chosen output.</param>
/// <param name="Weight">The example weight.</param>
internal sealed record LogitRow(float[] Terms, IReadOnlyList<(int At, double Share)> Shares, float One, int Label, double Weight);

/// <summary>Conditional logistic regression: the score of output k is Σⱼ βⱼxₖⱼ + dₖ, with coefficients β that all outputs share, and probabilities are the softmax of the scores.</summary>
/// <remarks>
/// The coefficients of a row are a weighted mean of several sets of coefficients. Each number has a normal prior. Source: McFadden,
/// Conditional logit analysis of qualitative choice behavior, 1974.
/// </remarks>
internal sealed class ConditionalLogit : ConvexObjective
{
    private const double Precision = 1e-6; // of the fitted numbers, in units of their prior deviations

    private readonly IReadOnlyList<LogitRow> _rows;
    private readonly int _terms, _outputs;
    private readonly double[] _centre, _deviations;
    private readonly double[][] _probabilities; // of each row, at the last evaluated arguments
    private readonly double[] _scores, _coefficients;

    private ConditionalLogit(IReadOnlyList<LogitRow> rows, int terms, int outputs, double[] centre, double[] deviations)
    {
        (_rows, _terms, _outputs, _centre, _deviations) = (rows, terms, outputs, centre, deviations);
        _probabilities = [.. rows.Select(_ => new double[outputs])];
        _scores = new double[outputs];
        _coefficients = new double[terms];
    }

    /// <summary>The most probable coefficients [sets, terms], followed by the offsets [outputs].</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="terms">The number of terms.</param>
    /// <param name="outputs">The number of outputs.</param>
    /// <param name="centre">The mean of the prior, [sets · terms + outputs].</param>
    /// <param name="deviations">The standard deviations of the prior, of the same length; 0 for a number that is not fitted.</param>
    public static double[] Fit(IReadOnlyList<LogitRow> rows, int terms, int outputs, double[] centre, double[] deviations)
    {
        var logit = new ConditionalLogit(rows, terms, outputs, centre, deviations);
        return logit.Values(logit.Minimize(new double[centre.Length], 200, Precision));
    }

    /// <inheritdoc/>
    protected override double Evaluate(double[] u, double[] gradient)
    {
        double[] values = Values(u);
        double value = 0.5 * TensorPrimitives.SumOfSquares<double>(u);
        Array.Clear(gradient);
        for (int i = 0; i < _rows.Count; i++)
        {
            LogitRow row = _rows[i];
            double[] probabilities = _probabilities[i];
            Score(row, values);
            double largest = _scores[0], sum = 0;
            foreach (double score in _scores)
                largest = Math.Max(largest, score);
            for (int k = 0; k < _outputs; k++)
                sum += probabilities[k] = Math.Exp(_scores[k] - largest);
            value += row.Weight * (largest + Math.Log(sum) - _scores[row.Label]);
            for (int k = 0; k < _outputs; k++)
                _scores[k] = row.Weight * (probabilities[k] /= sum);
            _scores[row.Label] -= row.Weight;
            AddProducts(row, gradient);
        }

        TensorPrimitives.MultiplyAdd<double>(gradient, _deviations, u, gradient);
        return value;
    }

    /// <inheritdoc/>
    protected override void MultiplyByHessian(double[] v, double[] product)
    {
        double[] changes = new double[v.Length];
        TensorPrimitives.Multiply<double>(v, _deviations, changes);
        Array.Clear(product);
        for (int i = 0; i < _rows.Count; i++)
        {
            LogitRow row = _rows[i];
            double[] probabilities = _probabilities[i];
            Score(row, changes);
            double mean = 0;
            for (int k = 0; k < _outputs; k++)
                mean += probabilities[k] * _scores[k];
            for (int k = 0; k < _outputs; k++)
                _scores[k] = row.Weight * probabilities[k] * (_scores[k] - mean);
            AddProducts(row, product);
        }

        TensorPrimitives.MultiplyAdd<double>(product, _deviations, v, product);
    }

    private double[] Values(double[] u)
    {
        double[] values = new double[u.Length];
        TensorPrimitives.MultiplyAdd<double>(u, _deviations, _centre, values);
        return values;
    }

    // The scores of a row.
    private void Score(LogitRow row, double[] values)
    {
        Array.Clear(_coefficients);
        for (int i = 0; i < row.Shares.Count; i++)
        {
            var (at, share) = row.Shares[i];
            for (int j = 0; j < _terms; j++)
                _coefficients[j] += share * values[at * _terms + j];
        }

        for (int k = 0; k < _outputs; k++)
        {
            double score = row.One * values[values.Length - _outputs + k];
            for (int j = 0; j < _terms; j++)
                score += _coefficients[j] * row.Terms[k * _terms + j];
            _scores[k] = score;
        }
    }

    // Adds the products of the scores' derivatives with the terms to a gradient.
    private void AddProducts(LogitRow row, double[] gradient)
    {
        Array.Clear(_coefficients);
        for (int k = 0; k < _outputs; k++)
        {
            for (int j = 0; j < _terms; j++)
                _coefficients[j] += _scores[k] * row.Terms[k * _terms + j];
            gradient[gradient.Length - _outputs + k] += row.One * _scores[k];
        }

        for (int i = 0; i < row.Shares.Count; i++)
        {
            var (at, share) = row.Shares[i];
            for (int j = 0; j < _terms; j++)
                gradient[at * _terms + j] += share * _coefficients[j];
        }
    }
}
