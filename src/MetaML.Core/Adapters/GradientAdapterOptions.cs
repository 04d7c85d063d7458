using MetaML.Tasks;

namespace MetaML.Adapters;

/// <summary>A few gradient steps on the support, from a meta-learned start.</summary>
/// <remarks>For every kind of label. See <see cref="HeadGradientAdapter"/> (ANIL) and <see cref="FullGradientAdapter"/> (MAML).</remarks>
public sealed record GradientAdapterOptions : AdapterOptions
{
    /// <summary>What the steps change.</summary>
    /// <value>Default <see cref="GradientScope.Head"/>.</value>
    public GradientScope Scope { get; set; } = GradientScope.Head;

    /// <summary>Number of inner gradient steps.</summary>
    /// <value>At least 1; default 5.</value>
    public int InnerSteps { get; set; } = 5;

    /// <summary>First value of the inner learning rate.</summary>
    /// <value>Not negative, or null (default): 0.05 for classes, 0.01 for values, whose squared error is steeper. With 0 nothing is adapted.</value>
    public double? InnerLearningRate { get; set; }

    /// <summary>Learn a rate for each step and each parameter tensor (MAML++, Antoniou et al., 2019, arXiv 1810.09502).</summary>
    /// <value>Default true.</value>
    public bool LearnInnerLearningRates { get; set; } = true;

    /// <summary>Take inner gradients for constants in the outer step: cheaper, and not exact.</summary>
    /// <value>Default false: the outer gradient is exact, second order included.</value>
    public bool FirstOrder { get; set; }

    /// <summary>Where the head starts.</summary>
    /// <value>Default <see cref="InitialHead.Auto"/>.</value>
    public InitialHead InitialHead { get; set; } = InitialHead.Auto;

    internal override IAdapter Create(HeadShape shape) => Scope == GradientScope.Head ? new HeadGradientAdapter(shape, this) : new FullGradientAdapter(shape, this);

    internal override void Validate(LabelKind kind)
    {
        OptionCheck.Defined(this, nameof(Scope), Scope);
        OptionCheck.Defined(this, nameof(InitialHead), InitialHead);
        OptionCheck.AtLeast<int>(this, nameof(InnerSteps), InnerSteps, 1);
        OptionCheck.InRange(this, nameof(InnerLearningRate), InnerLearningRate ?? 0, 0, 1000);
        if (InitialHead == InitialHead.Prototype && kind == LabelKind.Regression)
            throw OptionCheck.Error(this, nameof(InitialHead), "Auto or Learned for regression", InitialHead, "A prototype is the mean of a class.");
    }
}
