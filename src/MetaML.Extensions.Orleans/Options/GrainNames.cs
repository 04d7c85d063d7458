namespace MetaML.Extensions.Orleans.Options;

/// <summary>Names of models, versions and tasks, and the keys of their grains.</summary>
internal static class GrainNames
{
    private const int MaximumNameLength = 64, MaximumTaskLength = 256;

    /// <summary>Checks the name of a model or version.</summary>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public static string Checked(string name, string role)
    {
        ArgumentNullException.ThrowIfNull(name, role);
        bool isValid = name.Length is > 0 and <= MaximumNameLength && name[0] != '.' && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
        return isValid ? name : throw new ArgumentException($"The name of a {role} must have 1 to {MaximumNameLength} letters and digits of ASCII, '.', '_' and '-', without '.' at its start; got '{name}'. It is a part of keys and paths. Choose another name.", role);
    }

    /// <summary>The key of the grain of a task.</summary>
    /// <exception cref="ArgumentException">A name is not valid.</exception>
    public static string KeyOf(string model, string task)
    {
        ArgumentException.ThrowIfNullOrEmpty(task);
        if (task.Length > MaximumTaskLength)
            throw new ArgumentException($"The name of a task must have at most {MaximumTaskLength} characters; got {task.Length}. It is a part of a key. Shorten it.", nameof(task));
        return $"{Checked(model, "model")}/{task}";
    }

    /// <summary>The names of the model and the task of a grain.</summary>
    /// <exception cref="ArgumentException">The key is not that of a task.</exception>
    public static (string Model, string Task) Parse(string key)
    {
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            throw new ArgumentException($"The key of a task must be the name of its model, a slash, and the name of the task; got '{key}'. Use grains.GetTask(model, task).");
        string model = key[..slash], task = key[(slash + 1)..];
        KeyOf(model, task);
        return (model, task);
    }
}
