using System.Runtime.ExceptionServices;
using System.Text.Json;
using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Parameters;
using MetaML.Tasks;
using MetaML.Training;
using static TorchSharp.torch;

namespace MetaML.Scoring;

/// <summary>A meta-trained encoder and adapter: adapts tasks and scores their rows. Immutable and safe for many threads.</summary>
public sealed class MetaModel
{
    private const int FormatVersion = 1;

    // Options alone: a few hundred bytes, and some for each hidden layer.
    private const int MaximumHeaderBytes = 1 << 16;

    // Rows of padded support that are adapted at once where libtorch is needed.
    private const int RowsPerBatch = 65_536;

    private readonly MetaModelDesign _design;
    private readonly FeatureScaling? _scaling;
    private readonly LabelScaling _labels;
    private readonly ParameterArray[] _encoderValues;
    private readonly ParameterArray[] _adapterValues;
    private readonly float[][] _encoderArrays;
    private readonly float[][] _adapterArrays;
    private readonly Lazy<AdaptedTask?> _prior;

    internal MetaModel(MetaModelDesign design, FeatureScaling? scaling, LabelScaling labels, ParameterArray[] encoderValues, ParameterArray[] adapterValues)
    {
        _design = design;
        _scaling = scaling;
        _labels = labels;
        _encoderValues = encoderValues;
        _adapterValues = adapterValues;
        _encoderArrays = Array.ConvertAll(encoderValues, p => p.Values);
        _adapterArrays = Array.ConvertAll(adapterValues, p => p.Values);
        _prior = new Lazy<AdaptedTask?>(AdaptNothing);
    }

    /// <summary>What the labels are.</summary>
    public LabelKind Kind => _design.Head.Kind;

    /// <summary>Number of features of a row.</summary>
    public int FeatureCount => _design.Encoder.FeatureCount;

    /// <summary>Number of values of an embedding.</summary>
    public int EmbeddingDimension => _design.Encoder.EmbeddingDimension;

    /// <summary>Whether all tasks' outputs mean the same, so that rows of an unknown task can be scored by what was learned across tasks.</summary>
    public bool HasPrior => _design.Head.HasPrior;

    /// <summary>Number of classes that all tasks share: 2 for binary labels; 0 for regression and where each task has its own.</summary>
    public int ClassCount => Kind switch
    {
        LabelKind.Binary => 2,
        LabelKind.Multiclass => _design.Head.CommonOutputs ?? 0,
        _ => 0,
    };

    /// <summary>Whether <see cref="Adapt"/> works without the native torch library.</summary>
    public bool AdaptsWithoutTorch => _design.Adapter is IManagedAdapter;

    /// <summary>The adapter on no rows at all; null where <see cref="HasPrior"/> is false.</summary>
    public AdaptedTask? Prior => _prior.Value;

    internal EncoderOptions EncoderOptions => _design.EncoderOptions;

    internal FeatureScaling? Scaling => _scaling;

    internal IReadOnlyList<ParameterArray> EncoderValues => _encoderValues;

    internal IEnumerable<int> EncoderShapes => _design.Encoder.Parameters.Select(spec => spec.Count);

    /// <summary>Adapts each task of a set on all its rows.</summary>
    /// <param name="support">Tasks of the model's kind and number of features.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    /// <returns>One adapted task for each, in their order.</returns>
    /// <exception cref="ArgumentException">Kind, features or classes do not fit the model.</exception>
    /// <exception cref="InvalidOperationException">An adapted head is not finite.</exception>
    public IReadOnlyList<AdaptedTask> Adapt(TaskSet support, CancellationToken cancellationToken = default)
    {
        if (support.Kind != Kind)
            throw new ArgumentException($"Support must have {Kind} labels, as the model was trained on; got {support.Kind}.", nameof(support));
        if (support.Features.FeatureCount != FeatureCount)
            throw new ArgumentException($"Support must have {FeatureCount} features, as the model was trained on; got {support.Features.FeatureCount}.", nameof(support));

        var adapted = new AdaptedTask[support.Tasks.Count];
        if (adapted.Length == 0)
            return adapted;
        if (_design.Adapter is IManagedAdapter managed)
        {
            try
            {
                Parallel.For(0, adapted.Length, new ParallelOptions { CancellationToken = cancellationToken }, i => adapted[i] = AdaptTask(managed, support, support.Tasks[i]));
            }
            catch (AggregateException errors)
            {
                ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
            }
        }
        else
        {
            AdaptByTorch(support, adapted, cancellationToken);
        }

        return adapted;
    }

