using MetaML.Adapters;
using MetaML.Adapters.Gradient;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>A few gradient steps on the support, from a meta-learned start.</summary>
/// <remarks>
/// For every kind of label. See <see cref="HeadGradientAdapter"/> (ANIL), <see cref="FullGradientAdapter"/> (MAML, Meta-SGD,
/// Reptile), <see cref="ContextGradientAdapter"/> (CAVIA) and <see cref="FilmGradientAdapter"/>.
/// </remarks>
[SavedName("gradient")]
public sealed record GradientAdapterOptions : AdapterOptions
{
    /// <summary>What the steps change.</summary>
    /// <value>Default <see cref="GradientScope.Head"/>.</value>
    public GradientScope Scope { get; set; } = GradientScope.Head;

    /// <summary>Whether the head steps too where <see cref="Scope"/> is Context or Film; with Head and All it always does.</summary>
    /// <value>Default false, as the two methods were published.</value>
    public bool AdaptHead { get; set; }

    /// <summary>Number of context parameters of a task where <see cref="Scope"/> is Context.</summary>
    /// <value>At least 1; default 5. About as many as there are ways in which tasks differ.</value>
    public int ContextDimension { get; set; } = 5;

    /// <summary>Number of inner gradient steps.</summary>
    /// <value>At least 1; default 5.</value>
    public int InnerSteps { get; set; } = 5;

    /// <summary>Initial value of the inner learning rate.</summary>
    /// <value>
    /// From 0 to 1,000, or null (default): 0.05 for classes, 0.01 for values, whose squared error is steeper; ten times as much
    /// where <see cref="Scope"/> is Context. With 0 nothing is adapted.
    /// </value>
    /// <remarks>
    /// On squared error, steps diverge where the rate exceeds 2 / λ, with λ the largest curvature of the support's loss: for a
    /// head, twice the largest eigenvalue of the embeddings' second moments. <see cref="MaximumInnerGradientNorm"/> keeps such
    /// steps finite, and learned rates find their way down from a start that is somewhat too large, not from any. Numbers that
    /// overflow in training all the same are an error that names this option.
    /// </remarks>
    public double? InnerLearningRate { get; set; }

    /// <summary>A task's inner gradient is scaled down to this norm where it is larger.</summary>
    /// <value>Positive; default 10. <see cref="TrainingLoopOptions.MaximumGradientNorm"/> is the outer one's.</value>
    public double MaximumInnerGradientNorm { get; set; } = 10;

    /// <summary>Which inner learning rates are meta-learned, from <see cref="InnerLearningRate"/> on.</summary>
    /// <value>Default <see cref="LearnedRates.PerStepAndTensor"/>.</value>
    public LearnedRates LearnedRates { get; set; } = LearnedRates.PerStepAndTensor;

    /// <summary>Share of training during which inner gradients are constants in the outer step: cheaper, and not exact (MAML++).</summary>
    /// <value>From 0 (default: the outer gradient is exact, second order included) to 1 (first order to the end).</value>
    public double FirstOrderUntil { get; set; }

    /// <summary>Share of training during which the query loss after every inner step counts: all alike at first, then more and more the last alone (MAML++).</summary>
    /// <value>From 0 (default: the last step alone) to 1.</value>
    public double MultiStepLossUntil { get; set; }

    /// <summary>Move the start towards where the inner steps led, in place of descending the query loss (Reptile, Nichol et al., 2018, arXiv 1803.02999).</summary>
    /// <value>Default false. Needs <see cref="GradientScope.All"/>, <see cref="LearnedRates.None"/> and a learned <see cref="InitialHead"/>.</value>
    public bool Reptile { get; set; }

    /// <summary>Where the head starts.</summary>
    /// <value>Default <see cref="InitialHead.Auto"/>.</value>
    public InitialHead InitialHead { get; set; } = InitialHead.Auto;

    /// <inheritdoc/>
    public override IAdapter Create(HeadShape shape) => Scope switch
    {
        GradientScope.Head => new HeadGradientAdapter(shape, this),
        GradientScope.Context => new ContextGradientAdapter(shape, this),
        GradientScope.Film => new FilmGradientAdapter(shape, this),
        _ => new FullGradientAdapter(shape, this),
    };

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        OptionCheck.Defined(this, nameof(Scope), Scope);
        OptionCheck.Defined(this, nameof(InitialHead), InitialHead);
        OptionCheck.Defined(this, nameof(LearnedRates), LearnedRates);
        OptionCheck.InRange(this, nameof(ContextDimension), ContextDimension, 1, 65_536);
        OptionCheck.AtLeast<int>(this, nameof(InnerSteps), InnerSteps, 1);
        OptionCheck.InRange(this, nameof(InnerLearningRate), InnerLearningRate ?? 0, 0, 1000);
        OptionCheck.Positive(this, nameof(MaximumInnerGradientNorm), MaximumInnerGradientNorm);
        OptionCheck.InRange(this, nameof(FirstOrderUntil), FirstOrderUntil, 0, 1);
        OptionCheck.InRange(this, nameof(MultiStepLossUntil), MultiStepLossUntil, 0, 1);
        if (InitialHead == InitialHead.Prototype && kind == LabelKind.Regression)
            throw OptionCheck.Error(this, nameof(InitialHead), "Auto or Learned for regression", InitialHead, "A prototype is the mean of a class.");
        if (Reptile)
            ValidateReptile();
    }

    /// <inheritdoc/>
    public override void Validate(EncoderOptions encoder)
    {
        if (Scope == GradientScope.All && encoder is SparseEncoderOptions)
            throw OptionCheck.Error(this, nameof(Scope), "Head for the sparse encoder", Scope, "Its map is fitted in closed form, and no step may change it.", "Choose Head, or MlpEncoderOptions.");
        if (Scope == GradientScope.Context && !encoder.Has(ParameterRole.Bias))
            throw OptionCheck.Error(this, nameof(Scope), "Head for an encoder without layers", Scope, "Context enters as a shift of the first layer's bias.", "Choose Head, or another encoder.");
        if (Scope == GradientScope.Film && !encoder.Has(ParameterRole.Scale))
            throw OptionCheck.Error(this, nameof(Scope), "Head, All or Context for an encoder without normalised hidden layers", Scope, "There is no scale and no shift to adapt.", "Use the convolutional encoder, or an MLP with hidden layers and LayerNormalization.");
    }

    private void ValidateReptile()
    {
        if (Scope != GradientScope.All)
            throw OptionCheck.Error(this, nameof(Scope), "All with Reptile", Scope, "What does not step would not be learned.");
        if (LearnedRates != LearnedRates.None)
            throw OptionCheck.Error(this, nameof(LearnedRates), "None with Reptile", LearnedRates, "It has no gradient by the rates.");
        if (InitialHead == InitialHead.Prototype)
            throw OptionCheck.Error(this, nameof(InitialHead), "Auto or Learned with Reptile", InitialHead, "A prototype is no parameter that could be moved.");
        if (MultiStepLossUntil > 0)
            throw OptionCheck.Error(this, nameof(MultiStepLossUntil), "0 with Reptile", MultiStepLossUntil, "It does not descend the query loss.");
    }
}
