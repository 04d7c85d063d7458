using MetaML.Data;
using MetaML.Files;
using MetaML.Options;

namespace MetaML.Training.Checkpoints;

/// <summary>The checkpoint of a training: the state of each outer loop. Options and data must be those of the checkpoint.</summary>
internal sealed class TrainingCheckpoint
{
    private const int DifferencesShown = 3;

    private readonly MetaTrainingOptions _options;
    private readonly string _path;
    private readonly CheckpointFile _header;
    private readonly Action<string>? _warn;
    private readonly List<byte[]> _loops;
    private int _started;

    private TrainingCheckpoint(MetaTrainingOptions options, string path, CheckpointFile header, Action<string>? warn)
    {
        _options = options;
        _path = path;
        _header = header;
        _warn = warn;
        _loops = [.. header.Loops];
    }

    /// <summary>Opens the checkpoint of the options, and reads its file if it exists. Returns null if the options name none.</summary>
    /// <param name="problems">The tasks of each label kind.</param>
    /// <param name="options">The options of the whole training.</param>
    /// <param name="warn">Receives a warning if the file cannot be written later; may be null.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not a checkpoint, or is damaged.</exception>
    /// <exception cref="InvalidOperationException">The checkpoint is of another training.</exception>
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
    /// <param name="path">The path of the file; null or a missing file is allowed.</param>
    public static void Delete(string? path)
    {
        if (path is not null && File.Exists(path))
            File.Delete(path);
    }

    /// <summary>The part for the next loop. The loops of a training always start in the same order.</summary>
    public CheckpointStage NextStage()
    {
        int number = _started++;
        return new CheckpointStage(_options.CheckpointInterval, number < _loops.Count ? _loops[number] : null, (state, isFirst) => Write(number, state, isFirst));
    }

    // Replaces the file by one with the new state of a loop. If it cannot be written, the last checkpoint remains.
    private void Write(int number, byte[] state, bool isFirst)
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
                throw new IOException($"{_options.GetType().Name}.{nameof(_options.CheckpointPath)} must name a file that can be written; got '{_path}'. Training has not started. Name another path, or free disk space. ({error.Message})", error);
            _warn?.Invoke($"The checkpoint '{_path}' cannot be written: {error.Message} Training continues, and the last written checkpoint remains.");
        }
    }

    private static void CheckSame(MetaTrainingOptions options, CheckpointFile wanted, CheckpointFile found)
    {
        string[] differences = [.. found.Options.Split('\n').Except(wanted.Options.Split('\n')).Take(DifferencesShown)];
        string? difference = found.Version != wanted.Version ? $"version {found.Version} of the library; the current version is {wanted.Version}"
            : found.Options != wanted.Options ? $"other options: {(differences.Length > 0 ? string.Join(", ", differences) : "fewer were set")}"
            : found.Data != wanted.Data ? "other data"
            : null;
        if (difference is not null)
            throw new InvalidOperationException($"{options.GetType().Name}.{nameof(options.CheckpointPath)} must name no file, or a checkpoint of this training; got '{options.CheckpointPath}', which is of {difference}. Training cannot continue from it. Delete the file to start again, or name another.");
    }
}
