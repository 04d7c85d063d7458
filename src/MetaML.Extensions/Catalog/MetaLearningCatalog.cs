using MetaML.Data;
using MetaML.Extensions.Chains;
using MetaML.Extensions.Transformers;
using MetaML.Relatedness;
using Microsoft.ML;

namespace MetaML;

/// <summary>The operations on tasks, above all the adaptation to new tasks. <c>mlContext.MetaLearning()</c> returns this catalog.</summary>
public sealed partial class MetaLearningCatalog
{
    private readonly MLContext _context;

    internal MetaLearningCatalog(MLContext context) => _context = context;

    internal MLContext Context => _context;

    /// <summary>Adapts a model to new tasks with a few labelled rows of each, in milliseconds.</summary>
    /// <param name="model">The result of Fit or Model.Load: a meta-learner, or a chain that contains one. It is not changed.</param>
    /// <param name="support">Labelled rows of one or several tasks, with the columns of the model's input. The rows of a known task replace its earlier rows.</param>
    /// <param name="options">Options of the adaptation; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the adaptation, also within a task.</param>
    /// <returns>A model that knows the known tasks and the new tasks.</returns>
    /// <remarks>All steps of a chain transform the support, also those whose scope is only training. New classes and tasks are added to the chain's value-to-key mappings.</remarks>
    /// <exception cref="ArgumentException">The model contains no meta-learner, a column or class does not fit it, or an option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, task or label is invalid.</exception>
    /// <exception cref="DllNotFoundException">The adapter changes the encoder, and the native torch library is absent.</exception>
    /// <example>
    /// <code>
    /// ITransformer adapted = ml.MetaLearning().Adapt(model, supportRows); // a few labelled rows of a new task
    /// IDataView scored = adapted.Transform(queryRows);                    // other rows of this task
    /// </code>
    /// </example>
    public ITransformer Adapt(ITransformer model, IDataView support, AdaptationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(support);
        return new ChainAdapter(_context, model, cancellationToken).Change(support, new TaskChange.Adaptation(options));
    }

    /// <summary>Measures how related the tasks are, with a trained model.</summary>
    /// <param name="model">A meta-learner, or a chain that contains one.</param>
    /// <param name="data">Labelled rows, at least two for each task, with the columns of the model's input.</param>
    /// <param name="measure">The measure of relatedness.</param>
    /// <param name="cancellationToken">Stops the analysis between two tasks.</param>
    /// <returns>A matrix with the names of the tasks, groups of related tasks, and an order of the tasks for a heat map.</returns>
    /// <exception cref="ArgumentException">The model contains no meta-learner, or a column, a class or the measure does not fit it.</exception>
    /// <exception cref="InvalidOperationException">A task has fewer than two rows, or a feature, task or label is invalid.</exception>
    /// <example>
    /// <code>
    /// TaskRelatedness relatedness = ml.MetaLearning().Relatedness(model, trainingTasks);
    /// foreach (var (task, value) in relatedness.Nearest("store 7", count: 3))
    ///     Console.WriteLine($"{task}: {value:F2}");
    /// </code>
    /// </example>
    public TaskRelatedness Relatedness(ITransformer model, IDataView data, RelatednessMeasure measure = RelatednessMeasure.Functional, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        return RelatednessAnalysis.Compare(ChainAdapter.FindEncoder(model).Encoder, new ChainAdapter(_context, model, cancellationToken).ReadTasks(data), measure, cancellationToken);
    }

