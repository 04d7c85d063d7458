using System.IO.Compression;
using System.Security.Cryptography;
using MetaML.Adapters;
using MetaML.Adapters.Bayesian;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Extensions.Chains;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Orleans.Rows;
using MetaML.Extensions.Persistence;
using MetaML.Extensions.Transformers;
using MetaML.Models;
using MetaML.Training.Checkpoints;
using MetaML.Training.Shards;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Orleans.Serving;

/// <summary>A version of a model in the memory of a silo: the steps, the encoder and the prior, which all tasks share. Immutable, and safe for several threads.</summary>
internal sealed class ServedModel
{
    private readonly MLContext _context;
    private readonly ITransformer _model;
    private readonly DataViewSchema _input;
    private readonly ITaskLearner _trained; // knows the training tasks
    private readonly ITaskLearner _empty;
    private readonly ITransformer _chain; // knows no task
    private readonly RowSchema _schema;
    private readonly Lazy<byte[]?> _fingerprint;

    private ServedModel(string name, string version, MLContext context, ITransformer model, DataViewSchema input)
    {
        Name = name;
        Version = version;
        _context = context;
        _model = model;
        _input = input;
        _trained = ChainAdapter.FindLearner(model);
        ITransformer[] steps = [.. StepsOf(model)];
        if (steps.OfType<ITaskLearner>().Count() > 1)
            throw new ArgumentException("The model must have one meta-learner; got several. A task would have a head in each. Leave one in the chain.", nameof(model));
        if (Array.Find(steps, step => !step.IsRowToRowMapper) is { } other)
            throw new ArgumentException($"Each step of the model must give one row for each row; got {SharedStep.NameOf(other)}. Requests of a few rows cannot pass through it. Leave it out of the chain.", nameof(model));
        _chain = With(model, "", null);
        _empty = ChainAdapter.FindLearner(_chain);
        _schema = new RowSchema(input, FrontOf(_chain), _empty, _chain);
        _fingerprint = new Lazy<byte[]?>(() => FingerprintOf(model));
    }

    /// <summary>The name of the model.</summary>
    public string Name { get; }

    /// <summary>The name of the version.</summary>
    public string Version { get; }

    /// <summary>The kind of label.</summary>
    /// <exception cref="ArgumentException">The model has several outputs.</exception>
    public LabelKind Kind => Single().Model.Kind;

    /// <summary>Checks and loads a model.</summary>
    /// <exception cref="ArgumentException">The model cannot be served.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or needs an unknown loader.</exception>
    public static ServedModel Load(string name, string version, byte[] file, CheckedLoadOptions options)
    {
        var context = new MLContext(seed: 1);
        using var stream = new MemoryStream(file, writable: false);
        ITransformer model = context.MetaLearning().LoadChecked(stream, out DataViewSchema? input, options);
        return new ServedModel(name, version, context, model, input ?? throw new ArgumentException("The file of a model must contain the schema of its input; got none. Requests could not be checked. Save the model with the schema of the training data.", nameof(file)));
    }

    /// <summary>A task that the model was trained on, or adapted to before it was saved; null for other tasks.</summary>
    public TaskHeads? Known(string task) => _trained.KnowsTask(task) ? new TaskHeads([.. _trained.Outputs.Select(output => output.Task(task))]) : null;

    /// <summary>Writes a task.</summary>
    public byte[] Write(string task, TaskHeads heads) => TaskBlob.Write(_empty, task, heads.Outputs);

    /// <summary>Reads a task.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged, or are those of another task.</exception>
    /// <exception cref="ArgumentException">The bytes belong to another model.</exception>
    public TaskHeads Read(string task, byte[] bytes)
    {
        var (name, outputs) = TaskBlob.ReadTasks(_empty, bytes);
        return name == task ? new TaskHeads(outputs) : throw new InvalidDataException($"The stored state of task '{task}' must be of this task; got another name. The storage has mixed up two states.");
    }

    /// <summary>Changes a task by labelled rows.</summary>
    /// <param name="task">The name of the task.</param>
    /// <param name="heads">The task before; null for a new one.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="change">What the rows do.</param>
    /// <param name="cancellationToken">Stops the method.</param>
    /// <returns>The task after the change; null if it has no rows left and tasks have different classes.</returns>
    /// <exception cref="ArgumentException">A column or class does not fit the model.</exception>
    /// <exception cref="InvalidOperationException">A feature, label or weight is invalid, or the task keeps no statistics, or never had a row that is taken away.</exception>
    public TaskHeads? Change(string task, TaskHeads? heads, TaskRows rows, TaskChange change, CancellationToken cancellationToken)
    {
        IDataView view = _schema.View(rows, task, isLabelled: true);
        string name = _schema.NameInChain(task);
        return Named(task, () =>
        {
            ITransformer changed = new ChainAdapter(_context, With(_chain, name, heads), cancellationToken).Change(view, change);
            ITaskLearner learner = ChainAdapter.FindLearner(changed);
            foreach (var (before, after) in _empty.Outputs.Zip(learner.Outputs))
            {
                if (after.ClassNames.Count > before.ClassNames.Count)
                    throw new ArgumentException($"Each label must be a class that version '{Version}' of the model knows; got '{after.ClassNames[before.ClassNames.Count]}'. The stored task could not be read again. Publish a version that was adapted to the class.");
            }

            return learner.KnowsTask(name) ? new TaskHeads([.. learner.Outputs.Select(output => output.Task(name))]) : null;
        });
    }

