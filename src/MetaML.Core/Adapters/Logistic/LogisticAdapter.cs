using MetaML.Adapters.ClosedForm;
using MetaML.Parameters;

namespace MetaML.Adapters.Logistic;

/// <summary>Logistic regression towards a meta-learned head: see <see cref="GeneralizedLinearAdapter"/>, with B = diag(λ^−½, …, λ^−½, λ₀^−½).</summary>
/// <remarks>
/// Meta-learned: λ on slopes, λ₀ on the intercept, and V₀ if all tasks have the same outputs. Deviation from the sources: the
/// separate penalty on the intercept.
/// </remarks>
internal sealed class LogisticAdapter : GeneralizedLinearAdapter
{
    /// <summary>Makes an adapter for heads of this shape.</summary>
    /// <param name="shape">Binary or multiclass.</param>
    /// <param name="options">Initial value of the penalties.</param>
    /// <exception cref="ArgumentException">The labels are those of regression, which has no classes.</exception>
    public LogisticAdapter(HeadShape shape, LogisticAdapterOptions options)
        : base(shape.Kind == LabelKind.Regression ? throw NotForValues(nameof(LogisticAdapter)) : shape, LearnedPenalty.Specs(options.InitialPenalty), isTrained: true)
    {
    }

    internal static ArgumentException NotForValues(string name) =>
        new($"{name} must be used with classes; got regression labels. Logistic regression gives the probability of a class. Use RidgeAdapterOptions or BayesianAdapterOptions.");

    private protected override Tensor PriorScale(ParameterSet learned) => LearnedPenalty.PriorScale(learned, Shape.EmbeddingDimension);

    private protected override double[] PriorScale(IReadOnlyList<float[]> parameters) =>
        [.. Enumerable.Repeat(Math.Exp(-0.5 * parameters[0][0]), Shape.EmbeddingDimension), Math.Exp(-0.5 * parameters[1][0])];
}
