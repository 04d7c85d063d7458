using MetaML.Files;

namespace MetaML.Training.Checkpoints;

/// <summary>The part of a checkpoint for one outer loop.</summary>
/// <param name="checkpoint">The whole checkpoint.</param>
/// <param name="number">The number of the loop, from 0.</param>
internal sealed class CheckpointStage(TrainingCheckpoint checkpoint, int number)
{
    /// <summary>Number of outer steps between checkpoints.</summary>
    public int Interval => checkpoint.Interval;

    /// <summary>Restores the state of a loop. If the checkpoint has none, writes the initial state.</summary>
    /// <param name="loop">A new loop.</param>
    /// <returns>Whether a state was restored.</returns>
    /// <exception cref="InvalidDataException">The state does not match the loop.</exception>
    /// <exception cref="IOException">The checkpoint cannot be written.</exception>
    public bool Begin(IResumable loop)
    {
        if (checkpoint.StateOf(number) is not { } state)
        {
            checkpoint.Write(number, Of(loop), isFirst: true);
            return false;
        }

        using var stream = new MemoryStream(state);
        try
        {
            loop.Exchange(new StateExchange(stream, restores: true));
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException("A checkpoint's state must be as long as the training's; it ends too early. The file is damaged. Delete it to start again.", error);
        }

        return stream.Position == stream.Length ? true : throw new InvalidDataException("A checkpoint's state must be as long as the training's; there is more. The file is damaged. Delete it to start again.");
    }

    /// <summary>Writes the state of a loop. If the file cannot be written, it warns and keeps the last checkpoint.</summary>
    public void Save(IResumable loop) => checkpoint.Write(number, Of(loop), isFirst: false);

    private static byte[] Of(IResumable loop)
    {
        using var stream = new MemoryStream();
        loop.Exchange(new StateExchange(stream, restores: false));
        return stream.ToArray();
    }
}
