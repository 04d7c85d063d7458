namespace MetaML.Files;

/// <summary>Replaces a file in one atomic step.</summary>
internal static class AtomicFile
{
    private static readonly TimeSpan s_coarsestTime = TimeSpan.FromSeconds(2); // the resolution of FAT

    /// <summary>Writes a temporary file in the same folder, flushes and verifies it, and renames it to the target.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the new content.</param>
    /// <param name="verify">Reads the new content from its first byte, and throws if it is incomplete.</param>
    /// <exception cref="IOException">The disk is full, or the folder does not exist. The old file is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">The process has no permission to write the folder or the file.</exception>
    public static void Write(string path, Action<Stream> write, Action<Stream> verify)
    {
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
            throw new UnauthorizedAccessException($"The path must name a file; got the folder '{path}'. Add a file name.");
        if (new FileInfo(target) is { LinkTarget: not null } link)
            target = link.ResolveLinkTarget(returnFinalTarget: true)!.FullName; // a link stays a link
        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
            {
                write(file);
                file.Flush(flushToDisk: true);
                file.Position = 0;
                verify(file);
            }

            if (!OperatingSystem.IsWindows() && File.Exists(target))
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(target));
            DateTime old = File.GetLastWriteTimeUtc(target); // the year 1601 if there is no file
            File.Move(temporary, target, overwrite: true);
            UpdateTime(target, old);
        }
        catch (ArgumentOutOfRangeException error) // .NET's error for EFBIG, a size limit of the file system or of the process
        {
            Delete(temporary);
            throw new IOException($"The file '{path}' cannot be written: {error.Message}", error);
        }
        catch
        {
            Delete(temporary);
            throw;
        }
    }

    // A rename does not change the time of the file. A file watcher, such as that of ML.NET's pool of prediction engines, would
    // miss it. At this point the file is already replaced, so a failure here must not be reported as a failure of the write.
    // The new time must be later than the old one, for any clock and any resolution of the file system.
    private static void UpdateTime(string path, DateTime old)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime);
            if (File.GetLastWriteTimeUtc(path) <= old)
                File.SetLastWriteTimeUtc(path, old + s_coarsestTime);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    // An error here is ignored, because the caller reports the first error.
    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
