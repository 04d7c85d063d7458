namespace MetaML;

/// <summary>The inner learning rates that are meta-learned.</summary>
public enum LearnedRates
{
    /// <summary>None. <see cref="GradientAdapterOptions.InnerLearningRate"/> does not change.</summary>
    None,

    /// <summary>A positive rate for each step and each parameter tensor (MAML++, Antoniou et al., 2019, arXiv 1810.09502).</summary>
    PerStepAndTensor,

    /// <summary>A rate for each scalar parameter, the same in every step, positive or negative (Meta-SGD, Li et al., 2017, arXiv 1707.09835).</summary>
    PerParameter,
}
