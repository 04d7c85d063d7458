using MetaML.Extensions.Persistence;
using MetaML.Files;
using Microsoft.ML;

namespace MetaML;

/// <summary>Files: loading those that are not trusted, and saving without a moment at which there is no file.</summary>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Loads a model as <c>mlContext.Model.Load</c> does, but checks the whole file first.</summary>
    /// <param name="path">A file that Save or <see cref="SaveAtomic"/> wrote.</param>
    /// <param name="inputSchema">The schema that was saved with the model; null where there was none.</param>
    /// <param name="options">Limits, and loaders to trust; null for the defaults.</param>
    /// <returns>The model.</returns>
    /// <remarks>
    /// Before anything is built: the sizes, checksums, number and names of the entries; the structure of the model; that each step's
    /// loader is known; and each length that such a loader would believe. The assembly names in the file are not followed, nothing is
    /// written, and memory stays near the size of the file. See docs/Security.md for what is promised, and what is not.
    /// </remarks>
    /// <exception cref="InvalidDataException">The file is no model, is damaged, exceeds a limit, or needs a loader that is not known.</exception>
    /// <exception cref="EndOfStreamException">The data of an entry end too early.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public ITransformer LoadChecked(string path, out DataViewSchema? inputSchema, CheckedLoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.OpenRead(path);
        return LoadChecked(file, out inputSchema, options);
    }

    /// <inheritdoc cref="LoadChecked(string, out DataViewSchema, CheckedLoadOptions)"/>
    /// <param name="stream">Readable and seekable, with the model's file from its first byte to its last; stays open.</param>
    /// <param name="inputSchema">The schema that was saved with the model; null where there was none.</param>
    /// <param name="options">Limits, and loaders to trust; null for the defaults.</param>
    public ITransformer LoadChecked(Stream stream, out DataViewSchema? inputSchema, CheckedLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead || !stream.CanSeek)
            throw new ArgumentException("The stream must be readable and seekable. A zip file is read from its end. Copy it to a MemoryStream.", nameof(stream));
        options ??= new CheckedLoadOptions();
        options.Validate();
        return CheckedModel.Load(_context, stream, options, out inputSchema);
    }

    /// <summary>Saves a model so that, whenever the process is stopped, the path holds the old file or the new one, whole.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputSchema">The schema of the data that the model takes; may be null, as for ML.NET's Save.</param>
    /// <param name="path">The file; what is there is replaced. Its folder must exist.</param>
    /// <remarks>
    /// Written beside the target, flushed to the disk, read again (ML.NET's writer can lose the error of a full disk), and renamed.
    /// A process that is killed may leave a file <c>name.*.tmp</c> beside it. ml.Model.Load reads the file as any other.
    /// </remarks>
    /// <exception cref="IOException">The disk is full, or the folder is not there or is on a device that fails; the old file is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written.</exception>
    public void SaveAtomic(ITransformer model, DataViewSchema? inputSchema, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, file => _context.Model.Save(model, inputSchema, file), ModelArchive.Verify);
    }
}
