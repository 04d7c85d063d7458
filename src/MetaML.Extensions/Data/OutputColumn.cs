namespace MetaML;

/// <summary>A column to be predicted by <see cref="MultiOutputTrainer"/>, one of several on the same rows.</summary>
public sealed record OutputColumn
{
    /// <summary>An output that is still to be named.</summary>
    public OutputColumn()
    {
    }

    /// <summary>An output.</summary>
    /// <param name="name">The label column.</param>
    /// <param name="kind">What its labels are; null: by the column's type.</param>
    public OutputColumn(string name, LabelKind? kind = null)
    {
        Name = name;
        Kind = kind;
    }

    /// <summary>The label column, which gives the output's score columns their names.</summary>
    public string Name { get; set; } = "";

    /// <summary>What the labels are.</summary>
    /// <value>Null (default): Single is regression, Boolean binary, key multiclass. Binary also takes Single, of 0, 1 and NaN where the label is missing.</value>
    public LabelKind? Kind { get; set; }
}
