using System.Numerics.Tensors;
using MetaML.Parameters;

namespace MetaML.Adapters;

/// <summary>The effects C of covariates u on the head of the prior: V₀(u) = V₀ + Σ uᵢCᵢ. Covariates are standardised, so that V₀ is the head of a task with average covariates.</summary>
internal static class CovariateEffects
{
    /// <summary>The name of the parameter.</summary>
    public const string Name = "covariate_effects";

    /// <summary>The parameter, float [covariates, embedding + 1, outputs]; none without covariates.</summary>
    /// <param name="shape">Any.</param>
    /// <param name="isTrained">Whether the outer optimiser changes it.</param>
    /// <exception cref="ArgumentException">There are covariates, and outputs do not mean the same in all tasks.</exception>
    public static IEnumerable<ParameterSpec> Specs(HeadShape shape, bool isTrained)
    {
        if (shape.CovariateCount == 0)
            return [];
        if (shape.CommonOutputs is not { } outputs)
            throw new ArgumentException("Tasks with covariates must have common outputs; got separate classes for each task. A covariate has no effect on a class that other tasks do not have. Set ClassSets to Common, or leave the covariates out.", nameof(shape));
        return [ParameterSpec.Constant(Name, 0, shape.CovariateCount, shape.EmbeddingDimension + 1, outputs) with { IsTrained = isTrained }];
    }

    /// <summary>V₀(u), or V₀ itself if there are no covariates.</summary>
    /// <param name="prior">V₀ [embedding + 1, outputs].</param>
    /// <param name="effects">C [covariates, embedding + 1, outputs]; null for none.</param>
    /// <param name="covariates">u; empty for zeros.</param>
    public static float[] Shift(float[] prior, float[]? effects, IReadOnlyList<float> covariates)
    {
        if (effects is null || covariates.Count == 0)
            return prior;
        float[] shifted = [.. prior];
        for (int i = 0; i < covariates.Count; i++)
            TensorPrimitives.MultiplyAdd(effects.AsSpan(i * prior.Length, prior.Length), covariates[i], shifted, shifted);
        return shifted;
    }

    /// <summary>V₀(u) of each task.</summary>
    /// <param name="prior">V₀ [embedding + 1, outputs].</param>
    /// <param name="input">Parameters and covariates.</param>
    /// <param name="tasks">Number of tasks.</param>
    /// <returns>Float [tasks, embedding + 1, outputs].</returns>
    public static Tensor Shift(Tensor prior, AdaptationInput input, long tasks)
    {
        Tensor common = prior.unsqueeze(0).expand(tasks, -1, -1);
        if (input.Covariates is not { } covariates)
            return common;
        Tensor effects = input.AdapterParameters[Name].to(prior.dtype).flatten(1); // [covariates, (embedding + 1) · outputs]
        return common.Plus(covariates.to(prior.dtype).mm(effects).reshape(tasks, prior.shape[0], prior.shape[1]));
    }
}
