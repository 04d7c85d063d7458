namespace MetaML;

/// <summary>Describes a column of groups that tasks are in.</summary>
/// <param name="ColumnName">The column.</param>
/// <param name="GroupCount">Number of its groups in the training data.</param>
/// <param name="StandardDeviations">The standard deviation over groups of each of <see cref="PopulationDescription.VaryingEffects"/>, about the effects in their outer groups.</param>
public sealed record GroupLevelDescription(string ColumnName, int GroupCount, IReadOnlyList<double> StandardDeviations);
