using MetaML.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using Microsoft.ML;
using Microsoft.ML.Transforms;

namespace MetaML.Extensions.Chains;

/// <summary>Makes a new chain with an adapted meta-learner. The new chain shares the other steps with the given one.</summary>
internal sealed class ChainAdapter
{
    private readonly MLContext _context;
    private readonly ITransformer _model;
    private readonly CancellationToken _cancellationToken;
    private readonly HashSet<string> _growing = []; // key columns to which new tasks may add values
    private readonly KeyGrowth _growth;

    private int _learnersAhead;

    /// <exception cref="ArgumentException">The model contains no meta-learner.</exception>
    public ChainAdapter(MLContext context, ITransformer model, CancellationToken cancellationToken)
    {
        _context = context;
        _model = model;
        _cancellationToken = cancellationToken;
        _growth = new KeyGrowth(context);
        FindLearner(model);
        foreach (ITaskLearner learner in Learners(model))
        {
            _growing.UnionWith(learner.GrowingColumns);
            _learnersAhead++;
        }
    }

    /// <summary>The last meta-learner of a chain.</summary>
    /// <exception cref="ArgumentException">The chain contains none.</exception>
    public static ITaskLearner FindLearner(ITransformer model) => Learners(model).LastOrDefault()
        ?? throw new ArgumentException($"The model must be a meta-learner or a chain that holds one; got {model.GetType().Name}. Give what a pipeline with a MetaLearner trainer returned from Fit.", nameof(model));

    /// <summary>Whether a model contains a meta-learner.</summary>
    public static bool HasLearner(ITransformer model) => Learners(model).Any();

    /// <summary>The last meta-learner of a chain, with one encoder.</summary>
    /// <exception cref="ArgumentException">The chain contains none, or an ensemble, which has several encoders.</exception>
    public static TaskRowTransformer FindEncoder(ITransformer model) => FindLearner(model) as TaskRowTransformer
        ?? throw new ArgumentException("The model must have one encoder; got an ensemble, which has several. Take one of its Models.", nameof(model));

    /// <summary>The meta-learner of a step with one output.</summary>
    /// <exception cref="ArgumentException">The step has several outputs, or is an ensemble.</exception>
    public static MetaLearnerTransformer OneOutput(ITaskLearner learner) => learner as MetaLearnerTransformer ?? throw new ArgumentException(
        $"The model must be one meta-learner with one output; got a {learner.GetType().Name}. {(learner is MultiOutputTransformer ? "Take one output by SelectOutput" : "Take one of its Models")}.");

    /// <summary>The chain whose tasks are changed by labelled rows.</summary>
    /// <param name="rows">Labelled rows.</param>
    /// <param name="change">What the rows do to the tasks that they name.</param>
    public ITransformer Change(IDataView rows, TaskChange change) =>
        Adapt(rows, (learner, data) => learner.Change(_context, data, change, _cancellationToken));

    /// <summary>The tasks of labelled rows, as the chain's last meta-learner sees them.</summary>
    public TaskSet ReadTasks(IDataView data)
    {
        TaskSet? tasks = null;
        Adapt(data, (learner, rows) =>
        {
            MetaLearnerTransformer single = OneOutput(learner);
            tasks = single.ReadSupport(_context, rows, keepsTasksWithoutLabels: false, _cancellationToken).Tasks;
            return single;
        });
        return tasks!;
    }

    /// <summary>The rows as the last meta-learner of the chain reads them. Values that are new to a key of the label or of the task are added to it.</summary>
    public IDataView Preprocess(IDataView data)
    {
        IDataView read = data;
        Adapt(data, (learner, rows) =>
        {
            read = rows;
            return (ITransformer)learner;
        });
        return read;
    }

    public ITransformer RemoveTask(string task) => Replace(_model, learner => learner.RemoveTask(_context, task));

    /// <summary>The chain with another last meta-learner.</summary>
    public ITransformer ReplaceLearner(Func<ITaskLearner, ITransformer> replacement)
    {
        ITaskLearner last = FindLearner(_model);
        return Replace(_model, learner => ReferenceEquals(learner, last) ? replacement(learner) : (ITransformer)learner);
    }

    public ITransformer AddOutput(IDataView support, OutputColumn output) => Adapt(support, (learner, data) => OutputsOf(learner).Add(_context, data, output, _cancellationToken));

    /// <summary>The chain in which one output of the multi-output step replaces this step.</summary>
    /// <exception cref="ArgumentException">There is no such output.</exception>
    public ITransformer SelectOutput(string output) => Replace(_model, learner => OutputsOf(learner).Select(output));

    private static MultiOutputTransformer OutputsOf(ITaskLearner learner) => learner as MultiOutputTransformer
        ?? throw new ArgumentException($"The model must have several outputs; got a {learner.GetType().Name}. Give what a pipeline with MultiOutput returned from Fit.");

    private ITransformer Adapt(IDataView data, Func<ITaskLearner, IDataView, ITransformer> adapt)
    {
        _growth.Begin(data.Schema, _growing);
        return Walk(_model, ref data, adapt);
    }

    // The data pass through each step up to the last meta-learner, as in training and whatever the scope of the step. On return they have passed through the given step.
    private ITransformer Walk(ITransformer step, ref IDataView data, Func<ITaskLearner, IDataView, ITransformer> adapt)
    {
        switch (step)
        {
            case ITaskLearner learner:
                _growth.Check(step);
                ITransformer adapted = adapt(learner, data);
                _learnersAhead--;
                return Pass(step, adapted, ref data);
            case var chain when !KeyGuard.Is(step) && TransformerChains.Steps(chain) is { } inners:
                var steps = new ITransformer[inners.Length];
                for (int i = 0; i < steps.Length; i++)
                    steps[i] = Walk(inners[i], ref data, adapt);
                return TransformerChains.Replace(chain, steps);
            case ValueToKeyMappingTransformer mapping when _learnersAhead > 0:
                KeyMappingRenewal renewal = KeyMappingRenewal.Of(_context, mapping, _growing, data);
                ITransformer renewed = Pass(step, renewal.Mapping != mapping ? renewal.Mapping : _growth.Keep(mapping), ref data);
                renewal.NameKeys(data.Schema);
                return renewed;
            default:
                ITransformer shared = SharedStep.Of(_context, step);
                return Pass(step, _growth.Keep(shared), ref data);
        }
    }

    private ITransformer Pass(ITransformer fitted, ITransformer step, ref IDataView data)
    {
        if (_learnersAhead > 0 || fitted is ITaskLearner)
            data = step.Transform(data);
        _growth.Pass(fitted, step);
        return step;
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