    /// <summary>A scorer with buffers of its own, for one thread.</summary>
    public MetaScorer CreateScorer() => new(_design.Encoder, _scaling, _encoderArrays);

    /// <summary>Writes the model.</summary>
    /// <param name="writer">Receives: format version, a JSON header, and the parameters' values in the order that the header's options imply.</param>
    public void Write(BinaryWriter writer)
    {
        var header = new MetaModelHeader
        {
            Kind = Kind,
            FeatureCount = FeatureCount,
            CommonOutputs = _design.Head.CommonOutputs,
            Encoder = _design.EncoderOptions,
            Adapter = _design.AdapterOptions,
            LabelMean = _labels.Mean,
            LabelDeviation = _labels.Deviation,
            IsScaled = _scaling is not null,
            IsShifted = _scaling?.Shift is not null,
        };
        writer.Write(FormatVersion);
        writer.Write(JsonSerializer.Serialize(header));
        if (_scaling?.Shift is { } shift)
            ModelFormat.WriteFloats(writer, shift);
        if (_scaling is not null)
            ModelFormat.WriteFloats(writer, _scaling.Scale);
        foreach (float[] values in _encoderArrays.Concat(_adapterArrays))
            ModelFormat.WriteFloats(writer, values);
    }

    /// <summary>Reads a model that <see cref="Write"/> wrote.</summary>
    /// <param name="reader">Stands at the model.</param>
    /// <exception cref="InvalidDataException">The data are damaged, or of a newer version.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static MetaModel Read(BinaryReader reader)
    {
        int version = reader.ReadInt32();
        if (version != FormatVersion)
            throw new InvalidDataException($"The model's format version must be {FormatVersion}; got {version}. It was written by a newer version of MetaML, or the file is damaged. Update MetaML.");
        try
        {
            MetaModelHeader header = JsonSerializer.Deserialize<MetaModelHeader>(ModelFormat.ReadText(reader, MaximumHeaderBytes, "the model's header")) ?? throw new InvalidDataException("The model's header is empty. The file is damaged.");
            header.Validate();
            var design = new MetaModelDesign(header.Kind, header.FeatureCount, header.CommonOutputs, header.Encoder, header.Adapter);
            float[]? shift = header.IsShifted ? ModelFormat.ReadFloats(reader, header.FeatureCount) : null;
            FeatureScaling? scaling = header.IsScaled
                ? FeatureScaling.FromArrays(shift, ModelFormat.ReadFloats(reader, shift?.Length ?? 1))
                : null;
            ParameterArray[] ReadAll(IEnumerable<ParameterSpec> specs) =>
                [.. specs.Select(spec => new ParameterArray(spec.Name, ModelFormat.ReadFloats(reader, spec.Count)))];
            return new MetaModel(design, scaling, new LabelScaling(header.LabelMean, header.LabelDeviation), ReadAll(design.Encoder.Parameters), ReadAll(design.Adapter.Parameters));
        }
        catch (Exception error) when (error is JsonException or ArgumentException or NotSupportedException or OverflowException or FormatException)
        {
            throw new InvalidDataException("The model's header does not describe a model. The file is damaged, or needs a newer version of MetaML.", error);
        }
    }

    /// <summary>A task's rows after the encoder, with labels as the adapter takes them.</summary>
    internal EmbeddedTask Embed(FeatureStore features, LearningTask task)
    {
        MetaScorer scorer = CreateScorer();
        int[] classes = ClassesOf(task);
        var embeddings = new float[checked(task.RowCount * EmbeddingDimension)];
        for (int row = 0; row < task.RowCount; row++)
            scorer.Embed(features[task.Rows[row]]).CopyTo(embeddings.AsSpan(row * EmbeddingDimension));
        float[] labels = Kind switch
        {
            LabelKind.Regression => Array.ConvertAll(task.Labels, _labels.Apply),
            LabelKind.Multiclass => Array.ConvertAll(task.Labels, label => (float)Array.BinarySearch(classes, (int)label)),
            _ => task.Labels,
        };
        return new EmbeddedTask(embeddings, labels, task.Weights ?? OnesLike(labels), Kind == LabelKind.Multiclass ? classes.Length : 1);
    }

    private AdaptedTask AdaptTask(IManagedAdapter adapter, TaskSet support, LearningTask task)
    {
        try
        {
            return Finish(task, adapter.Adapt(_adapterArrays, Embed(support.Features, task)), null);
        }
        catch (ArithmeticException error)
        {
            throw NotFinite(task, error); // products of the rows are
        }
    }

