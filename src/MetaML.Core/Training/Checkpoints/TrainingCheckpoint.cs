using MetaML.Data;
using MetaML.Files;
using MetaML.Options;

namespace MetaML.Training.Checkpoints;

/// <summary>A training on disk: where each of its outer loops stands. All else follows from options and data, which must be the same.</summary>
internal sealed class TrainingCheckpoint
{
    private const int DifferencesShown = 3;

    private readonly MetaTrainingOptions _options;
    private readonly string _path;
    private readonly CheckpointFile _header;
    private readonly Action<string>? _warn;
    private readonly List<byte[]> _loops;
    private int _begun;

    private TrainingCheckpoint(MetaTrainingOptions options, string path, CheckpointFile header, Action<string>? warn)
    {
        _options = options;
        _path = path;
        _header = header;
        _warn = warn;
        _loops = [.. header.Loops];
    }

    /// <summary>Outer steps from one checkpoint to the next.</summary>
    public int Interval => _options.CheckpointInterval;

    /// <summary>The checkpoint that the options name, with what its file holds where there is one; null where they name none.</summary>
    /// <param name="problems">The tasks of each kind of label.</param>
    /// <param name="options">Of the whole training.</param>
    /// <param name="warn">Told where the file can no longer be written; may be null.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is no checkpoint, or damaged.</exception>
    /// <exception cref="InvalidOperationException">It is of another training.</exception>
    public static TrainingCheckpoint? Open(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? warn)
    {
        if (options.CheckpointPath is not { } path)
            return null;
        var header = new CheckpointFile(LibraryVersion.Current, TrainingFingerprint.OfOptions(options), TrainingFingerprint.OfData(problems), []);
        if (File.Exists(path))
        {
            CheckpointFile found = CheckpointFile.Read(path);
            CheckSame(options, header, found);
            header = found;
        }

        return new TrainingCheckpoint(options, path, header, warn);
    }

    /// <summary>Deletes a checkpoint that is no longer needed.</summary>
    /// <param name="path">May be null, or name no file.</param>
    public static void Delete(string? path)
    {
        if (path is not null && File.Exists(path))
            File.Delete(path);
    }

    /// <summary>The part for the loop that now begins; the loops of a training always begin in the same order.</summary>
    public CheckpointStage NextStage() => new(this, _begun++);

    /// <summary>Where a loop stood; null where it had not begun.</summary>
    internal byte[]? StateOf(int number) => number < _loops.Count ? _loops[number] : null;

    /// <summary>Replaces the file by one that has a loop's new state.</summary>
    internal void Write(int number, byte[] state, bool isFirst)
    {
        _loops.RemoveRange(number, _loops.Count - number);
        _loops.Add(state);
        try
        {
            (_header with { Loops = _loops }).Write(_path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (isFirst)
                throw new IOException($"{_options.GetType().Name}.{nameof(_options.CheckpointPath)} must name a file that can be written; got '{_path}'. Training has not begun. Name another path, or make room. ({error.Message})", error);
            _warn?.Invoke($"The checkpoint '{_path}' cannot be written: {error.Message} Training goes on; the last one that was written stays.");
        }
    }

    private static void CheckSame(MetaTrainingOptions options, CheckpointFile wanted, CheckpointFile found)
    {
        string[] differences = [.. found.Options.Split('\n').Except(wanted.Options.Split('\n')).Take(DifferencesShown)];
        string? of = found.Version != wanted.Version ? $"version {found.Version} of the library; this is {wanted.Version}"
            : found.Options != wanted.Options ? $"other options: there {(differences.Length > 0 ? string.Join(", ", differences) : "fewer were set")}"
            : found.Data != wanted.Data ? "other data"
            : null;
        if (of is not null)
            throw new InvalidOperationException($"{options.GetType().Name}.{nameof(options.CheckpointPath)} must name no file, or a checkpoint of this training; got '{options.CheckpointPath}', which is of {of}. Training cannot go on from it. Delete the file to begin anew, or name another.");
    }
}
