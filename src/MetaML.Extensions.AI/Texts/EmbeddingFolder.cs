using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using MetaML.Options;

namespace MetaML.Extensions.AI.Texts;

/// <summary>Embeddings in a folder: for each text a file of its values, little-endian single precision. The name is a hash of the model, the dimension and the text.</summary>
internal sealed class EmbeddingFolder
{
    private readonly string _path, _model;
    private readonly int? _dimension;

    /// <exception cref="ArgumentException">The model has no name.</exception>
    public EmbeddingFolder(string path, string model, TextEmbeddingOptions options)
    {
        if (model.Length == 0)
            throw OptionCheck.Error(options, nameof(options.CacheFolder), "null, because the generator does not name its model", path, "Embeddings of another model could be read from the folder.", "Use a generator whose metadata have a model id.");
        _path = path;
        _model = model;
        _dimension = options.Dimension;
    }

    /// <summary>The embedding of a text; null if it is unknown or its file is damaged.</summary>
    public float[]? Read(string text)
    {
        string file = FileOf(text);
        if (!File.Exists(file))
            return null;
        float[] values = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(file)).ToArray();
        return values.Length > 0 && values.Length == (_dimension ?? values.Length) && values.All(float.IsFinite) ? values : null;
    }

    /// <summary>Keeps an embedding. Another program never reads a part of it.</summary>
    public void Write(string text, float[] values)
    {
        string file = FileOf(text), temporary = $"{file}.{Guid.NewGuid():N}.tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(temporary, MemoryMarshal.AsBytes(values.AsSpan()));
        File.Move(temporary, file, overwrite: true);
    }

    private string FileOf(string text)
    {
        string name = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{_model}\n{_dimension}\n{text}")));
        return Path.Combine(_path, name[..2], name[2..]);
    }
}
