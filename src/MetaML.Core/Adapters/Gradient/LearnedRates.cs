namespace MetaML;

/// <summary>Which inner learning rates are meta-learned.</summary>
public enum LearnedRates
{
    /// <summary>None: <see cref="GradientAdapterOptions.InnerLearningRate"/> stays as it is.</summary>
    None,

    /// <summary>A positive rate for each step and each parameter tensor (MAML++, Antoniou et al., 2019, arXiv 1810.09502).</summary>
    PerStepAndTensor,

    /// <summary>A rate for each single parameter, the same in every step and of either sign (Meta-SGD, Li et al., 2017, arXiv 1707.09835).</summary>
    PerParameter,
}