    /// <summary>Learns a prior for new tasks from the training tasks that are related to them, for <see cref="AdaptationOptions.RelatedPrior"/>.</summary>
    /// <param name="model">A meta-learner with a ridge or Bayesian adapter, or a chain that contains one.</param>
    /// <param name="trainingTasks">Labelled rows of the tasks that the model was trained on.</param>
    /// <param name="cancellationToken">Stops the method between two tasks.</param>
    /// <remarks>The prior can be used only with this model, and with models that Adapt returns for it.</remarks>
    /// <exception cref="ArgumentException">The model contains no such meta-learner, or a column or class does not fit it.</exception>
    /// <exception cref="InvalidOperationException">There are fewer than three tasks, or a feature, task or label is invalid.</exception>
    /// <example>
    /// <code>
    /// RelatedPrior prior = ml.MetaLearning().RelatedPrior(model, trainingTasks);
    /// ITransformer adapted = ml.MetaLearning().Adapt(model, supportRows, new AdaptationOptions { RelatedPrior = prior });
    /// </code>
    /// </example>
    public RelatedPrior RelatedPrior(ITransformer model, IDataView trainingTasks, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trainingTasks);
        TaskSet tasks = new ChainAdapter(_context, model, cancellationToken).ReadTasks(trainingTasks);
        return MetaML.RelatedPrior.Learn(ChainAdapter.FindEncoder(model).Encoder, tasks, cancellationToken: cancellationToken);
    }

    /// <summary>Removes one task from a model.</summary>
    /// <param name="model">A meta-learner, or a chain that contains one. It is not changed.</param>
    /// <param name="task">The task's name.</param>
    /// <returns>A model without the task.</returns>
    /// <exception cref="ArgumentException">The model contains no meta-learner, or does not know the task.</exception>
    public ITransformer RemoveTask(ITransformer model, string task)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        return new ChainAdapter(_context, model, CancellationToken.None).RemoveTask(task);
    }

    /// <summary>Returns the model of one task. It needs no Task column and scores all rows with the head of this task.</summary>
    /// <param name="model">A meta-learner with a Task column, or a chain that contains one. It is not changed. The new model shares its steps.</param>
    /// <param name="task">The name of a known task.</param>
    /// <returns>A model that knows this task only. A value-to-key mapping that makes the Task column for no other step is left out.</returns>
    /// <remarks>Useful to hand out one task alone. It can always be exported to ONNX, even if each task has its own encoder (MAML).</remarks>
    /// <exception cref="ArgumentException">The model contains no meta-learner with a Task column, or does not know the task.</exception>
    /// <example>
    /// <code>
    /// ITransformer one = ml.MetaLearning().SelectTask(model, "store 7");
    /// ml.Model.Save(one, trainingTasks.Schema, "store7.zip");
    /// </code>
    /// </example>
    public ITransformer SelectTask(ITransformer model, string task)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        ChainAdapter.FindLearner(model);
        return new TaskSelection(_context, task).Of(model);
    }

#pragma warning disable CA1822 // an instance member, like the other methods of the catalog
    /// <summary>Whether a model knows a task. Rows of a known task are scored with the task's own head. <see cref="UnknownTaskHandling"/> gives the treatment of other rows.</summary>
    /// <param name="model">A meta-learner, or a chain that contains one: the result of Fit or Model.Load.</param>
    /// <param name="task">The task's name, as in the Task column.</param>
    /// <remarks>The Boolean output column "IsKnownTask" gives this fact for each row, also in a PredictionEngine. <see cref="Describe"/> lists all known tasks.</remarks>
    /// <exception cref="ArgumentException">The model contains no meta-learner.</exception>
    public bool KnowsTask(ITransformer model, string task)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        return ChainAdapter.FindLearner(model).KnowsTask(task);
    }

    /// <summary>Describes a model: its encoder and adapter, its tasks with their numbers of rows and weights λ, the end of the training, and the choices made from the data with their reasons.</summary>
    /// <param name="model">A meta-learner, or a chain that contains one: the result of Fit or Model.Load.</param>
    /// <returns>The description. Its ToString gives it as text.</returns>
    /// <exception cref="ArgumentException">The model contains no meta-learner.</exception>
    /// <example>
    /// <code>
    /// ModelDescription description = ml.MetaLearning().Describe(model);
    /// Console.WriteLine(description);                        // the description as text
    /// Console.WriteLine(description.Outputs[0].Tasks.Count); // the number of known tasks
    /// </code>
    /// </example>
    public ModelDescription Describe(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ChainAdapter.FindLearner(model).Describe();
    }
