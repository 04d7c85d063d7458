using Orleans.Concurrency;

namespace MetaML;

/// <summary>One task of a model: it learns rows, and predicts. Key: the names of the model and of the task. <c>grains.GetTask(model, task)</c> returns it.</summary>
/// <remarks>
/// <para>A change is acknowledged after it is stored. If a call fails, the change may or may not be stored. Call again with the same event id: the change then counts once, within
/// <see cref="TaskGrainOptions.EventLifetime"/> and <see cref="TaskGrainOptions.EventWindow"/>.</para>
/// <para>Changes of a task follow each other. Predictions do not wait for them, and see each change as a whole after it is stored.</para>
/// <para>All methods throw an ArgumentException for a column that is missing, is not one of the model, or has the wrong type, and for a request beyond a limit of <see cref="TaskGrainOptions"/>; an
/// InvalidOperationException for an invalid feature, label or weight, for a class that the model does not know, or if no version of the model is active; a TimeoutException after
/// <see cref="TaskGrainOptions.RequestTimeout"/>; and a LimitExceededException if too many requests wait. The task has not changed then. An error of the storage is an OrleansException.</para>
/// </remarks>
/// <example>
/// <code>
/// using Orleans;
///
/// ITaskGrain shop = cluster.GetTask("shops", "shop 7");
/// await shop.Update(TaskRows.From([new Day { Price = 2, Demand = 30 }]), eventId: "order 17");
/// TaskScores forecast = await shop.Predict(TaskRows.From([new Day { Price = 3 }]));
/// float demand = forecast.Rows["Score"].Get&lt;float&gt;()[0];
///
/// class Day
/// {
///     public float Price { get; set; }
///     public float Demand { get; set; }
/// }
/// </code>
/// </example>
[Alias("MetaML.ITaskGrain")]
public interface ITaskGrain : IGrainWithStringKey
{
    /// <summary>Learns the task from these rows alone. Earlier rows are replaced.</summary>
    /// <param name="rows">Labelled rows.</param>
    /// <param name="eventId">The id of the event; null for none.</param>
    /// <param name="cancellationToken">Stops the method before the change is stored.</param>
    /// <returns>The receipt of the stored change.</returns>
    [Alias("Learn")]
    Task<TaskReceipt> Learn(TaskRows rows, string? eventId = null, CancellationToken cancellationToken = default);

    /// <summary>Adds rows to those of the task.</summary>
    /// <param name="rows">Labelled rows.</param>
    /// <param name="eventId">The id of the event; null for none.</param>
    /// <param name="cancellationToken">Stops the method before the change is stored.</param>
    /// <returns>The receipt of the stored change.</returns>
    /// <exception cref="InvalidOperationException">The task keeps no statistics: the model was trained without KeepStatistics.</exception>
    [Alias("Update")]
    Task<TaskReceipt> Update(TaskRows rows, string? eventId = null, CancellationToken cancellationToken = default);

    /// <summary>Takes rows away, as if they had never been added.</summary>
    /// <param name="rows">Rows that were added, with the same features, labels and weights.</param>
    /// <param name="eventId">The id of the event; null for none.</param>
    /// <param name="cancellationToken">Stops the method before the change is stored.</param>
    /// <returns>The receipt of the stored change.</returns>
    /// <exception cref="InvalidOperationException">The task is unknown, keeps no statistics, or never had one of the rows as far as this can be known.</exception>
    [Alias("Forget")]
    Task<TaskReceipt> Forget(TaskRows rows, string? eventId = null, CancellationToken cancellationToken = default);

    /// <summary>Predicts rows. A task that is unknown is treated as the model's <see cref="UnknownTaskHandling"/> says.</summary>
    /// <param name="rows">Rows; labels may be absent.</param>
    /// <param name="cancellationToken">Stops the method.</param>
    /// <returns>The output columns of the model.</returns>
    [Alias("Predict")]
    [ReadOnly]
    Task<TaskScores> Predict(TaskRows rows, CancellationToken cancellationToken = default);

    /// <summary>Describes the task.</summary>
    /// <param name="cancellationToken">Stops the method.</param>
    [Alias("Describe")]
    [ReadOnly]
    Task<TaskState> Describe(CancellationToken cancellationToken = default);

    /// <summary>Removes the task and its stored state, with the ids of its events.</summary>
    /// <param name="cancellationToken">Stops the method before the change is stored.</param>
    /// <returns>Whether the task was known.</returns>
    /// <remarks>If the model itself contains the task, because it was trained on it, a mark is stored that the task is removed.</remarks>
    [Alias("Remove")]
    Task<bool> Remove(CancellationToken cancellationToken = default);
}
