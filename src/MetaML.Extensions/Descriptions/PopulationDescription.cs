using MetaML.Models;

namespace MetaML;

/// <summary>Describes what a linear model with a Bayesian adapter has learned of the population of tasks, in the units of the label, feature and task feature columns. Effects on two classes are log odds, and effects on counts are logarithms of rates.</summary>
/// <remarks>If the chain normalises the features before the trainer, the units are those after the normaliser.</remarks>
public sealed record PopulationDescription
{
    /// <summary>The effects: the intercept and slopes, and how they change with each task feature.</summary>
    public required IReadOnlyList<PopulationEffect> Effects { get; init; }

    /// <summary>The names of the effects that vary over tasks.</summary>
    public required IReadOnlyList<string> VaryingEffects { get; init; }

    /// <summary>The correlation of <see cref="VaryingEffects"/> over tasks, [effect, effect].</summary>
    public required IReadOnlyList<IReadOnlyList<double>> Correlations { get; init; }

    /// <summary>The columns of groups that tasks are in, the outermost first; empty if tasks are in none. The standard deviations of effects over tasks are then those about the effects in their groups.</summary>
    public IReadOnlyList<GroupLevelDescription> Groups { get; init; } = [];

    /// <summary>The standard deviation of a label about the score of its task's head; NaN for classes and counts.</summary>
    public required double ResidualStandardDeviation { get; init; }

    /// <summary>The dispersion φ of counts, whose variance is μ + φμ²; NaN if labels are not counts.</summary>
    public double Dispersion { get; init; } = double.NaN;

    /// <summary>The share of the variance of labels that lies between tasks with the same task features, and in the same groups if tasks are in groups: the variance of intercepts divided by its sum with the residual variance (the intraclass correlation). Features are at their means if the encoder standardises them, else 0. The residual variance of two classes is that of a logistic distribution, π²/3. NaN for counts.</summary>
    public required double ShareBetweenTasks { get; init; }

    /// <summary>The log likelihood of the labels that the prior was learned from; null if it is not known.</summary>
    public required double? LogLikelihood { get; init; }

    /// <summary>Number of free parameters: effects, variances, correlations, and the residual variance.</summary>
    public required int? ParameterCount { get; init; }

    /// <summary>Number of tasks that the prior was learned from.</summary>
    public required int? TaskCount { get; init; }

    /// <summary>Number of rows that the prior was learned from.</summary>
    public required long? RowCount { get; init; }

    /// <summary>Akaike's information criterion: 2 <see cref="ParameterCount"/> − 2 <see cref="LogLikelihood"/>. Without shrinkage, the smaller, the better the model.</summary>
    public double? Aic => 2 * ParameterCount - 2 * LogLikelihood;

    /// <summary>The Bayesian information criterion: log(<see cref="RowCount"/>) <see cref="ParameterCount"/> − 2 <see cref="LogLikelihood"/>.</summary>
    public double? Bic => RowCount is { } rows ? Math.Log(rows) * ParameterCount - 2 * LogLikelihood : null;

    internal static PopulationDescription Of(Population population)
    {
        int width = population.Names.Count, intercept = width - 1;
        double Deviation(int j) => Math.Sqrt(Math.Max(population.Covariance[j * width + j], 0));
        int[] order = [intercept, .. Enumerable.Range(0, intercept)]; // the intercept first
        int[] varying = [.. order.Where(population.Varying.Contains)];
        var effects = new List<PopulationEffect>();
        for (int covariate = -1; covariate < population.CovariateNames.Count; covariate++)
        {
            foreach (int j in order)
            {
                string name = population.Names[j];
                if (covariate >= 0)
                    name = j == intercept ? population.CovariateNames[covariate] : $"{name}:{population.CovariateNames[covariate]}";
                effects.Add(new PopulationEffect
                {
                    Name = name,
                    Estimate = population.Coefficients[covariate + 1][j],
                    StandardError = population.StandardError(covariate, j),
                    TaskStandardDeviation = covariate < 0 ? Deviation(j) : double.NaN,
                });
            }
        }

        return new PopulationDescription
        {
            Effects = effects,
            VaryingEffects = [.. varying.Select(j => population.Names[j])],
            Correlations = [.. varying.Select(i => (IReadOnlyList<double>)[.. varying.Select(j => i == j ? 1 : population.Covariance[i * width + j] / Math.Max(Deviation(i) * Deviation(j), double.Epsilon))])],
            Groups = [.. population.Levels.Select((level, i) => new GroupLevelDescription(level.Name, population.GroupsOf(i).Count(), [.. varying.Select(j => Math.Sqrt(Math.Max(level.Covariance[j * width + j], 0)))]))],
            ResidualStandardDeviation = Math.Sqrt(population.ResidualVariance),
            Dispersion = population.Dispersion ?? double.NaN,
            ShareBetweenTasks = population.ShareBetweenTasks,
            LogLikelihood = population.LogLikelihood,
            ParameterCount = population.Parameters,
            TaskCount = population.LearnedFrom?.Tasks,
            RowCount = population.LearnedFrom?.Rows,
        };
    }
}
