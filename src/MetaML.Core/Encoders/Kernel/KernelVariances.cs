namespace MetaML.Encoders.Kernel;

/// <summary>What is learned of a kernel.</summary>
/// <param name="Precisions">1/ℓ² of each feature.</param>
/// <param name="Smooth">The variance of the smooth function of a task, including the part that tasks share.</param>
/// <param name="Linear">The variance of the linear function of a task, including the part that tasks share, for features of variance 1.</param>
internal sealed record KernelVariances(double[] Precisions, double Smooth, double Linear);
