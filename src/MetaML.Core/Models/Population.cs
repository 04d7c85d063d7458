using MetaML.Adapters;
using MetaML.Adapters.Bayesian;
using MetaML.Data;
using MetaML.Numerics;

namespace MetaML.Models;

/// <summary>What a linear model has learned of the population of tasks, in the user's units: the mean head and how it depends on covariates, and how heads vary about it.</summary>
internal sealed class Population
{
    private readonly MetaModel _model;
    private readonly IPopulationAdapter _adapter;
    private readonly PopulationUnits _units;
    private readonly int _width;
    private readonly double[][] _heads; // the mean head and the effects of covariates, standardised [1 + covariates][width]

    private Population(MetaModel model, IPopulationAdapter adapter, PopulationUnits units)
    {
        _model = model;
        _adapter = adapter;
        _units = units;
        _heads = adapter.MeanHeads(model.AdapterArrays);
        _width = _heads[0].Length;
        var (covariance, noise) = adapter.Variances(model.AdapterArrays);
        double square = Labels.Deviation * Labels.Deviation;
        Names = units.Names;
        CovariateNames = model.CovariateNames;
        Varying = adapter.Varying;
        Covariance = Array.ConvertAll(units.Covariance(covariance), value => value * square);
        ResidualVariance = noise * square;
        ShareBetweenTasks = covariance[^1] / (covariance[^1] + (model.Kind == LabelKind.Binary ? LogisticVariance : noise));
        Coefficients = InUserUnits(units.Coefficients(_heads));
    }

    // The variance of the logistic distribution: that of a label's latent value about its score.
    private const double LogisticVariance = Math.PI * Math.PI / 3;

    private LabelScaling Labels => _model.Labels;

    /// <summary>The names of the dimensions of a head: of the features, and last "(Intercept)".</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The names of the covariates.</summary>
    public IReadOnlyList<string> CovariateNames { get; }

    /// <summary>The dimensions that vary over tasks, ascending.</summary>
    public IReadOnlyList<int> Varying { get; }

    /// <summary>The mean head for covariates of 0, and the effects of each covariate on it, [1 + covariates][width].</summary>
    public double[][] Coefficients { get; }

    /// <summary>The covariance of heads about their mean, [width, width].</summary>
    public double[] Covariance { get; }

    /// <summary>The variance of a label about the score of its task's head; NaN for classes and counts.</summary>
    public double ResidualVariance { get; }

    /// <summary>φ of counts; null if labels are not counts.</summary>
    public double? Dispersion => _model.Counts?.Dispersion;

    /// <summary>The share of the variance of labels that lies between tasks with the same covariates, for a row whose encoder output is 0: with standardised features, the average row. For two classes it is that of latent values with a logistic distribution; NaN for counts.</summary>
    public double ShareBetweenTasks { get; }

    /// <summary>The standard error of a coefficient; NaN if it is not known.</summary>
    /// <param name="covariate">−1 for the mean head.</param>
    /// <param name="dimension">The dimension of the head.</param>
    public double StandardError(int covariate, int dimension)
    {
        if (_model.Population is not { StandardErrors: { Length: > 0 } errors })
            return double.NaN;
        int covariates = _heads.Length - 1, part = covariates == 0 ? 0 : (errors.Length - _width) / covariates;
        if (covariate < 0)
            return Labels.Deviation * errors[dimension];
        int at = dimension - (_width - part); // covariates may change the intercept alone
        return at < 0 ? double.NaN : Labels.Deviation * errors[_width + covariate * part + at];
    }

    /// <summary>Numbers of the tasks and the rows that the prior was learned from; null if they are not known.</summary>
    public (int Tasks, long Rows)? LearnedFrom => _model.Population is { } known ? (known.Tasks, known.Rows) : null;

    /// <summary>log p(y | features), in the user's units; null if it is not known, or if each task has a scale of its own.</summary>
    public double? LogLikelihood => _model.LabelSizes is null && _model.Population is { } known ? known.LogLikelihood - known.Rows * Math.Log(Labels.Deviation) : null;

