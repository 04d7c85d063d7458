namespace NewTasksInAService;

/// <summary>The service's answer to a row that it has learned.</summary>
/// <param name="HasChanged">Whether the row is the one by which the service notices that the customers of the shop have changed.</param>
internal sealed record Learned(bool HasChanged);
