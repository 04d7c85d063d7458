namespace MetaML.Extensions.Reporting.Files;

/// <summary>Writes the files of reports.</summary>
internal static class ReportFile
{
    /// <summary>Writes a complete file. If that fails, an existing file does not change.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="content">Writes the content to a stream.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> content)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string unfinished = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = File.Create(unfinished))
                content(stream);
            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The path of a report must be in a folder that exists and is writable; got '{path}': {failure.Message} An existing file has not changed. Give another path.", failure);
        }
        finally
        {
            Delete(unfinished);
        }
    }

    /// <summary>Creates a folder if it does not exist.</summary>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    public static void CreateFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The folder of a report must exist or be possible to create; got '{folder}': {failure.Message} Nothing was written. Give another path.", failure);
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Ignored: an exception of the writing, if there is one, describes the cause.
        }
    }
}
