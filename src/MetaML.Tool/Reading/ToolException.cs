namespace MetaML.Tool.Reading;

/// <summary>An error that the user can correct: a file, a column or an option. Its message has the pack's form: constraint, value, consequence, cure.</summary>
internal sealed class ToolException(string message) : Exception(message);
