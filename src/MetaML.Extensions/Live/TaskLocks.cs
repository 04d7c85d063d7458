namespace MetaML.Extensions.Live;

/// <summary>Locks of tasks, found by the hash codes of their names: two changes of one task are never made at the same time.</summary>
internal sealed class TaskLocks
{
    private const int Count = 128;

    private readonly Lock[] _locks = [.. Enumerable.Range(0, Count).Select(_ => new Lock())];

    /// <summary>Locks some tasks.</summary>
    /// <param name="names">The names of the tasks.</param>
    /// <returns>Unlocks them.</returns>
    public Held Enter(IEnumerable<string> names) => new(_locks, [.. names.Select(name => name.GetHashCode(StringComparison.Ordinal) & (Count - 1)).Distinct().Order()]);

    /// <summary>Locks all tasks.</summary>
    /// <returns>Unlocks them.</returns>
    public Held EnterAll() => new(_locks, [.. Enumerable.Range(0, Count)]);

    /// <summary>Locks that are held until disposal. All threads enter them in one order, so that none waits for ever.</summary>
    public readonly struct Held : IDisposable
    {
        private readonly Lock[] _locks;
        private readonly int[] _held;

        public Held(Lock[] locks, int[] indices)
        {
            _locks = locks;
            _held = indices;
            foreach (int index in indices)
                locks[index].Enter();
        }

        public void Dispose()
        {
            foreach (int index in _held)
                _locks[index].Exit();
        }
    }
}
