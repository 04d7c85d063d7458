using MetaML.Files;

namespace MetaML.Training.Checkpoints;

/// <summary>The part of a checkpoint that is one outer loop's.</summary>
/// <param name="checkpoint">The whole.</param>
/// <param name="number">Which loop, from 0.</param>
internal sealed class CheckpointStage(TrainingCheckpoint checkpoint, int number)
{
    /// <summary>Outer steps from one checkpoint to the next.</summary>
    public int Interval => checkpoint.Interval;

    /// <summary>Takes a loop to where it was; writes down that it begins, where the checkpoint knows nothing of it.</summary>
    /// <param name="loop">A new one.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="InvalidDataException">The state is not one of such a loop.</exception>
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
            throw new InvalidDataException("A checkpoint's state must be as long as the training's; it ends too early. The file is damaged. Delete it to begin anew.", error);
        }

        return stream.Position == stream.Length ? true : throw new InvalidDataException("A checkpoint's state must be as long as the training's; there is more. The file is damaged. Delete it to begin anew.");
    }

    /// <summary>Writes down where a loop stands. A file that cannot be written is a warning: training goes on, and the last checkpoint stays.</summary>
    public void Save(IResumable loop) => checkpoint.Write(number, Of(loop), isFirst: false);

    private static byte[] Of(IResumable loop)
    {
        using var stream = new MemoryStream();
        loop.Exchange(new StateExchange(stream, restores: false));
        return stream.ToArray();
    }
}
