using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Parameters;
using MetaML.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Training;

/// <summary>One thread's part of the outer steps: from its episodes to their losses, and from their weights to the gradient.</summary>
/// <remarks>All its methods are called on the thread of its part. It collects gradients in leaves of its own, so that no two parts write to the same place.</remarks>
internal sealed class OuterShard : IDisposable
{
    private readonly LearningProblem[] _problems;
    private readonly TrainedParameters _parameters;
    private readonly FeatureScaling? _scaling;
    private readonly Generator _dropout;
    private DisposeScope? _scope;
    private ParameterSet[] _leaves = [];
    private Tensor? _losses;

    /// <param name="problems">What is learned.</param>
    /// <param name="parameters">The encoder's set, then each problem's adapter's.</param>
    /// <param name="scaling">Of the features, or null.</param>
    /// <param name="seed">Of the dropout masks.</param>
    /// <param name="gradient">Receives the gradient: float [parameters].</param>
    public OuterShard(LearningProblem[] problems, TrainedParameters parameters, FeatureScaling? scaling, ulong seed, Tensor gradient)
    {
        _problems = problems;
        _parameters = parameters;
        _scaling = scaling;
        _dropout = new Generator(seed);
        Gradient = gradient;
    }

    /// <summary>The gradient after <see cref="Backward"/>.</summary>
    public Tensor Gradient { get; }

    /// <summary>Each task's query loss after adapting on its support.</summary>
    /// <param name="episodes">Of each problem; may be none.</param>
    /// <param name="random">The source of variants of rows.</param>
    /// <returns>The losses, in the order of problems and episodes.</returns>
    public float[] Forward(IReadOnlyList<Episode[]> episodes, Random random)
    {
        _scope = NewDisposeScope();
        _leaves = _parameters.Sets(areLeaves: true);
        var losses = new List<Tensor>();
        for (int p = 0; p < _problems.Length; p++)
        {
            if (episodes[p].Length == 0)
                continue;
            EpisodeBatch batch = _problems[p].Gather(episodes[p], _scaling).WithFeatures(features => _problems[p].Design.Encoder.Augment(features, random));
            losses.Add(QueryLosses(_problems[p], batch, _leaves[0], _leaves[1 + p], _dropout));
        }

        _losses = cat(losses, 0);
        return ParameterSet.ToArray(_losses);
    }

    /// <summary>The gradient of Σᵢ wᵢ Lᵢ by all parameters, into <see cref="Gradient"/>.</summary>
    /// <param name="weights">w, one for each loss that <see cref="Forward"/> gave.</param>
    public void Backward(float[] weights)
    {
        (_losses! * tensor(weights)).sum(0L).backward();
        _parameters.CopyGradients(_leaves, Gradient);
        Reset();
    }

    /// <summary>Each task's query loss after adapting on its support.</summary>
    /// <returns>Float [tasks].</returns>
    public static Tensor QueryLosses(LearningProblem problem, EpisodeBatch batch, ParameterSet encoder, ParameterSet adapter, Generator? dropout = null)
    {
        var input = AdaptationInput.Of(batch, problem.Design.Encoder, encoder, adapter, isTraining: true, dropout);
        Tensor scores = problem.Design.Adapter.Adapt(input).Score(problem.Design.Encoder, batch.Query.Features, dropout);
        return LabelLoss.PerTask(batch.Kind, scores, batch.Query, batch.ClassMask);
    }

    /// <summary>Forgets a forward pass that no backward pass followed.</summary>
    public void Reset()
    {
        _scope?.Dispose();
        _scope = null;
    }

    public void Dispose() => _dropout.Dispose();
}