#pragma warning restore CA1822

    /// <summary>The effects that a linear model has learned of the population of tasks, with their standard errors.</summary>
    /// <param name="model">A meta-learner with a Task column, no encoder and a Bayesian adapter, whose labels are values, counts, or two classes with a logistic likelihood and without shrinkage, or a chain that contains one.</param>
    /// <returns>A row for each <see cref="PopulationEffect"/>, with its properties as columns. <see cref="Describe"/> also gives correlations, the likelihood and the share of the variance between tasks.</returns>
    /// <remarks>Units are those of the feature column that the trainer reads. If a step before it normalises the features, they are those after this step.</remarks>
    /// <exception cref="ArgumentException">The model contains no such meta-learner.</exception>
    /// <example>
    /// <code>
    /// IDataView effects = ml.MetaLearning().PopulationEffects(model);
    /// foreach (var effect in ml.Data.CreateEnumerable&lt;PopulationEffect&gt;(effects, reuseRowObject: false))
    ///     Console.WriteLine($"{effect.Name}: {effect.Estimate:F2} ± {effect.StandardError:F2}");
    /// </code>
    /// </example>
    public IDataView PopulationEffects(ITransformer model) => _context.Data.LoadFromEnumerable(PopulationDescription.Of(OneOutput(model).PopulationOf()).Effects);

    /// <summary>The effects in each task that a linear model knows, with their differences from those of the population.</summary>
    /// <param name="model">As for <see cref="PopulationEffects"/>.</param>
    /// <returns>A row for each <see cref="TaskEffect"/>, with its properties as columns: tasks in the order of their names, and for each the intercept and the features.</returns>
    /// <exception cref="ArgumentException">The model contains no such meta-learner.</exception>
    public IDataView TaskEffects(ITransformer model) => _context.Data.LoadFromEnumerable(OneOutput(model).TaskEffects().ToArray());

    /// <summary>The effects of the groups that tasks are in (<see cref="TaskLearnerOptions.TaskGroupColumnNames"/>), with their standard deviations.</summary>
    /// <param name="model">As for <see cref="PopulationEffects"/>.</param>
    /// <returns>A row for each <see cref="GroupEffect"/>, with its properties as columns: the outermost column first, and its groups in the order of their names. No rows if tasks are in no groups.</returns>
    /// <exception cref="ArgumentException">The model contains no such meta-learner.</exception>
    public IDataView GroupEffects(ITransformer model) => _context.Data.LoadFromEnumerable(OneOutput(model).GroupEffects().ToArray());

    private static MetaLearnerTransformer OneOutput(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ChainAdapter.OneOutput(ChainAdapter.FindLearner(model));
    }

    /// <summary>Creates a trainer that learns to predict several columns from the same features; see <see cref="MultiOutputTrainer"/>.</summary>
    /// <param name="labelColumnNames">The columns to predict: Single (regression), Boolean (binary) or key (multiclass), in any combination. Labels may be missing.</param>
    /// <param name="featureColumnName">The features: vector of Single of known size.</param>
    /// <param name="taskColumnName">The task: text or key; null for no Task column. Each column to predict is then a task.</param>
    /// <exception cref="ArgumentException">A column is named twice, or there are fewer than two columns and no Task column.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
    ///     .Append(ml.MetaLearning().MultiOutput(["Demand", "Returns"]));
    /// IDataView scored = pipeline.Fit(trainingTasks).Transform(queryRows);
    /// var metrics = ml.Regression.Evaluate(scored, "Demand", "Demand.Score");
    /// </code>
    /// </example>
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

    /// <summary>Creates a trainer that learns to predict several columns from the same features; see <see cref="MultiOutputTrainer"/>.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public MultiOutputTrainer MultiOutput(MultiOutputOptions options) => new(_context, options);

    /// <summary>Adds an output to a multi-output model, with a few labelled rows. The adapter of the known outputs of the same kind learns it.</summary>
    /// <param name="model">The result of Fit or Model.Load for a pipeline with MultiOutput and without a Task column. It is not changed.</param>
    /// <param name="support">Rows with the columns of the model's input and with labels of the new output. Some labels may be missing.</param>
    /// <param name="output">The new label column.</param>
    /// <param name="cancellationToken">Stops the method before the output is learned.</param>
    /// <returns>A model with the known outputs and the new output.</returns>
    /// <remarks>All steps of a chain transform the support, so that it must have all columns that they read. If the new output is a key column, the support must contain it: the chain does not create it.</remarks>
    /// <exception cref="ArgumentException">The model is not a multi-output model, has no output of this kind, or already has this output; or a column is invalid.</exception>
    /// <exception cref="InvalidOperationException">There are no labels, or a feature or label is invalid.</exception>
    public ITransformer AddOutput(ITransformer model, IDataView support, OutputColumn output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(support);
        ArgumentNullException.ThrowIfNull(output);
        return new ChainAdapter(_context, model, cancellationToken).AddOutput(support, output);
    }

    /// <summary>Returns one output of a multi-output model as a separate model. Its columns have the usual names: Score, PredictedLabel, Probability.</summary>
    /// <param name="model">The result of Fit or Model.Load for a pipeline with MultiOutput. It is not changed. The new model shares its steps.</param>
    /// <param name="outputName">The name of the output, which is the name of its label column.</param>
    /// <returns>The model with an ordinary meta-learner in place of its multi-output step. Methods that expect a single Score, such as permutation feature importance, can use it.</returns>
    /// <exception cref="ArgumentException">The model has no such output.</exception>
    public ITransformer SelectOutput(ITransformer model, string outputName)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(outputName);
        return new ChainAdapter(_context, model, CancellationToken.None).SelectOutput(outputName);
    }

    /// <summary>Creates a step that trains an ML.NET trainer on all tasks together, and adds its score as a feature. A meta-learner after it learns how each task deviates.</summary>
    /// <param name="trainer">Any trainer, or a pipeline that ends in one, whose model scores row by row.</param>
    /// <param name="outputColumnName">The output column. It has the type of the trainer's score.</param>
    /// <param name="taskColumnName">The Task column: text or key.</param>
    /// <param name="scoreColumnName">The output column of the trainer that is kept.</param>
    /// <param name="folds">The largest number of folds of tasks, at least 2. The trainer is fitted once more than that. The rows of a training task are scored by the model that was trained without its fold.</param>
    /// <param name="seed">The seed of the folds.</param>
    /// <remarks>Trees on all tasks with an effect of each task are often better on tables than networks with such an effect (arXiv 2307.02071).</remarks>
    /// <exception cref="ArgumentException">An argument is outside its range.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.MetaLearning().PooledScore(ml.Regression.Trainers.LightGbm("Demand", "Features"), taskColumnName: "Store")
    ///     .Append(ml.Transforms.Concatenate("Features", "Features", "PooledScore"))
    ///     .Append(ml.Regression.Trainers.MetaLearner("Demand", "Features", "Store"));
    /// ITransformer fitted = pipeline.Fit(trainingTasks);
    /// ITransformer adapted = ml.MetaLearning().Adapt(fitted, supportRows);
    /// </code>
    /// </example>
    public PooledScoreEstimator PooledScore(IEstimator<ITransformer> trainer, string outputColumnName = "PooledScore", string taskColumnName = "Task", string scoreColumnName = "Score", int folds = 5, int seed = 0) =>
        new(_context, trainer, outputColumnName, taskColumnName, scoreColumnName, folds, seed);

    /// <summary>The shared encoder of a fitted model, as a step of another pipeline. Any ML.NET trainer can use its output as features.</summary>
    /// <param name="model">A meta-learner, or a chain that contains one. The steps before the meta-learner are not part of the result.</param>
    /// <param name="outputColumnName">The output column: a vector of Single.</param>
    /// <param name="featureColumnName">The input column; null for the feature column of the model.</param>
    /// <exception cref="ArgumentException">The model contains no meta-learner.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
    ///     .Append(ml.MetaLearning().SharedEncoder(model)) // Features → Embedding
    ///     .Append(ml.Regression.Trainers.Sdca("Demand", "Embedding"));
    /// ITransformer fitted = pipeline.Fit(trainingTasks);
    /// </code>
    /// </example>
    public SharedEncoderEstimator SharedEncoder(ITransformer model, string outputColumnName = "Embedding", string? featureColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(outputColumnName);
        TaskRowTransformer learner = ChainAdapter.FindEncoder(model);
        return new SharedEncoderEstimator(new SharedEncoderTransformer(_context, learner.Encoder, featureColumnName ?? learner.FeatureColumnName, outputColumnName));
    }

    /// <summary>The encoder of a fitted model, for the training of another model with another adapter or another kind of label.</summary>
    /// <param name="model">A meta-learner, or a chain that contains one. The features of the new data must be computed by the same steps as in this chain.</param>
    /// <param name="isFrozen">Whether the parameters of the encoder stay unchanged. If false, training starts from them.</param>
    /// <exception cref="ArgumentException">The model contains no meta-learner.</exception>
    /// <example>
    /// <code>
    /// var trainer = ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions
    /// {
    ///     Encoder = ml.MetaLearning().PretrainedEncoder(model),
    ///     Adapter = new BayesianAdapterOptions(),
    /// });
    /// </code>
    /// </example>