    /// <summary>Predicts rows.</summary>
    /// <param name="task">The name of the task.</param>
    /// <param name="heads">The task; null for an unknown one.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>The output columns of the model.</returns>
    /// <exception cref="ArgumentException">A column does not fit the model.</exception>
    /// <exception cref="InvalidOperationException">The task is unknown, and the model refuses unknown tasks.</exception>
    public TaskRows Predict(string task, TaskHeads? heads, TaskRows rows)
    {
        IDataView view = _schema.View(rows, task, isLabelled: false);
        return Named(task, () =>
        {
            IDataView scored = With(_chain, _schema.NameInChain(task), heads).Transform(view);
            return RowsReader.Read(scored, [.. _schema.Outputs.Select(output => scored.Schema[output.Name])]);
        });
    }

    /// <summary>Adapts this version to a task of another version, by the statistics of the task.</summary>
    /// <param name="task">The name of the task.</param>
    /// <param name="other">The other version.</param>
    /// <param name="heads">The task in the other version.</param>
    /// <returns>The task in this version; null if the statistics have another meaning in it.</returns>
    public TaskHeads? TakeOver(string task, ServedModel other, TaskHeads heads)
    {
        if (_fingerprint.Value is not { } mine || other._fingerprint.Value is not { } others || !mine.AsSpan().SequenceEqual(others) || !heads.HasStatistics)
            return null;
        return new TaskHeads([.. _empty.Outputs.Zip(heads.Outputs, (output, head) => head is null ? null : output.Model.TakeOver(head, task))]);
    }

    /// <summary>The tasks of a shard, to learn a prior from.</summary>
    /// <param name="read">Gives labelled rows with the columns of the model's input.</param>
    /// <exception cref="ArgumentException">A column does not fit, or sums over tasks do not determine the prior of the model.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, task or label is invalid.</exception>
    public TaskEvidence[] ReadShard(Func<MLContext, IDataView> read) =>
        Single().Model.EvidenceOf(new ChainAdapter(_context, _chain, CancellationToken.None).ReadTasks(read(_context)));

    /// <summary>Learns a prior from sums over tasks.</summary>
    /// <param name="sums">Sums over few of the tasks, over more of them, and at last over all tasks.</param>
    /// <param name="cancellationToken">Stops the search after a step.</param>
    /// <returns>The prior, and the log likelihood under it, plus the log density of its shrinkage.</returns>
    public (HeadPrior Prior, double LogLikelihood) LearnPrior(IReadOnlyList<ShardedPriorSums> sums, CancellationToken cancellationToken)
    {
        MetaModel model = Single().Model;
        BayesianAdapter adapter = model.PriorLearner;
        return adapter.Learn(model.AdapterValues, sums, MeanSquare, new PriorLimits(int.MaxValue, () =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }));

