namespace MetaML;

/// <summary>An alarm: the predictions of a task's rows have become worse.</summary>
/// <param name="TaskName">The name of the task.</param>
/// <param name="RowCount">Number of rows of the task, with the row of the alarm, before a response to the alarm.</param>
/// <param name="RowsSinceChange">Number of rows since the estimated change, with the row of the alarm; at most 64.</param>
public sealed record DriftAlarm(string TaskName, int RowCount, int RowsSinceChange);
