using MetaML.Extensions.Orleans.Options;

namespace MetaML;

/// <summary>Keeps model files in a folder that all silos can read, with a subfolder for each model.</summary>
public sealed class FolderModelStore : IModelStore
{
    private readonly string _folder;

    /// <summary>Creates a store.</summary>
    /// <param name="folder">The folder. It is created if it is absent.</param>
    public FolderModelStore(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _folder = Directory.CreateDirectory(folder).FullName;
    }

    /// <inheritdoc/>
    public async Task SaveAsync(string model, string version, ReadOnlyMemory<byte> file, CancellationToken cancellationToken = default)
    {
        string path = PathOf(model, version), temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            await using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await stream.WriteAsync(file, cancellationToken).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]?> LoadAsync(string model, string version, CancellationToken cancellationToken = default)
    {
        string path = PathOf(model, version);
        return File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false) : null;
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string model, string version, CancellationToken cancellationToken = default)
    {
        string path = PathOf(model, version);
        if (File.Exists(path))
            File.Delete(path);
        return Task.CompletedTask;
    }

    private string PathOf(string model, string version) => Path.Combine(_folder, GrainNames.Checked(model, "model"), $"{GrainNames.Checked(version, "version")}.zip");
}
