namespace MetaML.Tool.Columns;

/// <summary>A value and the number of its rows.</summary>
internal sealed record ValueCount(string Value, int Count);
