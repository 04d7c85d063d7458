namespace MetaML.Data;

/// <summary>The rule for valid labels.</summary>
internal static class LabelRule
{
    /// <summary>The largest number of classes. Single precision cannot represent all larger integers.</summary>
    public const int MaximumClasses = 1 << 24;

    /// <summary>Whether a label is valid for training.</summary>
    public static bool IsValid(LabelKind kind, float label) => kind switch
    {
        LabelKind.Binary => label is 0 or 1,
        LabelKind.Multiclass => label is >= 0 and < MaximumClasses && label == MathF.Floor(label),
        _ => float.IsFinite(label),
    };

    /// <summary>The constraint on a label, for messages.</summary>
    public static string Expected(LabelKind kind) => kind switch
    {
        LabelKind.Binary => "0 or 1",
        LabelKind.Multiclass => "a class number from 0",
        _ => "finite",
    };
}
