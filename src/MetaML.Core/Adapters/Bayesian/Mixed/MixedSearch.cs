using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Maximises the marginal likelihood of the labels of all tasks over β, Σ, and the noise: a linear mixed model wₜ ~ N(X(uₜ)β, Σ), y = wₜᵀz̃ + ε.</summary>
/// <remarks>
/// <para>A step is ECME (Liu and Rubin, 1994; for linear mixed models Laird and Ware, 1982), as in <see cref="PriorSearch"/>: β by generalised
/// least squares, then the noise, then Σ from the second moments of the deviations wₜ − X(uₜ)β. Steps are lengthened by SQUAREM
/// (Varadhan and Roland, 2008, scheme S3).</para>
/// <para>If the effects of covariates are shrunk, those on dimension j of a head have the prior N(0, γⱼ). The effects are then
/// integrated out, and γⱼ maximises the marginal likelihood (MacKay, Bayesian interpolation, 1992). So there may be more covariates than tasks.</para>
/// <para>The cost of a step is O(width³) for each task, and O(size³) for β.</para>
/// </remarks>
internal sealed class MixedSearch
{
    // The gain of a cycle for each head, in nats, below which it is the last.
    private const double Tolerance = 1e-4;

    private const double SmallestVariance = 1e-12, LargestVariance = 1e6;

    private readonly MixedRegression _regression;
    private readonly MixedDesign _design;
    private readonly CovarianceForm _form;
    private readonly HeadPrior _start;
    private readonly int _outputs;
    private readonly int _shrunk; // number of γ
    private readonly LongerStep _longer = new();
    private Visited _current;
    private int _steps;

    /// <summary>Evaluates the start.</summary>
    /// <param name="regression">The training tasks.</param>
    /// <param name="form">The family of Σ̃ of the varying dimensions.</param>
    /// <param name="start">The first β, Σ and noise.</param>
    /// <param name="shrinksCovariates">Whether the effects of covariates are shrunk.</param>
    public MixedSearch(MixedRegression regression, CovarianceForm form, MixedPrior start, bool shrinksCovariates)
    {
        _regression = regression;
        _design = regression.Design;
        _form = form;
        _start = start.Varying;
        _outputs = regression.Outputs;
        _shrunk = shrinksCovariates && _design.Covariates > 0 ? _design.Modulated.Count : 0;
        double[] variances = start.CovariateVariances.Length == _shrunk ? start.CovariateVariances : Enumerable.Repeat(1.0, _shrunk).ToArray();
        double[] point = form.Start(Array.ConvertAll(_start.Covariance, value => value / _start.NoiseVariance), _start.Width);
        _current = Visit([.. point, .. variances.Select(variance => Math.Log(variance))], start.Coefficients, _start.NoiseVariance, _start.NoiseShape);
    }

    /// <summary>The current prior, with the best β and noise for its Σ.</summary>
    public MixedPrior Prior => new(_current.Coefficients, _start with
    {
        Covariance = Array.ConvertAll(_current.Covariance.Dense, value => value * _current.NoiseVariance),
        NoiseVariance = _current.NoiseVariance,
        NoiseShape = _current.NoiseShape,
    })
    {
        CovariateVariances = Variances(_current.Point),
        LogLikelihood = _current.LogLikelihood,
        CoefficientCovariance = Cholesky.Inverse(_current.Information, _design.Size),
    };

    /// <summary>The log marginal likelihood, plus the log density of the form's own prior, and for shrunk effects of covariates integrated over these.</summary>
    public double Objective => _current.Objective;

    /// <summary>Searches until a cycle gains almost nothing, or a limit is reached.</summary>
    /// <param name="limits">The number of steps and the time.</param>
    public MixedSearch Climb(PriorLimits limits)
    {
        double gain = double.PositiveInfinity, least = Tolerance * _regression.Heads;
        while (gain >= least && _steps < limits.Iterations && !limits.IsTimeUp())
        {
            double before = Objective;
            Advance();
            gain = Objective - before;
        }

        return this;
    }

    // Two steps and the longer step that they suggest, as PriorSearch.Advance.
    private void Advance()
    {
        Visited first = _current, second = VisitNext(first);
        _current = _longer.Try(first.Point, second.Point, second.Next, point => TryVisit(point, second) is { } third && third.Objective >= second.Objective ? third : null) ?? VisitNext(second);
    }

    private Visited VisitNext(Visited before) => Visit(before.Next, before.Coefficients, before.NoiseVariance, before.NoiseShape);

    private Visited? TryVisit(double[] point, Visited before)
    {
        try
        {
            return Visit(point, before.Coefficients, before.NoiseVariance, before.NoiseShape);
        }
        catch (ArithmeticException) // the step is so long that a matrix is singular in double precision
        {
            return null;
        }
    }

    private Visited Visit(double[] point, double[][] coefficients, double variance, double shape)
    {
        _steps++;
        Covariance covariance = _form.At(point[..^_shrunk], _start.Width);
        double[] covariateVariances = Variances(point), penalty = Penalty(covariateVariances);
        double[] lower = [.. covariance.Dense];
        Cholesky.Factor(lower, covariance.Width);
        HeadDeviation[] deviations = _regression.Integrate(lower);

        double[] precisions = _regression.Precisions(_regression.Quadratics(deviations, coefficients), variance, shape);
        double[] information = _regression.Information(deviations, precisions, penalty);
        coefficients = _regression.Solve(deviations, precisions, information, coefficients, penalty);
        double[] quadratics = _regression.Quadratics(deviations, coefficients);
        if (!_start.IsNoiseKnown)
            (variance, shape) = TaskNoise.Fit(_regression.Evidence, Expected(deviations, quadratics, information), variance, shape, CovarianceForm.SmallestVariance);
        precisions = _regression.Precisions(quadratics, variance, shape);
        information = _regression.Information(deviations, precisions, penalty);

        double likelihood = _regression.LogLikelihood(deviations, quadratics, variance, shape);
        double objective = likelihood + _form.LogPrior(covariance) + LogEvidence(coefficients, covariateVariances, information);
        double[]? spread = _shrunk > 0 ? CovarianceOfEffects(information) : null; // of the integrated effects
        double[] next = [.. _form.Next(covariance, Moment(covariance, deviations, coefficients, precisions, spread), _regression.Heads), .. NextVariances(coefficients, spread)];
        return new Visited(point, covariance, coefficients, variance, shape, likelihood, objective, information, next);
    }

