namespace MetaML.Files;

/// <summary>Replaces a file by another in one step.</summary>
internal static class AtomicFile
{
    private static readonly TimeSpan s_coarsestTime = TimeSpan.FromSeconds(2); // FAT's

    /// <summary>Writes beside the target, flushes, verifies and renames.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the new content.</param>
    /// <param name="verify">Reads it again, from its first byte, and throws where it is not whole.</param>
    /// <exception cref="IOException">There is no room, or the folder is not there; the old file is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written.</exception>
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
            DateTime old = File.GetLastWriteTimeUtc(target); // of 1601 where there is no file
            File.Move(temporary, target, overwrite: true);
            Announce(target, old);
        }
        catch (ArgumentOutOfRangeException error) // what .NET makes of EFBIG, a limit of the file system or of the process
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

    // A rename changes no time of the file, and watchers that wait for a change, such as the one of ML.NET's pool of prediction
    // engines, would not see it. The file is in its place already: a failure here must not be reported as one of the write.
    // Who compares times must find a later one, whichever clock wrote the old file and however coarse the file system's times are.
    private static void Announce(string path, DateTime old)
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

    // The first error is the one to report.
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