    /// <summary>Number of free parameters: coefficients, covariance and noise.</summary>
    public int? Parameters => _model.Population is { } known ? known.VarianceParameters + (known.StandardErrors.Length > 0 ? known.StandardErrors.Length : _heads.Length * _width) : null;

    /// <summary>The population of a model; null unless the adapter is a Bayesian one for values, for counts, or for two classes with a logistic likelihood and without calibration, and there is no encoder.</summary>
    public static Population? Of(MetaModel model) => model.EncoderOptions is IdentityEncoderOptions && model.PopulationAdapter is { } adapter
        && (model.Kind == LabelKind.Regression || (model.Kind == LabelKind.Binary && adapter is BayesianGeneralizedAdapter && model.Calibration is null))
        ? new Population(model, adapter, model.Units)
        : null;

    /// <summary>The head of a task, the mean head for its covariates and groups, and the standard deviations of its dimensions given its rows, all in the user's units [width]. Deviations are NaN if the model does not keep them.</summary>
    public (double[] Head, double[] Mean, double[] Deviations) Task(AdaptedTask task)
    {
        double[] head = _units.Head([.. task.Head.Weights.Select(weight => (double)weight), task.Head.Bias[0]]); // labels are in the user's units already
        double[] standardized = [.. _heads[0]];
        if (_model.Groups is { } groups)
            MatrixAlgebra.AddScaled([.. groups.ShiftOf(task.Groups).Select(value => (double)value)], 1, standardized);
        for (int c = 0; c < task.Covariates.Length; c++)
            MatrixAlgebra.AddScaled(_heads[1 + c], task.Covariates[c], standardized);
        double[] mean = InUserUnits([_units.Head(standardized)])[0];
        var deviations = new double[_width];
        Array.Fill(deviations, double.NaN);
        if (task.Head.PredictiveVariance is { } variance)
        {
            double[] covariance = _units.Covariance(variance.Covariance(_width));
            deviations = [.. Enumerable.Range(0, _width).Select(j => Math.Sqrt(Math.Max(covariance[j * _width + j] / _adapter.PosteriorFactor, 0)))];
        }

        return (head, mean, deviations);
    }

    /// <summary>The levels of groups, the outermost first: the name, and the covariance of the effects of its groups, [width, width].</summary>
    public IReadOnlyList<(string Name, double[] Covariance)> Levels => [.. (_model.Groups?.Levels ?? []).Select(level =>
        (level.Name, Array.ConvertAll(_units.Covariance([.. level.Covariance.Select(value => (double)value)]), value => value * Labels.Deviation * Labels.Deviation)))];

    /// <summary>The effects of the groups of a level about those of their outer groups, with their standard deviations given all tasks, in the user's units, [width].</summary>
    /// <param name="level">0 for the outermost.</param>
    public IEnumerable<(string Name, string Outer, double[] Effect, double[] Deviations)> GroupsOf(int level)
    {
        GroupPriors groups = _model.Groups!;
        foreach (var (name, group) in groups.Levels[level].Groups.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            double[] own = [.. group.Prior.Shift.Select(value => (double)value)];
            if (level > 0)
                MatrixAlgebra.AddScaled([.. groups.Levels[level - 1].Groups[group.Parent].Prior.Shift.Select(value => (double)value)], -1, own);
            double[] variances = new double[_width * _width];
            for (int j = 0; j < _width; j++)
                variances[j * (_width + 1)] = (double)group.Deviations[j] * group.Deviations[j];
            double[] covariance = _units.Covariance(variances);
            yield return (name, group.Parent, [.. _units.Head(own).Select(value => value * Labels.Deviation)], [.. Enumerable.Range(0, _width).Select(j => Labels.Deviation * Math.Sqrt(Math.Max(covariance[j * _width + j], 0)))]);
        }
    }

    private double[][] InUserUnits(double[][] heads)
    {
        for (int i = 0; i < heads.Length; i++)
            heads[i] = [.. heads[i].Select((value, j) => value * Labels.Deviation + (i == 0 && j == _width - 1 ? Labels.Mean : 0))];
        return heads;
    }
}
