using System.Numerics.Tensors;
using MetaML.Adapters;
using MetaML.Data;
using MetaML.Files;
using MetaML.Heads;
using MetaML.Statistics;

namespace MetaML.Models;

/// <summary>The result of the adaptation of one task: a linear head, its classes, and the encoder parameters of the task, if it has its own.</summary>
/// <param name="head">Maps an embedding to scores, in the user's units.</param>
/// <param name="classes">Output k scores class <c>classes[k]</c>; empty for regression.</param>
/// <param name="encoderParameters">Parameters in the encoder's order. Shared parameters are the arrays of the model. Null if all are shared.</param>
public sealed class AdaptedTask(LinearHead head, IReadOnlyList<int> classes, IReadOnlyList<float[]>? encoderParameters = null)
{
    // Bits of the byte that precedes the optional parts of a task.
    private const byte HasEncoder = 1, HasPredictiveVariance = 2, HasRowCount = 4, HasWeight = 8, HasStatisticsPart = 16, HasCovariates = 32, HasDrift = 64, HasGroups = 128;

    /// <summary>The head: maps an embedding to scores, in the user's units.</summary>
    public LinearHead Head { get; } = head;

    /// <summary>Output k scores class <c>Classes[k]</c>; empty for regression, 0 and 1 for binary labels.</summary>
    public IReadOnlyList<int> Classes { get; } = classes;

    /// <summary>The encoder's parameters for this task, in the encoder's order; null if the task uses only the shared ones.</summary>
    public IReadOnlyList<float[]>? EncoderParameters { get; } = encoderParameters;

    /// <summary>Number of rows that the task was adapted on; null in a saved model of an earlier version.</summary>
    public int? RowCount { get; init; }

    /// <summary>The task weight λ at the end of training, with mean 1 over the tasks; null for a task that was not a training task, or if gradients trained nothing.</summary>
    public double? TrainingWeight { get; init; }

    /// <summary>Whether the task keeps what Update and Forget need of its rows.</summary>
    public bool HasStatistics => Statistics is not null;

    /// <summary>What the task keeps of its rows; null for nothing. Its class indices are those of <see cref="Classes"/>.</summary>
    internal TaskStatistics? Statistics { get; init; }

    /// <summary>The standardised covariates of the task; empty if there are none.</summary>
    internal float[] Covariates { get; init; } = [];

    /// <summary>The names of the groups of the task, the outermost first; empty if there are none.</summary>
    internal string[] Groups { get; init; } = [];

    /// <summary>The prior of a training task that the other tasks of its groups give; null for that of its groups.</summary>
    internal TaskPrior? Prior { get; init; }

    /// <summary>The scaling of the task's labels, which does not change with rows that are added; null for that of all tasks.</summary>
    internal LabelScaling? Scaling { get; init; }

    /// <summary>The state of the test for drift; null before the first test.</summary>
    internal DriftState? Drift { get; init; }

    /// <summary>The same task with another λ.</summary>
    internal AdaptedTask WithWeight(double? weight) => WithState(weight, Drift);

    /// <summary>The same task with another λ and another state of the test for drift.</summary>
    internal AdaptedTask WithState(double? weight, DriftState? drift) => With(Classes, weight, drift);

    /// <summary>The same task with other class numbers.</summary>
    /// <param name="classes">The new class numbers, in the order of <see cref="Classes"/>.</param>
    /// <exception cref="ArgumentException">The number of classes differs.</exception>
    public AdaptedTask WithClasses(IReadOnlyList<int> classes) => classes.Count == Classes.Count
        ? With(classes, TrainingWeight, Drift)
        : throw new ArgumentException($"There must be {Classes.Count} classes; got {classes.Count}.", nameof(classes));

    private AdaptedTask With(IReadOnlyList<int> classes, double? weight, DriftState? drift) => With(Head, classes, weight, drift);

    private AdaptedTask With(LinearHead head, IReadOnlyList<int> classes, double? weight, DriftState? drift) => new(head, classes, EncoderParameters)
    {
        RowCount = RowCount,
        TrainingWeight = weight,
        Statistics = Statistics,
        Covariates = Covariates,
        Groups = Groups,
        Prior = Prior,
        Scaling = Scaling,
        Drift = drift,
    };

    /// <summary>The output of a class; −1 if the task does not have it.</summary>
    /// <param name="number">The number of the class.</param>
    internal int OutputOf(int number)
    {
        for (int output = 0; output < Classes.Count; output++)
        {
            if (Classes[output] == number)
                return output;
        }

        return -1;
    }