    // 1/γ of the effects of covariates, 0 for the mean head.
    private double[] Penalty(double[] variances) => [.. Enumerable.Range(0, _design.Size).Select(i => _shrunk > 0 && i >= _design.Width ? 1 / variances[(i - _design.Width) % _shrunk] : 0)];

    // E[q]: q at β, and its mean increase over the integrated effects.
    private double[] Expected(HeadDeviation[] deviations, double[] quadratics, double[] information)
    {
        if (_shrunk == 0)
            return quadratics;
        double[] spread = CovarianceOfEffects(information);
        return [.. quadratics.Select((quadratic, t) => quadratic + _outputs * TensorPrimitives.Dot<double>(deviations[t].Rest.Products, _design.CovarianceOfMean(spread, _regression.Tasks[t].Covariates)))];
    }

    private SecondMoment Moment(Covariance covariance, HeadDeviation[] deviations, double[][] coefficients, double[] precisions, double[]? spread)
    {
        SecondMoment moment = covariance.CreateMoment();
        for (int t = 0; t < deviations.Length; t++)
        {
            for (int k = 0; k < _outputs; k++)
                moment.AddRows(deviations[t].Mean(k, _regression.MeanOf(t, coefficients[k])), precisions[t]);
            moment.AddMatrix(deviations[t].Covariance(), _outputs);
            if (spread is not null)
                moment.AddMatrix(Sandwich(deviations[t].Response(), _design.CovarianceOfMean(spread, _regression.Tasks[t].Covariates)), _outputs * precisions[t]);
        }

        return moment;
    }

    // R C Rᵀ with R [varying, width].
    private double[] Sandwich(double[] response, double[] covariance)
    {
        int rows = _design.Varying.Length, width = _design.Width;
        var product = new double[rows * rows];
        for (int i = 0; i < rows; i++)
        {
            double[] left = MatrixAlgebra.Multiply(covariance, response.AsSpan(i * width, width));
            for (int j = 0; j < rows; j++)
                product[i * rows + j] = TensorPrimitives.Dot<double>(left, response.AsSpan(j * width, width));
        }

        return product;
    }

    // The covariance of the effects of covariates for a given mean head; 0 for the mean head.
    private double[] CovarianceOfEffects(double[] information)
    {
        int size = _design.Size, width = _design.Width;
        double[] inverse = Cholesky.Inverse(Effects(information), size - width), covariance = new double[size * size];
        for (int i = width; i < size; i++)
            inverse.AsSpan((i - width) * (size - width), size - width).CopyTo(covariance.AsSpan(i * size + width));
        return covariance;
    }

    private double[] Effects(double[] information)
    {
        int size = _design.Size, width = _design.Width;
        var effects = new double[(size - width) * (size - width)];
        for (int i = width; i < size; i++)
            information.AsSpan(i * size + width, size - width).CopyTo(effects.AsSpan((i - width) * (size - width)));
        return effects;
    }

    // Of effects β ~ N(0, γ), integrated out: −½ Σ β²/γ − ½ log |γ| − ½ log |Σ τ XᵀMX + 1/γ| for each output.
    private double LogEvidence(double[][] coefficients, double[] variances, double[] information)
    {
        if (_shrunk == 0)
            return 0;
        double[] lower = Effects(information);
        int count = _design.Size - _design.Width;
        Cholesky.Factor(lower, count);
        double sum = _outputs * (MatrixAlgebra.LogDeterminant(lower, count) + _design.Covariates * variances.Sum(variance => Math.Log(variance)));
        foreach (double[] values in coefficients)
        {
            for (int i = _design.Width; i < values.Length; i++)
                sum += values[i] * values[i] / variances[(i - _design.Width) % _shrunk];
        }

        return -0.5 * sum;
    }

    // The logarithm of γⱼ: the mean of E[β²].
    private double[] NextVariances(double[][] coefficients, double[]? spread)
    {
        var sums = new double[_shrunk];
        int size = _design.Size;
        for (int i = _design.Width; i < size && _shrunk > 0; i++)
            sums[(i - _design.Width) % _shrunk] += coefficients.Sum(values => values[i] * values[i]) + _outputs * spread![i * size + i];
        return Array.ConvertAll(sums, sum => Math.Log(Math.Clamp(sum / (_design.Covariates * _outputs), SmallestVariance, LargestVariance)));
    }

    private double[] Variances(double[] point) => Array.ConvertAll(point[^_shrunk..], value => Math.Clamp(Math.Exp(value), SmallestVariance, LargestVariance));

    // A point that was evaluated, its Σ̃, the best β and noise for it, and the point to which a step leads.
    private sealed record Visited(
        double[] Point, Covariance Covariance, double[][] Coefficients, double NoiseVariance, double NoiseShape, double LogLikelihood, double Objective, double[] Information, double[] Next);
}
