using System.Reflection;

namespace MetaML.Extensions.Persistence;

/// <summary>Goes through a model's entries as its loaders will, and keeps those that were checked.</summary>
/// <param name="entries">Contents by name; what a loader will open is replaced by what it may read.</param>
/// <param name="options">Validated.</param>
internal sealed class ModelWalk(Dictionary<string, byte[]> entries, CheckedLoadOptions options)
{
    private const string ModelKey = "Model.key";

    // What entries that hold few bytes may still ask for.
    private const long UnbackedBytes = 64 << 20;

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>Assemblies of the loaders that were met.</summary>
    public HashSet<Assembly> Assemblies { get; } = [];

    public ByteBudget Budget { get; } = new(UnbackedBytes, "Memory for numbers that the file does not hold", "Load it by ml.Model.Load if you trust it.");

    /// <summary>Checks the step in a folder, and what lies below it.</summary>
    /// <param name="folder">Name, without Model.key.</param>
    /// <param name="known">The loaders that can stand there.</param>
    /// <exception cref="InvalidDataException">The step is not there, is damaged, or its loader is not known.</exception>
    public void Visit(string folder, Dictionary<string, LoaderFormat> known)
    {
        ModelBlock step = Open(folder);
        if (known.TryGetValue(step.Loader, out LoaderFormat? format))
        {
            if (step.Written < format.Oldest || step.Written > format.Written || step.Readable < format.Readable || step.Readable > format.Written)
                throw new InvalidDataException($"Step '{step.Loader}' in '{folder}' must have format version 0x{format.Written:x8}; got 0x{step.Written:x8}. {NewerOrOther(step, format)}");
            Assemblies.Add(format.Home);
            format.Check(this, folder, step.Block);
        }
        else
        {
            Trust(folder, step);
        }
    }

    /// <summary>The Model.key of a folder.</summary>
    /// <exception cref="InvalidDataException">It is not there, or damaged.</exception>
    public ModelBlock Open(string folder)
    {
        string name = $"{folder}/{ModelKey}";
        if (!entries.TryGetValue(name, out byte[]? bytes))
            throw new InvalidDataException($"A model must have the entry '{name}', which another part of it names. The file is damaged, or no model.");
        ModelBlock block = ModelBlock.Parse(name, bytes);
        if (_seen.Add(name))
            entries[name] = block.WithoutAssembly();
        return block;
    }

    /// <summary>Says that an entry was checked by other means.</summary>
    public void Keep(string name) => _seen.Add(name);

    /// <summary>Drops ML.NET's notes for human readers.</summary>
    /// <exception cref="InvalidDataException">There are entries that no step opens.</exception>
    public void DropTheRest()
    {
        foreach (string name in entries.Keys.Where(name => !_seen.Contains(name)).ToArray())
        {
            if (!name.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
                throw new InvalidDataException($"A model's entries must each belong to one of its steps; got '{name}'. The file is damaged, or was saved with a data loader. Save the model with the schema of its input.");
            entries.Remove(name);
        }
    }

    // Whatever lies below a loader that the user trusts is its own, but each loader there must be trusted or known too.
    private void Trust(string folder, ModelBlock step)
    {
        foreach (string name in entries.Keys.Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal)).OrderBy(name => name.Length).ToArray())
        {
            if (!name.EndsWith("/" + ModelKey, StringComparison.Ordinal))
            {
                _seen.Add(name);
                continue;
            }

            ModelBlock inner = name == $"{folder}/{ModelKey}" ? step : Open(name[..^(ModelKey.Length + 1)]);
            if (options.TrustedLoaders.TryGetValue(inner.Loader, out Assembly? assembly))
                Assemblies.Add(assembly);
            else if (LoaderFormat.Transformers.TryGetValue(inner.Loader, out LoaderFormat? format))
                Assemblies.Add(format.Home);
            else
                throw new InvalidDataException($"Each step must have a loader that is known; got '{inner.Loader}' in '{name}'. If you trust the file, add it to {nameof(CheckedLoadOptions)}.{nameof(CheckedLoadOptions.TrustedLoaders)} with its assembly.");
        }
    }

    private static string NewerOrOther(ModelBlock step, LoaderFormat format) => step.Written > format.Written
        ? "It was saved by a newer version. Update the package."
        : "It was saved by an older version. If you trust the file, load it by ml.Model.Load and save it again.";
}
