using Microsoft.ML;

namespace MetaML.Tool.Learning;

/// <summary>A step of a pipeline.</summary>
/// <param name="Estimator">The step.</param>
/// <param name="Code">The C# expression that makes the step, where <c>ml</c> is the MLContext.</param>
internal sealed record PipelineStep(IEstimator<ITransformer> Estimator, string Code);
