using MetaML.Data;
using MetaML.Extensions.Chains;
using MetaML.Extensions.Transformers;
using MetaML.Relatedness;
using Microsoft.ML;

namespace MetaML;

/// <summary>What concerns tasks rather than training: the front door to adaptation. Made by <c>mlContext.MetaLearning()</c>.</summary>
public sealed partial class MetaLearningCatalog
{
    private readonly MLContext _context;

    internal MetaLearningCatalog(MLContext context) => _context = context;

    /// <summary>Teaches a model new tasks from a few labelled rows, in milliseconds.</summary>
    /// <param name="model">What Fit or Model.Load returned: a meta-learner, or a chain that holds one. It is not changed.</param>
    /// <param name="support">Rows as the model takes them, with labels, of one task or of many. A task that is known already is replaced.</param>
    /// <param name="options">How to adapt; null for the defaults.</param>
    /// <param name="cancellationToken">Stops within a task.</param>
    /// <returns>A model that knows the old tasks and the new ones.</returns>
    /// <remarks>Every step of a chain is run, whatever its scope. New classes and tasks are added to the chain's own value-to-key mappings.</remarks>
    /// <exception cref="ArgumentException">The model holds no meta-learner, columns or classes do not fit it, or an option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, task or label cannot be used.</exception>
    /// <exception cref="DllNotFoundException">The adapter changes the encoder, and the native torch library is absent.</exception>
    public ITransformer Adapt(ITransformer model, IDataView support, AdaptationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(support);
        return new ChainAdapter(_context, model, cancellationToken).Adapt(support, options);
    }

    /// <summary>How related tasks are to each other in the eyes of a model: a matrix with the tasks' names, groups, and an order for a heat map.</summary>
    /// <param name="model">A meta-learner, or a chain that holds one.</param>
    /// <param name="data">Rows as the model takes them, with labels, of at least two for each task.</param>
    /// <param name="measure">In what sense.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    /// <exception cref="ArgumentException">The model holds no meta-learner, or columns, classes or the measure do not fit it.</exception>
    /// <exception cref="InvalidOperationException">A task has fewer than two rows, or a feature, task or label cannot be used.</exception>
    public TaskRelatedness Relatedness(ITransformer model, IDataView data, RelatednessMeasure measure = RelatednessMeasure.Functional, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        return RelatednessAnalysis.Compare(ChainAdapter.FindLearner(model).Model, new ChainAdapter(_context, model, cancellationToken).ReadTasks(data), measure, cancellationToken);
    }

    /// <summary>A prior for new tasks made of the training tasks that are related to them, for <see cref="AdaptationOptions.RelatedPrior"/>.</summary>
    /// <param name="model">A meta-learner with a ridge or Bayesian adapter, or a chain that holds one.</param>
    /// <param name="trainingTasks">Labelled rows of the tasks that the model was trained on.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    /// <remarks>It belongs to this model and what Adapt makes of it.</remarks>
    /// <exception cref="ArgumentException">The model holds no such meta-learner, or columns or classes do not fit it.</exception>
    /// <exception cref="InvalidOperationException">There are fewer than three tasks, or a feature, task or label cannot be used.</exception>
    public RelatedPrior RelatedPrior(ITransformer model, IDataView trainingTasks, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trainingTasks);
        TaskSet tasks = new ChainAdapter(_context, model, cancellationToken).ReadTasks(trainingTasks);
        return MetaML.RelatedPrior.Learn(ChainAdapter.FindLearner(model).Model, tasks, cancellationToken: cancellationToken);
    }

    /// <summary>Lets a model forget one task.</summary>
    /// <param name="model">A meta-learner, or a chain that holds one. It is not changed.</param>
    /// <param name="task">The task's name.</param>
    /// <returns>A model without the task.</returns>
    /// <exception cref="ArgumentException">The model holds no meta-learner, or does not know the task.</exception>
    public ITransformer RemoveTask(ITransformer model, string task)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        return new ChainAdapter(_context, model, CancellationToken.None).RemoveTask(task);
    }

#pragma warning disable CA1822 // called on the catalog, as their siblings are
    /// <summary>Whether a model knows a task: whether its rows are scored by a head of its own, and not by what was learned across tasks.</summary>
    /// <param name="model">A meta-learner, or a chain that holds one, as Fit or Model.Load returned it.</param>
    /// <param name="task">The task's name, as the meta-learner's Task column has it.</param>
    /// <remarks>The Boolean output column "IsKnownTask" says the same of each row, also in a PredictionEngine. <see cref="Describe"/> lists all known tasks.</remarks>
    /// <exception cref="ArgumentException">The model holds no meta-learner.</exception>
    public bool KnowsTask(ITransformer model, string task)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        return ChainAdapter.FindLearner(model).KnowsTask(task);
    }

    /// <summary>What a model holds: encoder, adapter, tasks with their rows and λ, how training ended, what was chosen and why.</summary>
    /// <param name="model">A meta-learner, or a chain that holds one, as Fit or Model.Load returned it.</param>
    /// <returns>For programs by its properties, for people by its text.</returns>
    /// <exception cref="ArgumentException">The model holds no meta-learner.</exception>
    public ModelDescription Describe(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ChainAdapter.FindLearner(model).Describe();
    }
