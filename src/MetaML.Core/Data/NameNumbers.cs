namespace MetaML.Data;

/// <summary>Numbers names from 0, in the order in which they first appear.</summary>
/// <remarks>Different models can give different numbers to the same classes. The names identify the classes.</remarks>
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