#pragma warning disable CA1822 // an instance member, like the other methods of the catalog
    public PretrainedEncoderOptions PretrainedEncoder(ITransformer model, bool isFrozen = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new PretrainedEncoderOptions { Model = ChainAdapter.FindEncoder(model).Encoder, IsFrozen = isFrozen };
    }
#pragma warning restore CA1822

    /// <summary>Creates a step that learns an encoder from labels across tasks, in the same way as <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="options">The label, Task and feature columns, and the options of the training. The type of the label column gives the kind of the labels.</param>
    /// <param name="outputColumnName">The output column: a vector of Single.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public SharedEncoderTrainer SharedEncoder(MetaLearnerOptions options, string outputColumnName = "Embedding") => SharedEncoderTrainer.OfTasks(_context, options, outputColumnName);

    /// <summary>Creates a step that learns an encoder from the features of all rows, without labels.</summary>
    /// <param name="options">The feature column, and the options of the training.</param>
    /// <param name="outputColumnName">The output column: a vector of Single.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <example>
    /// <code>
    /// var encoder = ml.MetaLearning().SharedEncoder(new SelfSupervisedEncoderOptions { FeatureColumnName = "Features" });
    /// IDataView embedded = encoder.Fit(trainingTasks).Transform(queryRows);
    /// </code>
    /// </example>
    public SharedEncoderTrainer SharedEncoder(SelfSupervisedEncoderOptions options, string outputColumnName = "Embedding") => SharedEncoderTrainer.OfFeatures(_context, options, outputColumnName);
}
