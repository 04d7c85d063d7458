using System.Reflection;

namespace MetaML.Extensions.Persistence;

/// <summary>Checks a model's entries in the order in which its loaders open them, and records which are checked.</summary>
/// <param name="entries">The content of each entry by its name. Each Model.key is replaced by a copy without the name of an assembly.</param>
/// <param name="options">Validated options.</param>
internal sealed class ModelWalk(Dictionary<string, byte[]> entries, CheckedLoadOptions options)
{
    private const string ModelKey = "Model.key";

    // Limit for memory that loaders allocate beyond the size of the entries, for example for sparse data.
    private const long MaximumExpansionBytes = 64 << 20;

    private readonly HashSet<string> _checked = new(StringComparer.Ordinal);

    /// <summary>Assemblies of the loaders of all visited steps.</summary>
    public HashSet<Assembly> Assemblies { get; } = [];

    public ByteBudget Budget { get; } = new(MaximumExpansionBytes, "The memory that the model needs beyond the size of its file", "Load it with ml.Model.Load if you trust it.");

    /// <summary>Checks the step in a folder, and the entries below the folder.</summary>
    /// <param name="folder">Name of the folder, without Model.key.</param>
    /// <param name="known">The loaders that are permitted in the folder.</param>
    /// <exception cref="InvalidDataException">The step is absent or damaged, or its loader is unknown.</exception>
    public void Visit(string folder, Dictionary<string, LoaderFormat> known)
    {
        ModelBlock step = Open(folder);
        if (known.TryGetValue(step.Loader, out LoaderFormat? format))
        {
            if (step.Written < format.Oldest || step.Written > format.Written || step.Readable < format.Readable || step.Readable > format.Written)
                throw new InvalidDataException($"Step '{step.Loader}' in '{folder}' must have format version 0x{format.Written:x8}; got 0x{step.Written:x8}. {NewerOrOther(step, format)}");
            Assemblies.Add(format.LoaderAssembly);
            format.Check(this, folder, step.Block);
        }
        else
        {
            CheckTrusted(folder, step);
        }
    }

    /// <summary>Parses the Model.key of a folder.</summary>
    /// <exception cref="InvalidDataException">The entry is absent or damaged.</exception>
    public ModelBlock Open(string folder)
    {
        string name = $"{folder}/{ModelKey}";
        if (!entries.TryGetValue(name, out byte[]? bytes))
            throw new InvalidDataException($"A model must have the entry '{name}', because another part of the model refers to it. The file is damaged, or is not a model.");
        ModelBlock block = ModelBlock.Parse(name, bytes);
        if (_checked.Add(name))
            entries[name] = block.WithoutAssembly();
        return block;
    }

    /// <summary>Records that an entry is checked.</summary>
    public void MarkChecked(string name) => _checked.Add(name);

    /// <summary>Removes the entries that are not checked. Only ML.NET's text files for human readers may be among them.</summary>
    /// <exception cref="InvalidDataException">There are other entries that no step opens.</exception>
    public void RemoveUncheckedEntries()
    {
        foreach (string name in entries.Keys.Where(name => !_checked.Contains(name)).ToArray())
        {
            if (!name.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
                throw new InvalidDataException($"Each entry of a model must belong to one of its steps; got '{name}'. The file is damaged, or was saved with a data loader. Save the model with the schema of its input.");
            entries.Remove(name);
        }
    }

    // The content of a trusted loader's folder is not checked. But each loader in this folder must also be trusted or known.
    private void CheckTrusted(string folder, ModelBlock step)
    {
        foreach (string name in entries.Keys.Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal)).OrderBy(name => name.Length).ToArray())
        {
            if (!name.EndsWith("/" + ModelKey, StringComparison.Ordinal))
            {
                _checked.Add(name);
                continue;
            }

            ModelBlock inner = name == $"{folder}/{ModelKey}" ? step : Open(name[..^(ModelKey.Length + 1)]);
            if (options.TrustedLoaders.TryGetValue(inner.Loader, out Assembly? assembly))
                Assemblies.Add(assembly);
            else if (LoaderFormat.Transformers.TryGetValue(inner.Loader, out LoaderFormat? format))
                Assemblies.Add(format.LoaderAssembly);
            else
                throw new InvalidDataException($"Each step must have a loader that is known; got '{inner.Loader}' in '{name}'. If you trust the file, add it to {nameof(CheckedLoadOptions)}.{nameof(CheckedLoadOptions.TrustedLoaders)} with its assembly.");
        }
    }

    private static string NewerOrOther(ModelBlock step, LoaderFormat format) => step.Written > format.Written
        ? "It was saved by a newer version. Update the package."
        : "It was saved by an older version. If you trust the file, load it with ml.Model.Load and save it again.";
}
