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
    private Tensor? _outerLosses;

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
    /// <param name="progress">How far training is, from 0 to 1.</param>
    /// <returns>The losses, in the order of problems and episodes.</returns>
    public float[] Forward(IReadOnlyList<Episode[]> episodes, Random random, double progress)
    {
        _scope = NewDisposeScope();
        _leaves = _parameters.Sets(areLeaves: true);
        var losses = new List<Tensor>();
        var outerLosses = new List<Tensor>();
        for (int p = 0; p < _problems.Length; p++)
        {
            if (episodes[p].Length == 0)
                continue;
            EpisodeBatch batch = _problems[p].Gather(episodes[p], _scaling).WithFeatures(features => _problems[p].Design.Encoder.Augment(features, random));
            var (query, outer) = Losses(_problems[p], batch, _leaves[0], _leaves[1 + p], _dropout, progress);
            losses.Add(query);
            outerLosses.Add(outer);
        }

        _outerLosses = cat(outerLosses, 0);
        return ParameterSet.ToArray(cat(losses, 0));
    }

    /// <summary>The gradient of Σᵢ wᵢ Lᵢ by all parameters, into <see cref="Gradient"/>, with Lᵢ the query loss or what the adapter has in its place.</summary>
    /// <param name="weights">w, one for each loss that <see cref="Forward"/> gave.</param>
    public void Backward(float[] weights)
    {
        (_outerLosses! * tensor(weights)).sum(0L).backward();
        _parameters.CopyGradients(_leaves, Gradient);
        Reset();
    }

    /// <summary>Each task's query loss after adapting on its support, and what the outer step descends: as a rule the same.</summary>
    /// <returns>Float [tasks] each.</returns>
    public static (Tensor Query, Tensor Outer) Losses(LearningProblem problem, EpisodeBatch batch, ParameterSet encoder, ParameterSet adapter, Generator? dropout = null, double progress = 0)
    {
        var input = AdaptationInput.Of(batch, problem.Design.Encoder, encoder, adapter, isTraining: true, dropout, progress);
        Tensor LossOf(AdaptedTasks tasks) => LabelLoss.PerTask(batch.Kind, tasks.Score(problem.Design.Encoder, batch.Query.Features, dropout), batch.Query, batch.ClassMask);
        AdaptedTasks adapted = problem.Design.Adapter.Adapt(input);
        Tensor query = LossOf(adapted);
        return (query, adapted.OuterLoss(query, LossOf));
    }

    /// <summary>Forgets a forward pass that no backward pass followed.</summary>
    public void Reset()
    {
        _scope?.Dispose();
        _scope = null;
    }

    public void Dispose() => _dropout.Dispose();
}