#pragma warning restore CA1822

    /// <summary>Learns to predict several columns from the same features, each column a task; see <see cref="MultiOutputTrainer"/>.</summary>
    /// <param name="labelColumnNames">The columns to predict: Single (regression), Boolean (binary) or key (multiclass), in any mix. Labels may be missing.</param>
    /// <param name="featureColumnName">The features: known-size vector of Single.</param>
    /// <param name="taskColumnName">The task: text or key; null where rows are not told apart by task.</param>
    /// <exception cref="ArgumentException">A column is named twice, or there are fewer than two and no Task column.</exception>
    public MultiOutputTrainer MultiOutput(string[] labelColumnNames, string featureColumnName = "Features", string? taskColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(labelColumnNames);
        return MultiOutput(new MultiOutputOptions
        {
            Outputs = [.. labelColumnNames.Select(name => new OutputColumn(name))],
            FeatureColumnName = featureColumnName,
            TaskColumnName = taskColumnName,
        });
    }

    /// <summary>Learns to predict several columns from the same features, each column a task; see <see cref="MultiOutputTrainer"/>.</summary>
    /// <param name="options">All options.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public MultiOutputTrainer MultiOutput(MultiOutputOptions options) => new(_context, options);

    /// <summary>Teaches a multi-output model one more output, from a few labelled rows: by what it learned about outputs of that kind.</summary>
    /// <param name="model">What a pipeline with MultiOutput, without a Task column, returned from Fit, or Model.Load. It is not changed.</param>
    /// <param name="support">Rows as the model takes them, with labels of the new output; some may be missing.</param>
    /// <param name="output">The new label column.</param>
    /// <param name="cancellationToken">Stops before the output is learned.</param>
    /// <returns>A model that has the old outputs and the new one.</returns>
    /// <remarks>Every step of a chain is run, so that each needs its columns. A new key column comes with the support: it is not made by the chain.</remarks>
    /// <exception cref="ArgumentException">The model has no several outputs, none of that kind, or this one already; or a column cannot be used.</exception>
    /// <exception cref="InvalidOperationException">There are no labels, or a feature or label cannot be used.</exception>
    public ITransformer AddOutput(ITransformer model, IDataView support, OutputColumn output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(support);
        ArgumentNullException.ThrowIfNull(output);
        return new ChainAdapter(_context, model, cancellationToken).AddOutput(support, output);
    }

    /// <summary>One output of a multi-output model as a model of its own, whose columns have the usual names: Score, PredictedLabel, Probability.</summary>
    /// <param name="model">What a pipeline with MultiOutput returned from Fit, or Model.Load. It is not changed, and its steps are shared.</param>
    /// <param name="outputName">The output: the name of its label column.</param>
    /// <returns>The model with an ordinary meta-learner in place of its multi-output step, for whatever expects a single Score, as permutation feature importance does.</returns>
    /// <exception cref="ArgumentException">The model has no such output.</exception>
    public ITransformer SelectOutput(ITransformer model, string outputName)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(outputName);
        return new ChainAdapter(_context, model, CancellationToken.None).SelectOutput(outputName);
    }

    /// <summary>The representation that a fitted model's tasks share, as a step of another pipeline: put any ML.NET trainer on top.</summary>
    /// <param name="model">A meta-learner, or a chain that holds one; the steps in front of it are not part of the result.</param>
    /// <param name="outputColumnName">The column that is made: a vector of Single.</param>
    /// <param name="featureColumnName">The column that is read; null for the model's own.</param>
    /// <exception cref="ArgumentException">The model holds no meta-learner.</exception>
    public SharedEncoderEstimator SharedEncoder(ITransformer model, string outputColumnName = "Embedding", string? featureColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(outputColumnName);
        ITaskLearner learner = ChainAdapter.FindLearner(model);
        return new SharedEncoderEstimator(new SharedEncoderTransformer(_context, learner.Model, featureColumnName ?? learner.FeatureColumnName, outputColumnName));
    }

    /// <summary>The encoder of a fitted model, as the encoder of another trainer: to use as it is with another adapter or kind of label, or to train on.</summary>
    /// <param name="model">A meta-learner, or a chain that holds one; features must be made as the steps in front of it make them.</param>
    /// <param name="isFrozen">Whether training leaves it as it is.</param>
    /// <exception cref="ArgumentException">The model holds no meta-learner.</exception>
#pragma warning disable CA1822 // called on the catalog, as its siblings are
    public PretrainedEncoderOptions PretrainedEncoder(ITransformer model, bool isFrozen = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new PretrainedEncoderOptions { Model = ChainAdapter.FindLearner(model).Model, IsFrozen = isFrozen };
    }
#pragma warning restore CA1822

    /// <summary>A representation learned from labels across tasks, by the loop that trains meta-learners, as a step of a pipeline.</summary>
    /// <param name="options">Label, Task and feature columns, and how to learn; the label's kind is that of its column.</param>
    /// <param name="outputColumnName">The column that is made: a vector of Single.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public SharedEncoderTrainer SharedEncoder(MetaLearnerOptions options, string outputColumnName = "Embedding") => SharedEncoderTrainer.OfTasks(_context, options, outputColumnName);

    /// <summary>A representation learned from features alone, over all tasks' rows, as a step of a pipeline.</summary>
    /// <param name="options">The feature column, and how to learn.</param>
    /// <param name="outputColumnName">The column that is made: a vector of Single.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public SharedEncoderTrainer SharedEncoder(SelfSupervisedEncoderOptions options, string outputColumnName = "Embedding") => SharedEncoderTrainer.OfFeatures(_context, options, outputColumnName);
}
