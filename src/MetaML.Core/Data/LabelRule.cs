namespace MetaML.Data;

/// <summary>What a valid label is.</summary>
internal static class LabelRule
{
    /// <summary>The largest number of classes: beyond it not every whole number is a float.</summary>
    public const int MaximumClasses = 1 << 24;

    /// <summary>Whether a label can be learned from.</summary>
    public static bool IsValid(LabelKind kind, float label) => kind switch
    {
        LabelKind.Binary => label is 0 or 1,
        LabelKind.Multiclass => label is >= 0 and < MaximumClasses && label == MathF.Floor(label),
        _ => float.IsFinite(label),
    };

    /// <summary>What a label must be, for messages.</summary>
    public static string Expected(LabelKind kind) => kind switch
    {
        LabelKind.Binary => "0 or 1",
        LabelKind.Multiclass => "a class number from 0",
        _ => "finite",
    };
}
