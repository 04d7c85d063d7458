namespace MetaML.Extensions.Data;

/// <summary>Numbers for names, from 0 in the order in which the names first appear.</summary>
/// <remarks>Models number the same classes in different ways. The names of the classes tell which are the same.</remarks>
internal sealed class NameNumbers
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    /// <summary>The names, in the order of their numbers.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The number of a name. A new name gets the next number.</summary>
    /// <param name="name">The name.</param>
    public int Of(string name)
    {
        if (!_numbers.TryGetValue(name, out int number))
        {
            _numbers[name] = number = _names.Count;
            _names.Add(name);
        }

        return number;
    }
}