    /// <summary>Scores an embedding.</summary>
    /// <param name="embedding">[embedding], from the encoder with this task's parameters.</param>
    /// <param name="scores">Receives [outputs]; for counts the expected count of a row with the exposure 1.</param>
    /// <returns>The variance of the part of the head that is not linear, for <see cref="Deviation"/>; 0 if it has none.</returns>
    internal float Score(ReadOnlySpan<float> embedding, Span<float> scores)
    {
        ScoreLinear(embedding, scores);
        float variance = 0;
        Head.Term?.AddTo(embedding, scores, new Span<float>(ref variance));
        return variance;
    }

    /// <summary>Scores an embedding by the linear part of the head, to which <see cref="ScoreTerm.AddTo"/> adds the other part.</summary>
    /// <param name="embedding">[embedding], from the encoder with this task's parameters.</param>
    /// <param name="scores">Receives [outputs]; for counts the expected count of a row with the exposure 1.</param>
    internal void ScoreLinear(ReadOnlySpan<float> embedding, Span<float> scores)
    {
        Head.Score(embedding, scores);
        if (Head.Counts is not null)
            scores[0] = CountDistribution.Mean(scores[0], VarianceOf(embedding));
        else if (Classes.Count > 0 && Head.PredictiveVariance is { } variance) // gives mean probabilities of classes, see PredictiveVariance
            TensorPrimitives.Divide(scores, variance.Deviation(embedding), scores);
    }

    /// <summary>The standard deviation of a label about its score; for classes the divisor of scores; NaN if it is not known.</summary>
    /// <param name="embedding">[embedding].</param>
    /// <param name="score">The first score, for the exposure of the row if labels are counts.</param>
    /// <param name="termVariance">What <see cref="Score"/> returned.</param>
    internal float Deviation(ReadOnlySpan<float> embedding, float score, float termVariance)
    {
        if (Head.Counts is { } counts)
            return counts.Deviation(score, VarianceOf(embedding));
        float deviation = Head.PredictiveVariance?.Deviation(embedding) ?? float.NaN;
        return Classes.Count > 0 || Head.Term is null ? deviation : MathF.Sqrt(deviation * deviation + termVariance);
    }

    private float VarianceOf(ReadOnlySpan<float> embedding) => Head.PredictiveVariance?.Variance(embedding) ?? 0;

    /// <summary>Writes the task.</summary>
    /// <param name="writer">Receives, in this order: mean and deviation of the task's labels if the model has sizes of labels, number of outputs, weights, bias, number of classes, classes, a byte of flags, and the parts with a flag. The flags are 1 for encoder parameters (for each parameter whether it differs from the shared one, and if so its values), 2 for a predictive variance, 4 for the number of rows, 8 for λ, 16 for statistics, 32 for standardised covariates, 64 for the state of the test for drift, and 128 for groups: their names, whether the task has a prior of its own, and if so its values.</param>
    /// <param name="model">The model that the task belongs to.</param>
    public void Write(BinaryWriter writer, MetaModel model)
    {
        if (model.LabelSizes is not null)
        {
            writer.Write(Scaling!.Mean);
            writer.Write(Scaling.Deviation);
        }

        writer.Write(Head.OutputCount);
        BinaryFormat.WriteFloats(writer, Head.Weights);
        BinaryFormat.WriteFloats(writer, Head.Bias);
        writer.Write(Classes.Count);
        foreach (int number in Classes)
            writer.Write(number);
        writer.Write((byte)((EncoderParameters is null ? 0 : HasEncoder) | (Head.PredictiveVariance is null ? 0 : HasPredictiveVariance) | (RowCount is null ? 0 : HasRowCount) | (TrainingWeight is null ? 0 : HasWeight) | (Statistics is null ? 0 : HasStatisticsPart) | (Covariates.Length == 0 ? 0 : HasCovariates) | (Drift is null ? 0 : HasDrift) | (Groups.Length == 0 ? 0 : HasGroups)));
        foreach (var (values, shared) in (EncoderParameters ?? []).Zip(model.EncoderArrays))
        {
            writer.Write(values != shared);
            if (values != shared)
                BinaryFormat.WriteFloats(writer, values);
        }

        Head.PredictiveVariance?.Write(writer);
        if (RowCount is { } rows)
            writer.Write(rows);
        if (TrainingWeight is { } weight)
            writer.Write(weight);
        Statistics?.Write(writer);
        BinaryFormat.WriteFloats(writer, Covariates);
        Drift?.Write(writer);
        foreach (string group in Groups)
            writer.Write(group);
        if (Groups.Length == 0)
            return;
        writer.Write(Prior is not null);
        if (Prior is not null)
            GroupPriors.Write(writer, Prior);
    }

