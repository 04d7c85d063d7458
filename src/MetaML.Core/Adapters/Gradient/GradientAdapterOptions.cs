using MetaML.Adapters;
using MetaML.Adapters.Gradient;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>A few gradient steps on the support, from meta-learned initial values.</summary>
/// <remarks>
/// For every kind of label. <see cref="Scope"/> chooses the method: ANIL (Raghu et al., 2020, arXiv 1909.09157), MAML (Finn et
/// al., 2017, arXiv 1703.03400), CAVIA (Zintgraf et al., 2019, arXiv 1810.03642), or FiLM layers (Perez et al., 2018, arXiv
/// 1709.07871).
/// </remarks>
/// <example>
/// <code>
/// // MAML with five inner steps, and a first-order outer gradient in the first half of training.
/// var options = new MetaLearnerOptions
/// {
///     Encoder = new MlpEncoderOptions(),
///     Adapter = new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 5, FirstOrderUntil = 0.5 },
/// };
/// ITransformer trained = ml.BinaryClassification.Trainers.MetaLearner(options).Fit(trainingTasks);
/// </code>
/// </example>
[SavedName("gradient")]
public sealed record GradientAdapterOptions : AdapterOptions
{
    /// <summary>The parameters that the steps change.</summary>
    /// <value>Default <see cref="GradientScope.Head"/>.</value>
    public GradientScope Scope { get; set; } = GradientScope.Head;

    /// <summary>Whether the steps also change the head if <see cref="Scope"/> is Context or Film. With Head and All they always do.</summary>
    /// <value>Default false, as in the publications of the two methods.</value>
    public bool AdaptHead { get; set; }

    /// <summary>Number of context parameters of a task if <see cref="Scope"/> is Context.</summary>
    /// <value>At least 1; default 5. A good number is that of the independent properties in which tasks differ.</value>
    public int ContextDimension { get; set; } = 5;

    /// <summary>Number of inner gradient steps.</summary>
    /// <value>At least 1; default 5.</value>
    public int InnerSteps { get; set; } = 5;

    /// <summary>Initial value of the inner learning rate.</summary>
    /// <value>
    /// From 0 to 1,000, or null (default): 0.05 for classes, and 0.01 for regression, where the loss is steeper. If
    /// <see cref="Scope"/> is Context, the default is ten times as large. With 0 the steps change nothing.
    /// </value>
    /// <remarks>
    /// With squared error, steps diverge if the rate exceeds 2 / λ, where λ is the largest curvature of the support loss. For a
    /// head, λ is twice the largest eigenvalue of the embeddings' second moments. <see cref="MaximumInnerGradientNorm"/> keeps
    /// such steps finite. Learned rates decrease from an initial value that is slightly too large, but may not recover from one
    /// that is far too large. If numbers overflow in training, an error names this option.
    /// </remarks>
    public double? InnerLearningRate { get; set; }

    /// <summary>The largest norm of a task's inner gradient. A larger gradient is scaled down to it.</summary>
    /// <value>Positive; default 10. <see cref="TrainingLoopOptions.MaximumGradientNorm"/> is the limit of the outer gradient.</value>
    public double MaximumInnerGradientNorm { get; set; } = 10;

    /// <summary>The inner learning rates that are meta-learned. All start at <see cref="InnerLearningRate"/>.</summary>
    /// <value>Default <see cref="LearnedRates.PerStepAndTensor"/>.</value>
    public LearnedRates LearnedRates { get; set; } = LearnedRates.PerStepAndTensor;

    /// <summary>The share of training during which the outer gradient treats inner gradients as constants (MAML++). This is faster, but the outer gradient is not exact.</summary>
    /// <value>From 0 (default: always exact, of second order) to 1 (always of first order).</value>
    public double FirstOrderUntil { get; set; }

    /// <summary>The share of training during which the outer loss includes the query loss after every inner step (MAML++). All steps start with the same weight; then the weight of the last step grows to 1.</summary>
    /// <value>From 0 (default: only the last step) to 1.</value>
    public double MultiStepLossUntil { get; set; }

    /// <summary>Whether the outer step moves the initial parameters towards the adapted ones instead of minimising the query loss (Reptile, Nichol et al., 2018, arXiv 1803.02999).</summary>
    /// <value>Default false. Needs <see cref="GradientScope.All"/>, <see cref="LearnedRates.None"/> and a learned <see cref="InitialHead"/>.</value>
    public bool Reptile { get; set; }

    /// <summary>The initial head of the steps.</summary>
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
        if (Scope == GradientScope.All && encoder.IsFitted)
            throw OptionCheck.Error(this, nameof(Scope), "Head for an encoder that is fitted in closed form", Scope, "Its map is fitted in closed form, and gradient steps must not change it.", "Choose Head, or MlpEncoderOptions.");
        if (Scope == GradientScope.Context && !encoder.Has(ParameterRole.Bias))
            throw OptionCheck.Error(this, nameof(Scope), "Head for an encoder without layers", Scope, "The context shifts the bias of the first layer.", "Choose Head, or another encoder.");
        if (Scope == GradientScope.Film && !encoder.Has(ParameterRole.Scale))
            throw OptionCheck.Error(this, nameof(Scope), "Head, All or Context for an encoder without normalised hidden layers", Scope, "The encoder has no scale and no shift to adapt.", "Use the convolutional encoder, or an MLP with hidden layers and LayerNormalization.");
    }

    // Steps inside an encoder need its parameters.
    internal override IReadOnlyList<EncoderOptions> CandidateEncoders() => Scope switch
    {
        GradientScope.Head => base.CandidateEncoders(),
        GradientScope.Film => [new MlpEncoderOptions { LayerNormalization = true }],
        _ => [new MlpEncoderOptions { HiddenUnits = [] }, new MlpEncoderOptions { LinearPath = true }, new MlpEncoderOptions()],
    };

    private void ValidateReptile()
    {
        if (Scope != GradientScope.All)
            throw OptionCheck.Error(this, nameof(Scope), "All with Reptile", Scope, "Parameters that do not step would not be learned.");
        if (LearnedRates != LearnedRates.None)
            throw OptionCheck.Error(this, nameof(LearnedRates), "None with Reptile", LearnedRates, "Reptile gives no gradient for the rates.");
        if (InitialHead == InitialHead.Prototype)
            throw OptionCheck.Error(this, nameof(InitialHead), "Auto or Learned with Reptile", InitialHead, "A prototype is not a parameter, so the outer step cannot move it.");
        if (MultiStepLossUntil > 0)
            throw OptionCheck.Error(this, nameof(MultiStepLossUntil), "0 with Reptile", MultiStepLossUntil, "Reptile does not minimise the query loss.");
    }
}
