namespace MetaML.Extensions.Reporting.Files;

/// <summary>Writes what is finished to where it was asked for.</summary>
internal static class ReportFile
{
    /// <summary>Writes a whole file, or leaves the one that is there as it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Writes the content.</param>
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
            throw new IOException($"The report must be written to a file in a folder that exists and can be written to; got '{path}': {failure.Message} The result is as it was, and what was written before is kept. Give another path.", failure);
        }
        finally
        {
            Delete(unfinished);
        }
    }

    /// <summary>Makes a folder where it is absent.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void MakeFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The report must be written to a folder that can be made or written to; got '{folder}': {failure.Message} The result is as it was. Give another path.", failure);
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
            // Where it could not be made it need not be deleted; the error that is on its way says why.
        }
    }
}
