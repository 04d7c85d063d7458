using MetaML.Adapters;
using MetaML.Options;
using MetaML.Pretrained.Adapters;
using MetaML.Pretrained.Network;

namespace MetaML;

/// <summary>The prior-fitted network as the adapter of the meta-learner, mixed with the linear prior that is learned across tasks.</summary>
/// <remarks>
/// <para>
/// The network reads the rows of a task as a table, see <see cref="PriorFittedTrainer"/>. A Bayesian linear head has a prior that is learned across
/// tasks by empirical Bayes, see <see cref="BayesianAdapterOptions"/> (logistic likelihood for classes). With n rows the score of a task is
/// (1 − λ(n)) · linear score + λ(n) · network score, λ(n) = λ · n / (n + κ). Scores are values or logits, so that classes are mixed by the
/// weighted geometric mean of their probabilities. λ and κ minimise the loss on training tasks that the linear prior was learned without.
/// With three to nine such tasks, they are means of these values and of λ = 1 and κ = 8; with more tasks, λ is 0 if the mixture is no better than the linear head on tasks that did not choose it.
/// The score of a task without rows, by the learned prior, is a further feature of the network if this lowers the loss.
/// With two training tasks, λ is 1 and κ is 8. With one training task a task with rows is scored by the network alone.
/// A task without rows is always scored by the linear prior.
/// </para>
/// <para>
/// It works for a first task without other training tasks. Labels are binary, of at most 10 classes in a task, or numbers. There are at most 200
/// features, and no encoder: Encoder must be <see cref="IdentityEncoderOptions"/>, or not set. Nothing is trained by gradients, and no native
/// library is needed. The network does not use example weights, except that rows with the weight 0 are left out; the linear head uses them.
/// </para>
/// <para>
/// The state of a task is its rows, 4 · features + 20 bytes each in a saved model, beside its linear head. In memory, each view adds about 3 kB for each row once
/// the task is scored. A task keeps at most 4,096 rows, and of more rows a sample. Update and Forget need no KeepStatistics. The saved
/// model also contains the network, 1.4 MB.
/// </para>
/// <para>Sources: Müller et al., 2022, arXiv 2112.10510; Hollmann et al., 2023, arXiv 2207.01848. The mixture with a prior across tasks is an addition.</para>
/// </remarks>
/// <example>
/// <code>
/// var trainer = ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions { TaskColumnName = "Task", Adapter = new PriorFittedAdapterOptions() });
/// </code>
/// </example>
[SavedName("prior-fitted")]
public sealed record PriorFittedAdapterOptions : AdapterOptions
{
    /// <summary>The largest number of features.</summary>
    internal const int MaximumFeatures = 200;

    /// <summary>The number of views of the rows of a task whose predictions are averaged. Each view has another order of features and classes.</summary>
    /// <value>1 to 64; default 4. Time and memory are in proportion to it. With more than 16 features, each view has 16 of them, and more views help.</value>
    public int NumberOfViews { get; set; } = 4;

    /// <summary>Whether a small network learns to imitate the network's predictions for each task, when its first row is scored.</summary>
    /// <value>
    /// Default false. If true, a row takes microseconds, and a task a few kilobytes in memory besides its rows; the first row takes longer, and predictions are a little
    /// less accurate; see the model card.
    /// </value>
    public bool Distilled { get; set; }

    /// <inheritdoc/>
    public override IAdapter Create(HeadShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.CommonOutputs > NetworkShape.MaximumClasses)
            throw new ArgumentException($"With {nameof(PriorFittedAdapterOptions)}, tasks must have at most {NetworkShape.MaximumClasses} classes; got {shape.CommonOutputs}. The network was trained for so many. Join rare classes, or use another adapter.");
        if (shape.EmbeddingDimension > MaximumFeatures)
            throw new ArgumentException($"With {nameof(PriorFittedAdapterOptions)}, there must be at most {MaximumFeatures} features; got {shape.EmbeddingDimension}. The prior of a linear learner has their square. Select features, as SelectFeaturesBasedOnMutualInformation does, or use another adapter.");
        return new PriorFittedAdapter(shape, this);
    }

    /// <inheritdoc/>
    public override bool GivesDeviation(LabelKind kind) => kind == LabelKind.Regression;

    /// <inheritdoc/>
    public override bool TakesCovariates() => true;

    internal override IReadOnlyList<EncoderOptions> CandidateEncoders() => [new IdentityEncoderOptions()];

    internal override bool LearnsOneTask() => true;

    internal override bool IsCalibrated() => false; // the mixture is learned from losses on tasks that the prior was learned without

    /// <inheritdoc/>
    public override void Validate(LabelKind kind) => OptionCheck.InRange(this, nameof(NumberOfViews), NumberOfViews, 1, 64);

    /// <inheritdoc/>
    public override void Validate(EncoderOptions encoder)
    {
        if (encoder is not IdentityEncoderOptions)
            throw new ArgumentException($"With {nameof(PriorFittedAdapterOptions)}, Encoder must be IdentityEncoderOptions; got {encoder?.GetType().Name}. The network reads features, dense ones, and trains no encoder. Leave Encoder as it is if features are dense, or use another adapter.");
    }
}
