namespace MetaML;

/// <summary>How much a strategy relies on a feature: the loss of the metric if the values of the feature are permuted among the query rows of each task.</summary>
/// <param name="Name">The column of the data; for a slot of a vector, the name of the slot, or the column with the number of the slot.</param>
/// <param name="Decrease">The mean over tasks of how much worse the metric becomes, with its 95 % interval. Positive if the feature helps.</param>
/// <remarks>
/// A feature that others can replace has a low importance, and so has a feature that has the same value in all rows of a task. Source: Breiman, Random Forests, 2001; Fisher, Rudin and Dominici,
/// All Models are Wrong, but Many are Useful, JMLR 2019.
/// </remarks>
public sealed record FeatureImportance(string Name, MeanInterval Decrease);
