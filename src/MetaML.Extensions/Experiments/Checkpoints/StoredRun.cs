using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Files;

namespace MetaML.Extensions.Experiments.Checkpoints;

/// <summary>What a finished run or judgement gave, apart from its model.</summary>
/// <param name="Seconds">The time of learning, adaptation and scoring.</param>
/// <param name="Peak">The largest memory use.</param>
/// <param name="Cost">The cost of the model; unknown for a judgement.</param>
/// <param name="Points">The metrics for each support size.</param>
/// <param name="Learning">The learning curve; empty for trainers without outer steps.</param>
/// <param name="Predictions">The predictions; null if the strategy has no model before there are rows of a task, or if they cannot be combined.</param>
internal sealed record StoredRun(double Seconds, PeakMemory Peak, ModelCost Cost, IReadOnlyList<FewShotPoint> Points, IReadOnlyList<LearningPoint> Learning, PredictionRecord? Predictions)
{
    // *** Binary format ***
    // double: seconds; long, long: peak memory; double: milliseconds of a prediction or NaN, long: bytes of the model or −1
    // int: number of points; for each the int: support size, byte: kind of the labels, int: number of tasks; for each task string: name, int: rows, int: number of
    // metrics, for each int, double: metric and value, int: number of unscored rows, int[]: unscored rows, bool: whether there are sums of reliability, and the sums
    // int: number of learning points; for each int: iteration, double: training loss, double: validation loss or NaN, double: seconds, int: number of weights; string, double for each
    // bool: whether there are predictions, and the predictions: see PredictionRecord.Write
    public void Write(BinaryWriter writer)
    {
        writer.Write(Seconds);
        writer.Write(Peak.ManagedBytes);
        writer.Write(Peak.ProcessBytes);
        Cost.Write(writer);
        writer.Write(Points.Count);
        foreach (FewShotPoint point in Points)
        {
            writer.Write(point.SupportSize);
            writer.Write((byte)point.Evaluation.Kind);
            writer.Write(point.Evaluation.Tasks.Count);
            foreach (TaskMetrics task in point.Evaluation.Tasks)
                Write(writer, task);
        }

        writer.Write(Learning.Count);
        foreach (LearningPoint point in Learning)
        {
            writer.Write(point.Iteration);
            writer.Write(point.TrainingLoss);
            writer.Write(point.ValidationLoss ?? double.NaN);
            writer.Write(point.ElapsedSeconds);
            writer.Write(point.TaskWeights.Count);
            foreach (var (task, weight) in point.TaskWeights)
            {
                writer.Write(task);
                writer.Write(weight);
            }
        }

        writer.Write(Predictions is not null);
        Predictions?.Write(writer);
    }

    /// <summary>Reads the output of <see cref="Write(BinaryWriter)"/>.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static StoredRun Read(BinaryReader reader)
    {
        double seconds = reader.ReadDouble();
        var peak = new PeakMemory(reader.ReadInt64(), reader.ReadInt64());
        var cost = ModelCost.Read(reader);
        FewShotPoint[] points = ReadMany(reader, "points", () =>
        {
            int size = reader.ReadInt32();
            var kind = (LabelKind)reader.ReadByte();
            return new FewShotPoint(size, new TaskEvaluation(kind, ReadMany(reader, "tasks", () => ReadTask(reader))));
        });
        LearningPoint[] learning = ReadMany(reader, "learning points", () =>
        {
            int iteration = reader.ReadInt32();
            double loss = reader.ReadDouble(), validation = reader.ReadDouble(), elapsed = reader.ReadDouble();
            return new LearningPoint(iteration, loss, double.IsNaN(validation) ? null : validation, elapsed, ReadMany(reader, "weights", () => KeyValuePair.Create(BinaryFormat.ReadName(reader), reader.ReadDouble())).ToDictionary());
        });
        return new StoredRun(seconds, peak, cost, points, learning, reader.ReadBoolean() ? PredictionRecord.Read(reader) : null);
    }

    private static void Write(BinaryWriter writer, TaskMetrics task)
    {
        writer.Write(task.Task);
        writer.Write(task.RowCount);
        writer.Write(task.Values.Count);
        foreach (var (metric, value) in task.Values)
        {
            writer.Write((int)metric);
            writer.Write(value);
        }

        writer.Write(task.UnscoredRows.Count);
        foreach (int row in task.UnscoredRows)
            writer.Write(row);
        writer.Write(task.Reliability is not null);
        task.Reliability?.Write(writer);
    }

    private static TaskMetrics ReadTask(BinaryReader reader) => new()
    {
        Task = BinaryFormat.ReadName(reader),
        RowCount = reader.ReadInt32(),
        Values = ReadMany(reader, "metrics", () => KeyValuePair.Create((TaskMetric)reader.ReadInt32(), reader.ReadDouble())).ToDictionary(),
        UnscoredRows = ReadMany(reader, "unscored rows", reader.ReadInt32),
        Reliability = reader.ReadBoolean() ? ReliabilitySums.Read(reader) : null,
    };

    private static T[] ReadMany<T>(BinaryReader reader, string what, Func<T> read)
    {
        var items = new List<T>(); // grows with the items that are read: a damaged file may have a wrong count
        for (int i = BinaryFormat.ReadCount(reader, int.MaxValue, what); i > 0; i--)
            items.Add(read());
        return [.. items];
    }
}
