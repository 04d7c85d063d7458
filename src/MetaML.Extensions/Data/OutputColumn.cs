namespace MetaML;

/// <summary>An output of <see cref="MultiOutputTrainer"/>: one of several label columns on the same rows.</summary>
public sealed record OutputColumn
{
    /// <summary>An output without a name. Set <see cref="Name"/> before use.</summary>
    public OutputColumn()
    {
    }

    /// <summary>An output with a name.</summary>
    /// <param name="name">The label column.</param>
    /// <param name="kind">The kind of its labels; null: the type of the column decides.</param>
    public OutputColumn(string name, LabelKind? kind = null)
    {
        Name = name;
        Kind = kind;
    }

    /// <summary>The label column. The names of the output's score columns begin with it.</summary>
    public string Name { get; set; } = "";

    /// <summary>The kind of the labels.</summary>
    /// <value>Null (default): Single is regression, Boolean binary, key multiclass. Binary also accepts Single with the values 0, 1 and NaN (missing).</value>
    public LabelKind? Kind { get; set; }
}