    /// <summary>Reads a task that <see cref="Write"/> wrote.</summary>
    /// <param name="reader">A reader at the start of the task.</param>
    /// <param name="model">The model that the task belongs to.</param>
    /// <param name="classCount">Number of classes of all tasks together.</param>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static AdaptedTask Read(BinaryReader reader, MetaModel model, int classCount)
    {
        LabelScaling? scaling = model.LabelSizes is null ? null : ReadScaling(reader);
        int outputs = BinaryFormat.ReadCount(reader, BinaryFormat.MaximumOutputs, "outputs");
        float[] weights = BinaryFormat.ReadFloats(reader, (long)outputs * model.EmbeddingDimension);
        float[] bias = BinaryFormat.ReadFloats(reader, outputs);
        int count = BinaryFormat.ReadCount(reader, BinaryFormat.MaximumOutputs, "classes");
        var classes = new List<int>();
        for (int k = 0; k < count; k++)
        {
            int number = reader.ReadInt32();
            if (number < 0 || number >= classCount || (k > 0 && number <= classes[^1]))
                throw new InvalidDataException($"A task's classes must ascend and be below {classCount}; got {number}. The file is damaged.");
            classes.Add(number);
        }

        bool fits = model.Kind == LabelKind.Multiclass ? count == outputs : outputs == 1;
        if (!fits)
            throw new InvalidDataException($"A {model.Kind} task cannot have {outputs} outputs and {count} classes. The file is damaged.");
        byte parts = reader.ReadByte();
        bool hasGroups = (parts & HasGroups) != 0;
        if (hasGroups != model.GroupNames.Count > 0)
            throw new InvalidDataException("A task must have groups if its model has levels of groups, and only then. The file is damaged.");
        float[][]? encoderParameters = (parts & HasEncoder) != 0 ? [.. model.EncoderArrays.Select(shared => reader.ReadBoolean() ? BinaryFormat.ReadFloats(reader, shared.Length) : shared)] : null;
        PredictiveVariance? variance = (parts & HasPredictiveVariance) != 0 ? PredictiveVariance.Read(reader, model.EmbeddingDimension) : null;
        var task = new AdaptedTask(new LinearHead(weights, bias) { PredictiveVariance = variance, Counts = model.Counts }, classes, encoderParameters)
        {
            RowCount = (parts & HasRowCount) != 0 ? BinaryFormat.ReadCount(reader, int.MaxValue, "rows") : null,
            TrainingWeight = (parts & HasWeight) != 0 ? ReadWeight(reader) : null,
            Statistics = (parts & HasStatisticsPart) != 0 ? TaskStatistics.Read(reader, model.StatisticsForm, outputs) : null,
            Covariates = (parts & HasCovariates) != 0 ? BinaryFormat.ReadFloats(reader, model.CovariateNames.Count) : [],
            Drift = (parts & HasDrift) != 0 ? DriftState.Read(reader, model.StatisticsForm, model.StatisticsForm.TargetsOf(outputs)) : null,
            Groups = hasGroups ? [.. model.GroupNames.Select(_ => BinaryFormat.ReadName(reader))] : [],
            Scaling = scaling,
            Prior = hasGroups && reader.ReadBoolean() ? GroupPriors.ReadPrior(reader, model.EmbeddingDimension + 1) : null,
        };
        return model.TermOf(task) is { } term ? task.With(task.Head with { Term = term }, classes, task.TrainingWeight, task.Drift) : task;
    }

    private static LabelScaling ReadScaling(BinaryReader reader)
    {
        var scaling = new LabelScaling(reader.ReadDouble(), reader.ReadDouble());
        return double.IsFinite(scaling.Mean) && double.IsFinite(scaling.Deviation) && scaling.Deviation > 0
            ? scaling
            : throw new InvalidDataException($"A task's labels must have a finite mean and a positive, finite deviation; got {scaling.Mean} and {scaling.Deviation}. The file is damaged.");
    }

    private static double ReadWeight(BinaryReader reader)
    {
        double weight = reader.ReadDouble();
        return double.IsFinite(weight) ? weight : throw new InvalidDataException($"A task's weight must be finite; got {weight}. The file is damaged.");
    }
}
