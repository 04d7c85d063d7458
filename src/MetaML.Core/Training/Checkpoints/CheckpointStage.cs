using MetaML.Files;

namespace MetaML.Training.Checkpoints;

/// <summary>The part of a checkpoint for one outer loop.</summary>
/// <param name="interval">Number of outer steps between checkpoints.</param>
/// <param name="stored">The stored state of the loop; null for none.</param>
/// <param name="write">Stores a state, and is told whether it is the first.</param>
internal sealed class CheckpointStage(int interval, byte[]? stored, Action<byte[], bool> write)
{
    /// <summary>Number of outer steps between checkpoints.</summary>
    public int Interval => interval;

    /// <summary>Restores the state of a loop. If the checkpoint has none, writes the initial state.</summary>
    /// <param name="loop">A new loop.</param>
    /// <returns>Whether a state was restored.</returns>
    /// <exception cref="InvalidDataException">The state does not match the loop.</exception>
    /// <exception cref="IOException">The checkpoint cannot be written.</exception>
    public bool Begin(IResumable loop)
    {
        if (stored is null)
        {
            write(Of(loop), true);
            return false;
        }

        using var stream = new MemoryStream(stored);
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

    /// <summary>Writes the state of a loop.</summary>
    public void Save(IResumable loop) => write(Of(loop), false);

    private static byte[] Of(IResumable loop)
    {
        using var stream = new MemoryStream();
        loop.Exchange(new StateExchange(stream, restores: false));
        return stream.ToArray();
    }
}
