using System.Security.Cryptography;
using MetaML.Extensions.Orleans.Options;
using MetaML.Extensions.Orleans.Serving;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace MetaML.Extensions.Orleans.Models;

/// <summary>The catalog of the versions of a model.</summary>
[GrainType("metaml.model")]
internal sealed class ModelGrain : Grain, IModelGrain
{
    private readonly IPersistentState<ModelCatalog> _catalog;
    private readonly IModelStore _store;
    private readonly TaskGrainOptions _options;
    private readonly TimeProvider _time;

    public ModelGrain(IGrainContext context, IPersistentStateFactory states, IModelStore store, IOptions<TaskGrainOptions> options, TimeProvider time)
    {
        _store = store;
        _options = options.Value;
        _time = time;
        _catalog = states.Create<ModelCatalog>(context, new StateConfiguration("model", _options.StorageName));
    }

    private string Model => GrainNames.Checked(this.GetPrimaryKeyString(), "model");

    public async Task<ModelVersion> Publish(string version, byte[] file, CancellationToken cancellationToken = default)
    {
        GrainNames.Checked(version, "version");
        ArgumentNullException.ThrowIfNull(file);
        if (file.Length > _options.MaximumModelBytes)
            throw new ArgumentException($"The file of a model must have at most {_options.MaximumModelBytes} bytes; got {file.Length}. Raise {nameof(TaskGrainOptions)}.{nameof(TaskGrainOptions.MaximumModelBytes)}.", nameof(file));
        await Task.Run(() => ServedModel.Load(Model, version, file, _options.Loading), cancellationToken);
        var published = new ModelVersion(version, Convert.ToHexString(SHA256.HashData(file)), file.Length, _time.GetUtcNow(), IsActive: false);
        CheckNew(published);
        await _store.SaveAsync(Model, version, file, cancellationToken);
        await Change(catalog =>
        {
            if (CheckNew(published))
                catalog.Versions.Add(published);
        });
        return Find(version);
    }

    public Task<IReadOnlyList<ModelVersion>> List() => Task.FromResult<IReadOnlyList<ModelVersion>>([.. _catalog.State.Versions.Select(WithActive)]);

    public Task Activate(string version) => Change(catalog => catalog.Active = Find(version).Name);

    public async Task Retire(string version)
    {
        await Change(catalog =>
        {
            ModelVersion retired = Find(version);
            if (retired.IsActive)
                throw new InvalidOperationException($"The version that is retired must not be active; got '{version}' of model '{Model}'. Tasks need it. Activate another version first.");
            catalog.Versions.RemoveAll(each => each.Name == version);
        });
        await _store.DeleteAsync(Model, version);
    }

    public async Task<int> Reserve(int count, long maximum)
    {
        int granted = 0;
        await Change(catalog =>
        {
            granted = (int)Math.Min(count, Math.Max(0, maximum - catalog.ReservedTasks));
            catalog.ReservedTasks = Math.Max(0, catalog.ReservedTasks + granted);
        });
        return granted;
    }

    private ModelVersion WithActive(ModelVersion version) => version with { IsActive = version.Name == _catalog.State.Active };

    private ModelVersion Find(string version) => _catalog.State.Versions.Find(each => each.Name == version) is { } found
        ? WithActive(found)
        : throw new ArgumentException($"The version must be one of the published ones of model '{Model}': {(_catalog.State.Versions.Count == 0 ? "none" : string.Join(", ", _catalog.State.Versions.Select(each => each.Name)))}; got '{version}'. Publish it first.", nameof(version));

    // False if the same version exists.
    private bool CheckNew(ModelVersion published) => _catalog.State.Versions.Find(each => each.Name == published.Name) is not { } known
        || (known.Sha256 == published.Sha256 ? false : throw new ArgumentException($"A version must have one file; got another file for '{published.Name}' of model '{Model}'. States of tasks name the version. Publish the file with another name."));

    // After a conflict or an error, the stored catalog is read again.
    private async Task Change(Action<ModelCatalog> change)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                change(_catalog.State);
                await _catalog.WriteStateAsync();
                return;
            }
            catch (InconsistentStateException) when (attempt < _options.ConflictRetries)
            {
                await _catalog.ReadStateAsync();
            }
            catch
            {
                await _catalog.ReadStateAsync();
                throw;
            }
        }
    }
}
