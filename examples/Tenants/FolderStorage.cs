using System.Security.Cryptography;
using System.Text;
using Orleans.Runtime;
using Orleans.Storage;

namespace Tenants;

/// <summary>Keeps each state in a file, for several processes of one machine. A database does this for several machines.</summary>
/// <param name="folder">The folder.</param>
/// <param name="serializer">Writes states as bytes.</param>
internal sealed class FolderStorage(string folder, IGrainStorageSerializer serializer) : IGrainStorage
{
    private const int TagBytes = 16; // precede the state

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        string path = PathOf(stateName, grainId);
        using FileStream held = Hold(path);
        Set(grainState, Read(path));
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        string path = PathOf(stateName, grainId);
        byte[] bytes = [.. Guid.NewGuid().ToByteArray(), .. serializer.Serialize(grainState.State).ToArray()];
        using FileStream held = Hold(path);
        CheckTag(path, grainState.ETag);
        File.WriteAllBytes($"{path}.new", bytes);
        File.Move($"{path}.new", path, overwrite: true); // replaces the whole file
        (grainState.ETag, grainState.RecordExists) = (TagOf(bytes), true);
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        string path = PathOf(stateName, grainId);
        using FileStream held = Hold(path);
        CheckTag(path, grainState.ETag);
        File.Delete(path);
        Set(grainState, null);
        return Task.CompletedTask;
    }

    private void Set<T>(IGrainState<T> state, byte[]? bytes)
    {
        state.RecordExists = bytes is not null;
        state.ETag = bytes is null ? null : TagOf(bytes);
        state.State = bytes is null ? Activator.CreateInstance<T>() : serializer.Deserialize<T>(new BinaryData(bytes[TagBytes..]))!;
    }

    // Another silo may have written the state since it was read.
    private static void CheckTag(string path, string? tag)
    {
        string? stored = Read(path) is { } bytes ? TagOf(bytes) : null;
        if (stored != tag)
            throw new InconsistentStateException("Another silo has written the state.", stored ?? "", tag ?? "");
    }

    private static byte[]? Read(string path) => File.Exists(path) ? File.ReadAllBytes(path) : null;

    private static string TagOf(byte[] bytes) => Convert.ToHexString(bytes, 0, TagBytes);

    // One process at a time reads or writes a state. The system releases the file if the process is killed.
    private static FileStream Hold(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream($"{path}.lock", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (IOException)
            {
                Thread.Sleep(1);
            }
        }
    }

    private string PathOf(string stateName, GrainId grainId)
    {
        string name = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{stateName}/{grainId}")));
        return Path.Combine(Directory.CreateDirectory(Path.Combine(folder, stateName)).FullName, name);
    }
}
