using MetaML.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using Microsoft.ML;
using Microsoft.ML.Transforms;

namespace MetaML.Extensions.Chains;

/// <summary>Rebuilds a chain around its meta-learner: the other steps are shared with the chain that was given.</summary>
internal sealed class ChainAdapter
{
    private readonly MLContext _context;
    private readonly ITransformer _model;
    private readonly CancellationToken _cancellationToken;
    private readonly HashSet<string> _growing = []; // key columns that new tasks may bring new values to

    /// <exception cref="ArgumentException">The model holds no meta-learner.</exception>
    public ChainAdapter(MLContext context, ITransformer model, CancellationToken cancellationToken)
    {
        _context = context;
        _model = model;
        _cancellationToken = cancellationToken;
        FindLearner(model);
        foreach (ITaskLearner learner in Learners(model))
            _growing.UnionWith(learner.GrowingColumns);
    }

    /// <summary>The last meta-learner of a chain.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static ITaskLearner FindLearner(ITransformer model) => Learners(model).LastOrDefault()
        ?? throw new ArgumentException($"The model must be a meta-learner or a chain that holds one; got {model.GetType().Name}. Give what a pipeline with a MetaLearner trainer returned from Fit.", nameof(model));

    /// <param name="support">Labelled rows of the new tasks.</param>
    /// <param name="options">How to adapt; null for the defaults.</param>
    public ITransformer Adapt(IDataView support, AdaptationOptions? options) =>
        Adapt(_model, ref support, (learner, data) => learner.Adapt(data, options, _cancellationToken));

    /// <summary>The tasks of labelled rows, as the chain's last meta-learner sees them.</summary>
    public TaskSet ReadTasks(IDataView data)
    {
        TaskSet? tasks = null;
        Adapt(_model, ref data, (learner, rows) =>
        {
            MetaLearnerTransformer single = learner as MetaLearnerTransformer
                ?? throw new ArgumentException($"The model must have one output; got a {learner.GetType().Name}. Take one by SelectOutput.");
            tasks = single.ReadSupport(rows, _cancellationToken).Tasks;
            return single;
        });
        return tasks!;
    }

    public ITransformer RemoveTask(string task) => Replace(_model, learner => learner.RemoveTask(task));

    public ITransformer AddOutput(IDataView support, OutputColumn output) => Adapt(_model, ref support, (learner, data) => OutputsOf(learner).Add(data, output, _cancellationToken));

    /// <summary>The chain with one output of its multi-output step in that step's place.</summary>
    /// <exception cref="ArgumentException">There is no such output.</exception>
    public ITransformer SelectOutput(string output) => Replace(_model, learner => OutputsOf(learner).Select(output));

    private static MultiOutputTransformer OutputsOf(ITaskLearner learner) => learner as MultiOutputTransformer
        ?? throw new ArgumentException($"The model must have several outputs; got a {learner.GetType().Name}. Give what a pipeline with MultiOutput returned from Fit.");

    // Data pass through each step as in training, whatever its scope; on return they have passed through this one.
    private ITransformer Adapt(ITransformer step, ref IDataView data, Func<ITaskLearner, IDataView, ITransformer> adapt)
    {
        switch (step)
        {
            case ITaskLearner learner:
                ITransformer adapted = adapt(learner, data);
                data = adapted.Transform(data);
                return adapted;
            case var chain when TransformerChains.Steps(chain) is { } inners:
                var steps = new ITransformer[inners.Length];
                int last = Array.FindLastIndex(inners, inner => Learners(inner).Any());
                for (int i = 0; i < steps.Length; i++)
                    steps[i] = i <= last || last < 0 ? Adapt(inners[i], ref data, adapt) : SharedStep.Of(_context, inners[i]);
                return TransformerChains.Replace(chain, steps);
            case ValueToKeyMappingTransformer mapping:
                ITransformer renewed = KeyMappingRenewal.Renew(_context, mapping, _growing, data);
                data = renewed.Transform(data);
                return renewed;
            default:
                ITransformer shared = SharedStep.Of(_context, step);
                data = shared.Transform(data);
                return shared;
        }
    }

    private ITransformer Replace(ITransformer step, Func<ITaskLearner, ITransformer> replacement) => step switch
    {
        ITaskLearner learner => replacement(learner),
        _ when TransformerChains.Steps(step) is { } inners => TransformerChains.Replace(step, inners.Select(inner => Replace(inner, replacement))),
        _ => SharedStep.Of(_context, step),
    };

    private static IEnumerable<ITaskLearner> Learners(ITransformer step) => step switch
    {
        ITaskLearner learner => [learner],
        _ => TransformerChains.Steps(step)?.SelectMany(Learners) ?? [],
    };
}
