namespace FewShotImages;

/// <summary>One drawing of one character of one alphabet.</summary>
internal sealed class Drawing
{
    public string Alphabet { get; set; } = "";

    public string Character { get; set; } = "";

    /// <summary>Path of the image.</summary>
    public string File { get; set; } = "";

    /// <summary>Finds the drawings in a folder with the layout of Omniglot: alphabet/character/drawing.png.</summary>
    /// <param name="folder">The folder. The alphabets may also be in a subfolder.</param>
    public static IEnumerable<Drawing> In(string folder) =>
        from file in Directory.EnumerateFiles(folder, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        let character = Path.GetDirectoryName(file)!
        let alphabet = Path.GetFileName(Path.GetDirectoryName(character))!
        select new Drawing { Alphabet = alphabet, Character = $"{alphabet}/{Path.GetFileName(character)}", File = file };
}
