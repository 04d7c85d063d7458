using MetaML.Extensions.Orleans.Options;

namespace MetaML.Extensions.Orleans.Models;

/// <summary>Keeps model files in the grain storage that <see cref="TaskGrainOptions.StorageName"/> names, so that silos need no common folder.</summary>
internal sealed class GrainModelStore(IGrainFactory grains) : IModelStore
{
    /// <inheritdoc/>
    public Task SaveAsync(string model, string version, ReadOnlyMemory<byte> file, CancellationToken cancellationToken = default) => FileOf(model, version).Save(file.ToArray());

    /// <inheritdoc/>
    public Task<byte[]?> LoadAsync(string model, string version, CancellationToken cancellationToken = default) => FileOf(model, version).Load();

    /// <inheritdoc/>
    public Task DeleteAsync(string model, string version, CancellationToken cancellationToken = default) => FileOf(model, version).Delete();

    private IModelFileGrain FileOf(string model, string version) => grains.GetGrain<IModelFileGrain>(GrainNames.KeyOf(model, version));
}
