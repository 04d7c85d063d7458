namespace MetaML;

/// <summary>Keeps the files of model versions, for all silos. Implementations must be safe for several threads and processes.</summary>
public interface IModelStore
{
    /// <summary>Stores the file of a version. An existing file is replaced.</summary>
    /// <param name="model">The name of the model: letters and digits of ASCII, '.', '_' and '-'.</param>
    /// <param name="version">The name of the version, of the same characters.</param>
    /// <param name="file">The file, as <c>ml.Model.Save</c> writes it.</param>
    /// <param name="cancellationToken">Stops the method.</param>
    Task SaveAsync(string model, string version, ReadOnlyMemory<byte> file, CancellationToken cancellationToken = default);

    /// <summary>Reads the file of a version; null if there is none. Its content is checked by the reader.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The name of the version.</param>
    /// <param name="cancellationToken">Stops the method.</param>
    Task<byte[]?> LoadAsync(string model, string version, CancellationToken cancellationToken = default);

    /// <summary>Deletes the file of a version, if there is one.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="version">The name of the version.</param>
    /// <param name="cancellationToken">Stops the method.</param>
    Task DeleteAsync(string model, string version, CancellationToken cancellationToken = default);
}
