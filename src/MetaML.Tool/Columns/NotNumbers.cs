namespace MetaML.Tool.Columns;

/// <summary>The cells of a column of numbers that are not numbers.</summary>
/// <param name="Count">Their number.</param>
/// <param name="First">The first of them.</param>
/// <param name="Place">The place of the first: "line 17".</param>
internal sealed record NotNumbers(long Count, string First, string Place);
