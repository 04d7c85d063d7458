using MetaML.Extensions.Persistence;
using MetaML.Files;
using Microsoft.ML;

namespace MetaML;

/// <content>Checked loading and atomic saving.</content>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Checks the whole file of a model, and then loads the model as <c>mlContext.Model.Load</c> does.</summary>
    /// <param name="path">A file that Save or <see cref="SaveAtomic"/> wrote.</param>
    /// <param name="inputSchema">The schema that was saved with the model; null if none was saved.</param>
    /// <param name="options">Limits and trusted loaders; null for the defaults.</param>
    /// <returns>The model.</returns>
    /// <remarks>
    /// The following is checked before any part of the model is created: the number, names, sizes and checksums of the entries; the
    /// structure of the model; that the loader of each step is known; and each length that such a loader reads without a check.
    /// Assembly names in the file are ignored. The method writes no files. The memory used is about the size of the file.
    /// docs/Security.md describes the guarantees and their limits.
    /// </remarks>
    /// <exception cref="InvalidDataException">The file is not a model, is damaged, exceeds a limit, or needs an unknown loader.</exception>
    /// <exception cref="EndOfStreamException">The data of an entry end too early.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <example>
    /// <code>
    /// ITransformer loaded = ml.MetaLearning().LoadChecked("uploaded.zip", out DataViewSchema? inputSchema);
    /// </code>
    /// </example>
    public ITransformer LoadChecked(string path, out DataViewSchema? inputSchema, CheckedLoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.OpenRead(path);
        return LoadChecked(file, out inputSchema, options);
    }

    /// <inheritdoc cref="LoadChecked(string, out DataViewSchema, CheckedLoadOptions)"/>
    /// <param name="stream">A readable and seekable stream that contains the whole file of the model. It stays open.</param>
    /// <param name="inputSchema">The schema that was saved with the model; null if none was saved.</param>
    /// <param name="options">Limits and trusted loaders; null for the defaults.</param>
    public ITransformer LoadChecked(Stream stream, out DataViewSchema? inputSchema, CheckedLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead || !stream.CanSeek)
            throw new ArgumentException("The stream must be readable and seekable. The directory of a zip file is at its end. Copy the stream to a MemoryStream.", nameof(stream));
        options ??= new CheckedLoadOptions();
        options.Validate();
        return CheckedModel.Load(_context, stream, options, out inputSchema);
    }

    /// <summary>Saves a model atomically. If the process is stopped at any time, the path contains either the complete old file or the complete new file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputSchema">The schema of the model's input data. It may be null, as in ML.NET's Save.</param>
    /// <param name="path">The path of the file. An existing file is replaced. The folder must exist.</param>
    /// <remarks>
    /// The model is written to a temporary file in the same folder, flushed to the disk, read again, and renamed. It is read again
    /// because ML.NET's writer can ignore the error of a full disk. A process that is killed may leave a file <c>name.*.tmp</c>.
    /// ml.Model.Load reads the saved file too.
    /// </remarks>
    /// <exception cref="IOException">The disk is full, the folder does not exist, or the device fails. The old file has not changed.</exception>
    /// <exception cref="UnauthorizedAccessException">The process has no permission to write the folder or the file.</exception>
    /// <example>
    /// <code>
    /// ml.MetaLearning().SaveAtomic(model, trainingTasks.Schema, "model.zip");
    /// ITransformer loaded = ml.Model.Load("model.zip", out DataViewSchema inputSchema);
    /// </code>
    /// </example>
    public void SaveAtomic(ITransformer model, DataViewSchema? inputSchema, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, file => _context.Model.Save(model, inputSchema, file), ModelArchive.Verify);
    }
}
