using System.Collections.Concurrent;
using System.Security.Cryptography;
using MetaML.Extensions.Orleans.Serving;
using Microsoft.Extensions.Options;

namespace MetaML.Extensions.Orleans.Models;

/// <summary>The models in the memory of a silo: each version once, for all tasks.</summary>
internal sealed class LocalModels(IGrainFactory grains, IModelStore store, IOptions<TaskGrainOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Model, string Version), Lazy<Task<ServedModel>>> _models = new();
    private readonly ConcurrentDictionary<string, Active> _active = new();

    /// <summary>The name of the active version of a model. It may be as old as <see cref="TaskGrainOptions.VersionRefresh"/>, and older while the catalog cannot be reached.</summary>
    /// <exception cref="InvalidOperationException">No version is active.</exception>
    public async ValueTask<string> ActiveVersion(string model)
    {
        Active? known = _active.GetValueOrDefault(model);
        if (known is not null && (time.GetElapsedTime(known.Read) <= options.Value.VersionRefresh || !known.TryRefresh()))
            return known.Version;
        long now = time.GetTimestamp();
        try
        {
            IReadOnlyList<ModelVersion> versions = await grains.GetModel(model).List();
            string version = versions.FirstOrDefault(each => each.IsActive)?.Name
                ?? throw new InvalidOperationException($"Model '{model}' must have an active version; got {(versions.Count == 0 ? "no version" : "none that is active")}. Its tasks have nothing to learn with. Publish and activate a version.");
            foreach (var key in _models.Keys.Where(key => key.Model == model && !versions.Any(each => each.Name == key.Version)))
                _models.TryRemove(key, out _); // retired
            _active[model] = new Active(version, now);
            return version;
        }
        catch (Exception error) when (known is not null && error is (OrleansException or TimeoutException))
        {
            _active[model] = new Active(known!.Version, now);
            return known.Version;
        }
    }

    /// <summary>A version of a model. The first call loads it.</summary>
    /// <exception cref="InvalidOperationException">The version was retired.</exception>
    /// <exception cref="InvalidDataException">The store holds another file than the one that was published.</exception>
    public async Task<ServedModel> Get(string model, string version)
    {
        Lazy<Task<ServedModel>> loading = _models.GetOrAdd((model, version), key => new(() => Task.Run(() => Load(key.Model, key.Version))));
        try
        {
            return await loading.Value;
        }
        catch
        {
            _models.TryRemove(new((model, version), loading)); // the next call tries again
            throw;
        }
    }

    private async Task<ServedModel> Load(string model, string version)
    {
        ModelVersion? known = (await grains.GetModel(model).List()).FirstOrDefault(each => each.Name == version);
        if (known is null || await store.LoadAsync(model, version) is not { } file)
            throw new InvalidOperationException($"Version '{version}' of model '{model}' must be published and in the model store; it is not. It was retired, or the silo cannot reach the store.");
        if (Convert.ToHexString(SHA256.HashData(file)) != known.Sha256)
            throw new InvalidDataException($"The file of version '{version}' of model '{model}' must be the one that was published; it is another. The store is damaged. Publish the model under another name of a version.");
        return ServedModel.Load(model, version, file, options.Value.Loading);
    }

    private sealed class Active(string version, long read)
    {
        private int _isRefreshed;

        public string Version => version;

        public long Read => read;

        /// <summary>Whether the caller is the first to refresh. Others go on with this version meanwhile.</summary>
        public bool TryRefresh() => Interlocked.Exchange(ref _isRefreshed, 1) == 0;
    }
}