    private static InvalidOperationException NotFinite(LearningTask task, Exception? inner = null) =>
        new($"The head of task '{task.Name}' must be finite. Its features or labels are too large. Scale them, or remove outliers.", inner);

    private static float[] OnesLike(float[] values)
    {
        var ones = new float[values.Length];
        Array.Fill(ones, 1);
        return ones;
    }

    private int[] ClassesOf(LearningTask task)
    {
        if (Kind != LabelKind.Multiclass)
            return task.Classes;
        if (!HasPrior)
            return [.. task.Labels.Select(label => (int)label).Distinct().Order()];
        if (task.RowCount > 0 && task.Labels.Max() >= ClassCount)
            throw new ArgumentException($"Support must have classes below {ClassCount}, those that all tasks share; got {task.Labels.Max()} in task '{task.Name}'. The model has learned nothing of it. Train with ClassSets.PerTask.");
        return [.. Enumerable.Range(0, ClassCount)];
    }

    private AdaptedTask Finish(LearningTask task, LinearHead head, float[][]? encoderParameters)
    {
        head = _labels.Restore(head);
        if (head.Weights.Concat(head.Bias).All(float.IsFinite))
            return new AdaptedTask(head, ClassesOf(task), encoderParameters);
        throw NotFinite(task);
    }

    private AdaptedTask? AdaptNothing()
    {
        if (!HasPrior)
            return null;
        var empty = new LearningTask("", [], [], null, [.. Enumerable.Range(0, ClassCount)]);
        return Adapt(new TaskSet(Kind, new DenseFeatureStore(FeatureCount), [empty], ClassCount, true))[0];
    }

    private void AdaptByTorch(TaskSet support, AdaptedTask[] adapted, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        using var thread = new SingleIntraOpThread();
        TaskSet scaled = _labels.Apply(support);
        int rows = Math.Max(1, support.Tasks.Max(task => task.RowCount));
        int batchSize = Math.Max(1, RowsPerBatch / rows);
        for (int first = 0; first < adapted.Length; first += batchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Episode[] episodes = [.. scaled.Tasks.Skip(first).Take(batchSize).Select(task => Episode.Adapting(task, ClassesOf(task)))];
            EpisodeBatch batch = EpisodeBatch.Create(scaled, episodes, _scaling);
            ParameterSet encoder = ParameterSet.FromArrays(_design.Encoder.Parameters, _encoderValues);
            ParameterSet adapter = ParameterSet.FromArrays(_design.Adapter.Parameters, _adapterValues);
            AdaptedTasks tasks = _design.Adapter.Adapt(AdaptationInput.Of(batch, _design.Encoder, encoder, adapter));
            for (int t = 0; t < episodes.Length; t++)
                adapted[first + t] = Extract(tasks, t, episodes[t].Task, batch.Columns);
        }
    }

    private AdaptedTask Extract(AdaptedTasks tasks, int t, LearningTask task, Tensor? columns)
    {
        using var scope = NewDisposeScope();
        int outputs = Kind == LabelKind.Multiclass ? ClassesOf(task).Length : 1;
        var head = new LinearHead(
            ParameterSet.ToArray(tasks.Weights[t].narrow(1, 0, outputs).t()),
            ParameterSet.ToArray(tasks.Bias[t].narrow(0, 0, outputs)));

        IReadOnlyList<ParameterSpec> specs = _design.Encoder.Parameters;
        bool hasOwn = specs.Select((spec, i) => tasks.EncoderParameters.Tensors[i].dim() > spec.Shape.Length).Any(own => own);
        if (!hasOwn)
            return Finish(task, head, null);

        var own = new float[specs.Count][];
        for (int i = 0; i < own.Length; i++)
        {
            Tensor values = tasks.EncoderParameters.Tensors[i];
            if (values.dim() == specs[i].Shape.Length)
            {
                own[i] = _encoderArrays[i];
                continue;
            }

            // Of sparse features only the batch's columns were adapted; the others keep the shared values.
            bool isPartial = columns is not null && values.shape[1] != specs[i].Shape[0];
            own[i] = ParameterSet.ToArray(isPartial ? tensor(_encoderArrays[i], specs[i].Shape).index_copy(0, columns!, values[t]) : values[t]);
        }

        return Finish(task, head, own);
    }
}
