namespace MetaML.Extensions.Experiments.Runs;

/// <summary>The columns of an experiment.</summary>
internal sealed record ExperimentColumns(string Label, string Task, string Features);
