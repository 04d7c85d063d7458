using System.Security.Cryptography;
using MetaML.Extensions.Transformers;
using MetaML.Files;
using MetaML.Models;
using Microsoft.ML;

namespace MetaML.Extensions.Persistence;

/// <summary>The bytes of one task: its heads and statistics, for a model with the same encoder and prior.</summary>
internal static class TaskBlob
{
    // *** Binary format ***
    // 8 bytes: "MetaMLtk"; int: format version; 32 bytes: SHA-256 of the models of all outputs; string: name of the task
    // for each output byte: whether it knows the task; if so, with class sets of each task int: number of classes, and their names; and the task, see AdaptedTask.Write
    // uint: CRC-32 of all bytes before it
    private const int FormatVersion = 1;
    private const int FingerprintBytes = 32;

    private static ReadOnlySpan<byte> Magic => "MetaMLtk"u8;

    /// <summary>Writes a task.</summary>
    /// <exception cref="ArgumentException">No output knows the task.</exception>
    public static byte[] Write(ITaskLearner learner, string task) => learner.Outputs.Any(output => output.KnowsTask(task))
        ? Write(learner, task, [.. learner.Outputs.Select(output => output.Task(task))])
        : throw new ArgumentException($"The task must be one that the model knows; got '{task}'. Check the name.", nameof(task));

    /// <summary>Writes a task that need not be one of the learner's tasks.</summary>
    /// <param name="learner">The model of the task.</param>
    /// <param name="name">The name of the task.</param>
    /// <param name="tasks">The task of each output; null for an output that does not know it.</param>
    public static byte[] Write(ITaskLearner learner, string name, IReadOnlyList<AdaptedTask?> tasks)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(FormatVersion);
        writer.Write(Fingerprint(learner));
        writer.Write(name);
        for (int i = 0; i < tasks.Count; i++)
        {
            MetaLearnerTransformer output = learner.Outputs[i];
            AdaptedTask? known = tasks[i];
            writer.Write(known is not null);
            if (known is null)
                continue;
            if (output.ClassesOfTasks is { } classes)
            {
                writer.Write(known.Classes.Count);
                foreach (int number in known.Classes)
                    writer.Write(classes.Names[number]);
                known = known.WithClasses([.. Enumerable.Range(0, known.Classes.Count)]);
            }

            known.Write(writer, output.Model);
        }

        writer.Flush();
        writer.Write(Crc32.Append(0, stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads a task into the model that it belongs to.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged, are not a task, or are from a newer version.</exception>
    /// <exception cref="ArgumentException">The task belongs to another model, or has a class that the model does not know.</exception>
    public static ITransformer Read(MLContext context, ITaskLearner learner, byte[] bytes)
    {
        var (name, tasks) = ReadTasks(learner, bytes);
        return learner.WithOutputs(context, [.. learner.Outputs.Zip(tasks, (output, task) => task is null ? output : output.WithTask(context, name, task))]);
    }

    /// <summary>Reads the name of a task, and the task of each output; null for an output that does not know it.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged, are not a task, or are from a newer version.</exception>
    /// <exception cref="ArgumentException">The task belongs to another model, or has a class that the model does not know.</exception>
    public static (string Name, AdaptedTask?[] Tasks) ReadTasks(ITaskLearner learner, byte[] bytes)
    {
        int start = Magic.Length + sizeof(int), length = bytes.Length - sizeof(uint);
        if (length < start + FingerprintBytes || !bytes.AsSpan().StartsWith(Magic))
            throw new InvalidDataException("The bytes must be a task that ExportTask wrote; they are not.");
        int version = BitConverter.ToInt32(bytes, Magic.Length);
        if (version != FormatVersion)
            throw new InvalidDataException($"The task's format version must be {FormatVersion}; got {version}. It was written by a newer version of MetaML, or the bytes are damaged. Update MetaML.");
        if (Crc32.Append(0, bytes.AsSpan(0, length)) != BitConverter.ToUInt32(bytes, length))
            throw new InvalidDataException("The task's checksum must be that of its content; it is not. The bytes are damaged.");
        if (!bytes.AsSpan(start, FingerprintBytes).SequenceEqual(Fingerprint(learner)))
            throw new ArgumentException("The task must belong to this model, that is, have been exported from a model with the same encoder and prior; got a task of another model. Its head has no meaning here. Import it into the model that it was exported from, or adapt this model to the task's rows.", nameof(bytes));
        using var stream = new MemoryStream(bytes, start + FingerprintBytes, length - start - FingerprintBytes);
        using var reader = new BinaryReader(stream);
        try
        {
            string name = BinaryFormat.ReadName(reader);
            AdaptedTask?[] tasks = [.. learner.Outputs.Select(output => reader.ReadBoolean() ? ReadTask(reader, output) : null)];
            return stream.Position == stream.Length ? (name, tasks) : throw new InvalidDataException("A task must end with its last output; there is more. The bytes are damaged.");
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException("The task ends too early. The bytes are damaged.", error);
        }
    }

    private static AdaptedTask ReadTask(BinaryReader reader, MetaLearnerTransformer output)
    {
        if (output.ClassesOfTasks is not { } classes)
            return AdaptedTask.Read(reader, output.Model, output.Model.ClassCount);
        var numbers = new List<int>();
        for (int i = BinaryFormat.ReadCount(reader, BinaryFormat.MaximumOutputs, "classes"); i > 0; i--)
        {
            string name = BinaryFormat.ReadName(reader);
            int number = classes.Names.ToList().IndexOf(name);
            if (number < 0 || (numbers.Count > 0 && number <= numbers[^1]))
                throw new ArgumentException($"The classes of the task must be classes that the model knows, in their order; got '{name}'. Its key columns have no value for it. Adapt the model to rows of the task instead.");
            numbers.Add(number);
        }

        return AdaptedTask.Read(reader, output.Model, numbers.Count) is var task && task.Classes.Count == numbers.Count
            ? task.WithClasses(numbers)
            : throw new InvalidDataException("A task must have as many outputs as names of classes. The bytes are damaged.");
    }

    private static byte[] Fingerprint(ITaskLearner learner) => learner.Outputs.Count == 1
        ? learner.Outputs[0].Model.Fingerprint
        : SHA256.HashData([.. learner.Outputs.SelectMany(output => output.Model.Fingerprint)]);
}
