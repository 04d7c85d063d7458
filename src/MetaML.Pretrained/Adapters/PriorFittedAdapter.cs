using System.Runtime.CompilerServices;
using MetaML.Adapters;
using MetaML.Heads;
using MetaML.Parameters;
using MetaML.Pretrained.Network;

namespace MetaML.Pretrained.Adapters;

/// <summary>The sum of a linear head under a prior that is learned across tasks, and the network's scores; see <see cref="PriorFittedAdapterOptions"/>.</summary>
internal sealed class PriorFittedAdapter : INonlinearAdapter
{
    // The factor of the deviation of a linear head that has no share in the score: it must be positive.
    private const float LeastDeviation = 1e-3f;

    private static readonly ConditionalWeakTable<float[], ManagedNetwork> s_networks = new(); // of the weights of saved models

    private readonly HeadShape _shape;
    private readonly IManagedAdapter _linear;

    public PriorFittedAdapter(HeadShape shape, PriorFittedAdapterOptions options)
    {
        _shape = shape;
        Views = options.NumberOfViews;
        IsDistilled = options.Distilled;
        _linear = (IManagedAdapter)new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic }.Create(shape);
        Parameters = [.. _linear.Parameters, NetworkShare.Spec, new ParameterSpec("network", [ShippedNetwork.OfPackage.Values.Length], _ => ShippedNetwork.OfPackage.Values) { IsTrained = false }];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <inheritdoc/>
    public int MaximumRows => 4_096;

    /// <summary>The adapter of the linear part. Its parameters come first.</summary>
    public IManagedAdapter Linear => _linear;

    /// <summary>The number of views of a table.</summary>
    public int Views { get; }

    /// <summary>Whether small networks are kept in place of the tables that the network has read.</summary>
    public bool IsDistilled { get; }

    /// <summary>The kind of label.</summary>
    public LabelKind Kind => _shape.Kind;

    /// <summary>What the network can know of the linear prior.</summary>
    public IReadOnlyList<PriorUse> PriorUses => !_shape.HasCommonOutputs ? [PriorUse.None] : Kind == LabelKind.Regression ? [PriorUse.None, PriorUse.Feature, PriorUse.Offset] : [PriorUse.None, PriorUse.Feature];

    /// <inheritdoc/>
    public AdaptedTasks Adapt(AdaptationInput input) =>
        throw new NotSupportedException($"{nameof(PriorFittedAdapterOptions)} has no parameters that gradients train. Adapt tasks without libtorch.");

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        LinearHead linear = _linear.Adapt(LinearOf(parameters), support);
        float share = ShareOf(parameters).Of(support.RowCount), rest = 1 - share;
        return linear with
        {
            Weights = Array.ConvertAll(linear.Weights, weight => rest * weight),
            Bias = Array.ConvertAll(linear.Bias, bias => rest * bias),
            PredictiveVariance = Kind == LabelKind.Regression ? linear.PredictiveVariance! with { Noise = linear.PredictiveVariance.Noise * MathF.Max(MathF.Sqrt(rest), LeastDeviation) } : linear.PredictiveVariance,
            Term = TermOf(parameters, support),
        };
    }

    /// <inheritdoc/>
    public ScoreTerm? TermOf(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        NetworkShare share = ShareOf(parameters);
        if (share.Of(support.RowCount) == 0)
            return null;
        LinearHead? prior = share.PriorUse != PriorUse.None ? _linear.Adapt(LinearOf(parameters), support.Select([])) : null;
        return new ScoreTerm(new NetworkScores(NetworkOf(parameters[^1]), Kind, support, prior, share.PriorUse, Views, share.Of(support.RowCount), IsDistilled));
    }

    /// <inheritdoc/>
    public void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks) => new PriorFittedEvidence(this, trainingTasks).Complete(parameters, PriorLimits.None);

    void IAdapter.CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks, PriorLimits limits) => new PriorFittedEvidence(this, trainingTasks).Complete(parameters, limits);

    IPriorEvidence IAdapter.EvidenceOf(IEnumerable<EmbeddedTask> trainingTasks) => new PriorFittedEvidence(this, trainingTasks);

    int IAdapter.MostPriorTasks(double meanRows) => _linear.MostPriorTasks(meanRows);

    /// <summary>The network of a model.</summary>
    /// <param name="values">The values of all its parameters.</param>
    public static ManagedNetwork NetworkOf(float[] values) => values == ShippedNetwork.OfPackage.Values
        ? ShippedNetwork.OfPackage.Network
        : s_networks.GetValue(values, saved => saved.AsSpan().SequenceEqual(ShippedNetwork.OfPackage.Values) ? ShippedNetwork.OfPackage.Network : ManagedNetwork.Of(saved));

    private IReadOnlyList<float[]> LinearOf(IReadOnlyList<float[]> parameters) => [.. parameters.Take(_linear.Parameters.Count)];

    private static NetworkShare ShareOf(IReadOnlyList<float[]> parameters) => NetworkShare.Load(parameters[^2]);
}
