using System.Collections.Concurrent;
using System.Globalization;
using Orleans.Runtime;
using Orleans.Storage;

namespace MetaML.Extensions.Orleans.Tests.Clusters;

/// <summary>States that outlive silos, as in a database. Faults can be injected.</summary>
internal sealed class SharedStorage
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new();
    private readonly ConcurrentDictionary<string, Entry> _old = new();
    private int _etag;

    /// <summary>Called before each write, with the key of the state. It may wait, or throw.</summary>
    public Func<string, Task>? BeforeWrite { get; set; }

    /// <summary>Called after each write is stored and before it is acknowledged.</summary>
    public Func<string, Task>? AfterWrite { get; set; }

    /// <summary>Whether a read returns the state before the last write.</summary>
    public Func<string, bool>? ReadsOldState { get; set; }

    /// <summary>Holds the next writes of a task at the storage.</summary>
    /// <param name="task">The end of the keys; "" for all states.</param>
    /// <returns>Reached: completed when a write is held. Released: to be completed by the caller.</returns>
    public (Task Reached, TaskCompletionSource Released) Hold(string task = "")
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously), released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        BeforeWrite = key =>
        {
            if (!key.EndsWith(task, StringComparison.Ordinal))
                return Task.CompletedTask;
            reached.TrySetResult();
            return released.Task;
        };
        return (reached.Task, released);
    }

    /// <summary>The stored bytes of each state.</summary>
    public IReadOnlyDictionary<string, byte[]> Bytes => _entries.ToDictionary(pair => pair.Key, pair => pair.Value.Bytes);

    public void Replace(string key, byte[] bytes) => _entries[key] = new Entry(bytes, NextEtag());

    private string NextEtag() => Interlocked.Increment(ref _etag).ToString(CultureInfo.InvariantCulture);

    private sealed record Entry(byte[] Bytes, string Etag);

    /// <summary>The storage as a silo sees it.</summary>
    public sealed class Provider(SharedStorage storage, IGrainStorageSerializer serializer) : IGrainStorage
    {
        public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            await Task.Yield();
            string key = $"{stateName}/{grainId}";
            Entry? entry = storage.ReadsOldState?.Invoke(key) == true ? storage._old.GetValueOrDefault(key) : storage._entries.GetValueOrDefault(key);
            grainState.RecordExists = entry is not null;
            grainState.ETag = entry?.Etag;
            grainState.State = entry is null ? Activator.CreateInstance<T>() : serializer.Deserialize<T>(new BinaryData(entry.Bytes))!;
        }

        public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            string key = $"{stateName}/{grainId}";
            byte[] bytes = serializer.Serialize(grainState.State).ToArray();
            if (storage.BeforeWrite is { } before)
                await before(key);
            await Task.Yield();
            var next = new Entry(bytes, storage.NextEtag());
            lock (storage._entries)
            {
                Entry? old = storage._entries.GetValueOrDefault(key);
                if (old?.Etag != grainState.ETag)
                    throw new InconsistentStateException("another version is stored", old?.Etag ?? "", grainState.ETag ?? "");
                if (old is not null)
                    storage._old[key] = old;
                storage._entries[key] = next;
            }

            if (storage.AfterWrite is { } after)
                await after(key);
            grainState.ETag = next.Etag;
            grainState.RecordExists = true;
        }

        public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            await Task.Yield();
            string key = $"{stateName}/{grainId}";
            lock (storage._entries)
            {
                if (storage._entries.GetValueOrDefault(key)?.Etag != grainState.ETag)
                    throw new InconsistentStateException("another version is stored");
                storage._entries.TryRemove(key, out _);
            }

            grainState.RecordExists = false;
            grainState.ETag = null;
            grainState.State = Activator.CreateInstance<T>();
        }
    }
}