        double MeanSquare()
        {
            sums[0].Visit(HeadPrior.Start(1, model.EmbeddingDimension + 1, adapter.Outputs, PriorNoise.Common).Scaled);
            return sums[0].Sums.SquaredLabels / sums[0].Sums.Count;
        }
    }

    /// <summary>The file of this model with another prior. The same prior gives the same bytes.</summary>
    /// <param name="prior">The prior.</param>
    public byte[] WithPrior(HeadPrior prior)
    {
        MetaLearnerTransformer single = Single();
        ITransformer next = new ChainAdapter(_context, _model, CancellationToken.None).ReplaceLearner(learner => ((MetaLearnerTransformer)learner).WithModel(_context, single.Model.WithPrior(prior)));
        return Save(next);
    }

    /// <summary>Checks that a network can be learned from this version by gradients of shards.</summary>
    /// <returns>Whether sums over all tasks determine a part of the prior afterwards.</returns>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public bool NeedsPriorAfterNetwork() => ShardedTraining.NeedsPrior(Single().Model);

    /// <summary>The tasks of a shard, to learn a network from.</summary>
    /// <param name="read">Gives labelled rows with the columns of the model's input.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="number">The number of the shard, from 0.</param>
    /// <param name="shards">Number of shards.</param>
    /// <exception cref="ArgumentException">A column does not fit.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, no task can form an episode, or a feature, task or label is invalid.</exception>
    public GradientShard ReadGradientShard(Func<MLContext, IDataView> read, MetaTrainingOptions options, int number, int shards)
    {
        try
        {
            return new GradientShard(Single().Model, new ChainAdapter(_context, _chain, CancellationToken.None).ReadTasks(read(_context)), options, number, shards);
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidOperationException($"Shard {number} cannot be learned from. {error.Message}", error);
        }
    }

    /// <summary>Learns a network from gradients of shards.</summary>
    /// <param name="options">Validated options.</param>
    /// <param name="differentiate">The answers of all shards to <see cref="GradientShard.Differentiate"/>, in their order.</param>
    /// <param name="validate">The answers of all shards to <see cref="GradientShard.Validate"/>, in their order.</param>
    /// <param name="checkpoint">The checkpoint; null for none.</param>
    /// <returns>The file of this model with the network, without tasks, and the summary of the training. The same network gives the same bytes.</returns>
    /// <exception cref="InvalidOperationException">The loss is not finite.</exception>
    public (byte[] File, TrainingSummary Training) LearnNetwork(
        MetaTrainingOptions options, Func<float[], int, double, IReadOnlyList<ShardGradient>> differentiate, Func<float[], IReadOnlyList<ShardValidation>> validate, CheckpointStage? checkpoint)
    {
        MetaModel trained = ShardedTraining.Train(Single().Model, options, differentiate, validate, checkpoint);
        return (Save(new ChainAdapter(_context, _chain, CancellationToken.None).ReplaceLearner(learner => ((MetaLearnerTransformer)learner).WithModel(_context, trained))), trained.Training!);
    }

    // ML.NET writes the time into each entry of the file.
    private byte[] Save(ITransformer model)
    {
        using MemoryStream file = new(), dated = new();
        _context.Model.Save(model, _input, dated);
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var source = new ZipArchive(dated, ZipArchiveMode.Read);
            foreach (ZipArchiveEntry entry in source.Entries.OrderBy(entry => entry.FullName, StringComparer.Ordinal))
            {
                ZipArchiveEntry copy = zip.CreateEntry(entry.FullName);
                copy.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero); // the first that a zip file can have
                using Stream from = entry.Open(), to = copy.Open();
                from.CopyTo(to);
            }
        }

        return file.ToArray();
    }

    private MetaLearnerTransformer Single() => _trained as MetaLearnerTransformer
        ?? throw new ArgumentException($"The model must have one output; got a {_trained.GetType().Name}. Take one by SelectOutput.");

    private ITransformer With(ITransformer model, string task, TaskHeads? heads) => new ChainAdapter(_context, model, CancellationToken.None).ReplaceLearner(learner =>
        learner.WithOutputs(_context, [.. learner.Outputs.Select((output, i) => output.WithOnly(_context, task, heads?.Outputs[i]))]));

    // Errors name the task, and not its name within the chain.
    private T Named<T>(string task, Func<T> compute)
    {
        string name = _schema.NameInChain(task);
        try
        {
            return compute();
        }
        catch (InvalidOperationException error) when (name != task && error.Message.Contains($"'{name}'", StringComparison.Ordinal))
        {
            throw new InvalidOperationException(error.Message.Replace($"'{name}'", $"'{task}'", StringComparison.Ordinal));
        }
        catch (ArgumentException error) when (name != task && error.Message.Contains($"'{name}'", StringComparison.Ordinal))
        {
            throw new ArgumentException(error.Message.Replace($"'{name}'", $"'{task}'", StringComparison.Ordinal));
        }
    }

    // Null if heads are not functions of statistics. A mapping that only makes the Task column does not matter.
    private byte[]? FingerprintOf(ITransformer model)
    {
        byte[]?[] outputs = [.. _empty.Outputs.Select(output => output.Model.StatisticsFingerprint())];
        if (outputs.Contains(null))
            return null;
        string? task = _trained.TaskNames.FirstOrDefault();
        ITransformer front = FrontOf(task is null ? model : new TaskSelection(_context, task).Of(model));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[]? output in outputs)
            hash.AppendData(output!);
        foreach (string name in _empty.Outputs.SelectMany(output => output.ClassNames.Append("")))
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{name}\n"));
        using var file = new MemoryStream();
        _context.Model.Save(front, null, file);
        using var zip = new ZipArchive(file, ZipArchiveMode.Read);
        foreach (ZipArchiveEntry entry in zip.Entries.OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            using Stream content = entry.Open();
            using var bytes = new MemoryStream();
            content.CopyTo(bytes);
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{entry.FullName}\n"));
            hash.AppendData(bytes.ToArray());
        }

        return hash.GetHashAndReset();
    }

    private static TransformerChain<ITransformer> FrontOf(ITransformer model) => new([.. StepsOf(model).TakeWhile(step => step is not ITaskLearner)]);

    private static IEnumerable<ITransformer> StepsOf(ITransformer step) => TransformerChains.Steps(step) is { } inners ? inners.SelectMany(StepsOf) : [step];
}
