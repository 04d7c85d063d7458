using MetaML.Adapters;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Parameters;
using MetaML.Weighting;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>The part of the outer steps that one thread computes: the losses of its episodes, and the gradient of their weighted sum.</summary>
/// <remarks>All methods are called on the thread of the part. Each part has its own leaves for gradients, so that no two parts write to the same memory.</remarks>
internal sealed class OuterShard
{
    private readonly LearningProblem[] _problems;
    private readonly TrainedParameters _parameters;
    private readonly FeatureScaling? _scaling;
    private DisposeScope? _scope;
    private ParameterSet[] _leaves = [];
    private (int Problem, EpisodeBatch Batch)[] _batches = [];
    private TaskGradients[] _taskGradients = [];
    private Tensor? _losses;
    private Tensor? _outerLosses;

    /// <param name="problems">The problems.</param>
    /// <param name="parameters">The set of the encoder, then the set of each problem's adapter.</param>
    /// <param name="scaling">Of the features, or null.</param>
    /// <param name="gradient">Receives the gradient: float [parameters].</param>
    public OuterShard(LearningProblem[] problems, TrainedParameters parameters, FeatureScaling? scaling, Tensor gradient)
    {
        _problems = problems;
        _parameters = parameters;
        _scaling = scaling;
        Gradient = gradient;
    }

    /// <summary>The gradient after <see cref="Backward"/>.</summary>
    public Tensor Gradient { get; }

    /// <summary>Each task's query loss after adapting on its support.</summary>
    /// <param name="episodes">Of each problem; may be none.</param>
    /// <param name="random">The source of variants of rows, and of dropout masks.</param>
    /// <param name="progress">The progress of training, from 0 to 1.</param>
    /// <param name="gradients">The weighting that compares the gradients of tasks; null for none.</param>
    /// <returns>The losses, in the order of problems and episodes.</returns>
    public float[] Forward(IReadOnlyList<Episode[]> episodes, Random random, double progress, IGradientWeighting? gradients)
    {
        _scope = NewDisposeScope();
        _leaves = _parameters.Sets(areLeaves: true);
        _batches = [.. _problems.Select((problem, p) => (Problem: p, Episodes: episodes[p])).Where(part => part.Episodes.Length > 0).Select(part =>
            (part.Problem, _problems[part.Problem].Gather(part.Episodes, _scaling, Gradient.device).WithFeatures(features => _problems[part.Problem].Design.Encoder.Augment(features, random))))];
        _taskGradients = gradients is null ? [] : Array.ConvertAll(_batches, part =>
            new TaskGradients(_problems[part.Problem].Design.Encoder.Parameters, part.Batch.TaskCount, part.Batch.Columns, gradients.UsesLastLayer));
        using var dropout = new Generator((ulong)random.NextInt64(), Gradient.device);
        (Tensor Query, Tensor Outer)[] losses = [.. _batches.Select((part, i) => Losses(_problems[part.Problem], part.Batch, _leaves[0], _leaves[1 + part.Problem], dropout, progress, _taskGradients.ElementAtOrDefault(i)))];
        (_losses, _outerLosses) = (cat([.. losses.Select(loss => loss.Query)], 0), cat([.. losses.Select(loss => loss.Outer)], 0));
        return ParameterSet.ToArray(_losses);
    }

    /// <summary>The gradients of each loss that <see cref="Forward"/> gave, of each problem's tasks; valid until <see cref="Reset"/>.</summary>
    public TaskGradients[] DifferentiateByTask()
    {
        TaskGradients.Backward(_outerLosses!, _taskGradients);
        return _taskGradients;
    }

    /// <summary>Writes the gradient of Σᵢ wᵢ Lᵢ by all parameters into <see cref="Gradient"/>, with Lᵢ the query loss or the outer loss that the adapter uses instead.</summary>
    /// <param name="weights">w, one for each loss that <see cref="Forward"/> gave.</param>
    public void Backward(float[] weights)
    {
        (_outerLosses! * tensor(weights, device: Gradient.device)).sum(0L).backward();
        _parameters.CopyGradients(_leaves, Gradient);
    }

    /// <summary>The losses of the same episodes with the current parameters, without dropout.</summary>
    public float[] Evaluate()
    {
        using var scope = NewDisposeScope();
        ParameterSet[] sets = _parameters.Sets(areLeaves: false);
        return [.. _batches.SelectMany(part => ParameterSet.ToArray(Losses(_problems[part.Problem], part.Batch, sets[0], sets[1 + part.Problem]).Query))];
    }

    /// <summary>The query loss of each task after adaptation on its support, and the loss that the outer step descends, usually the same.</summary>
    /// <param name="problem">The encoder and the adapter.</param>
    /// <param name="batch">The episodes.</param>
    /// <param name="encoder">The encoder's parameters.</param>
    /// <param name="adapter">The problem's adapter's parameters.</param>
    /// <param name="dropout">Source of dropout masks, or null.</param>
    /// <param name="progress">The progress of training, from 0 to 1.</param>
    /// <param name="gradients">Gives each task a copy of the encoder's parameters; null if gradients of single tasks are not needed.</param>
    /// <returns>Float [tasks] each; gradients flow through the second.</returns>
    public static (Tensor Query, Tensor Outer) Losses(
        LearningProblem problem, EpisodeBatch batch, ParameterSet encoder, ParameterSet adapter, Generator? dropout = null, double progress = 0, TaskGradients? gradients = null)
    {
        var input = AdaptationInput.Of(batch, problem.Design.Encoder, encoder, adapter, isTraining: true, dropout, progress);
        if (gradients is not null)
            input = input with { EncoderParameters = gradients.Copy(input.EncoderParameters) };
        return problem.Design.Adapter.Losses(input, batch.Kind, batch.Query);
    }

    /// <summary>Frees the tensors of the step.</summary>
    public void Reset()
    {
        _scope?.Dispose();
        _scope = null;
        (_batches, _taskGradients, _losses, _outerLosses) = ([], [], null, null);
    }
}
