using MetaML.Options;

namespace MetaML;

/// <summary>Options of the grains of tasks and models, the same on all silos.</summary>
public sealed class TaskGrainOptions
{
    /// <summary>The name of the Orleans grain storage of tasks and catalogs.</summary>
    /// <value>Default "MetaML". A storage provider of this name must be registered, for example by <c>AddMemoryGrainStorage("MetaML")</c>.</value>
    public string StorageName { get; set; } = "MetaML";

    /// <summary>Options of each update of a task, above all the test for drift.</summary>
    public UpdateOptions Update { get; set; } = new();

    /// <summary>Limits and trusted loaders of model files.</summary>
    public CheckedLoadOptions Loading { get; set; } = new();

    /// <summary>The largest number of rows of one request.</summary>
    /// <value>At least 1; default 10,000.</value>
    public int MaximumRows { get; set; } = 10_000;

    /// <summary>The largest size of the rows of one request, in bytes of memory.</summary>
    /// <value>At least 1; default 16 MiB.</value>
    public long MaximumRequestBytes { get; set; } = 16 << 20;

    /// <summary>The largest size of the stored state of a task, in bytes.</summary>
    /// <value>At least 1; default 1 MiB.</value>
    public int MaximumStateBytes { get; set; } = 1 << 20;

    /// <summary>The largest size of a model file, in bytes.</summary>
    /// <value>At least 1; default 64 MiB.</value>
    public int MaximumModelBytes { get; set; } = 64 << 20;

    /// <summary>The largest number of stored tasks of a model; null (default) for no limit.</summary>
    /// <remarks>Silos reserve the right to create tasks in blocks of 64. A silo that dies loses the rest of its block, so that the limit may be reached a little early, but is never exceeded. Tasks that were created without a limit are not counted.</remarks>
    public long? MaximumTasks { get; set; }

    /// <summary>Number of last events of each task that are kept, whatever their age. A kept event that comes again changes nothing.</summary>
    /// <value>At least 0; default 32. Each event is stored in 16 bytes.</value>
    public int EventWindow { get; set; } = 32;

    /// <summary>The age up to which events are kept, whatever their number.</summary>
    /// <value>Not negative; default 2 minutes.</value>
    /// <remarks>
    /// When a silo dies, a request that was under way may still be executed up to Orleans's ResponseTimeout and <see cref="RequestTimeout"/> later, although the client has repeated it meanwhile.
    /// The lifetime must be longer than both together, and than the difference of the silos' clocks.
    /// </remarks>
    public TimeSpan EventLifetime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>The largest number of changes that wait for one task. Further ones are refused with a LimitExceededException.</summary>
    /// <value>At least 1; default 100.</value>
    public int MaximumWaitingChanges { get; set; } = 100;

    /// <summary>The largest number of computations of a silo that wait for a processor. Further requests are refused with a LimitExceededException.</summary>
    /// <value>At least 1; default 1000.</value>
    public int MaximumWaitingComputations { get; set; } = 1000;

    /// <summary>The longest time that a request waits and computes. It does not end a write to the storage.</summary>
    /// <value>Positive; default 10 seconds.</value>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Number of further tries of a change after another silo has written the state.</summary>
    /// <value>At least 0; default 5.</value>
    public int ConflictRetries { get; set; } = 5;

    /// <summary>The time after which a silo asks again which version of a model is active.</summary>
    /// <value>Not negative; default 2 seconds.</value>
    public TimeSpan VersionRefresh { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The time after which a task asks again for the rows that it needs for a new version of the model.</summary>
    /// <value>Not negative; default 1 minute.</value>
    public TimeSpan RowSourceRetry { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    internal void Validate()
    {
        OptionCheck.NotNull(this, nameof(StorageName), StorageName);
        OptionCheck.NotNull(this, nameof(Update), Update);
        OptionCheck.NotNull(this, nameof(Loading), Loading);
        Update.Validate();
        Loading.Validate();
        OptionCheck.AtLeast<int>(this, nameof(MaximumRows), MaximumRows, 1);
        OptionCheck.AtLeast<long>(this, nameof(MaximumRequestBytes), MaximumRequestBytes, 1);
        OptionCheck.AtLeast<int>(this, nameof(MaximumStateBytes), MaximumStateBytes, 1);
        OptionCheck.AtLeast<int>(this, nameof(MaximumModelBytes), MaximumModelBytes, 1);
        OptionCheck.AtLeast(this, nameof(MaximumTasks), MaximumTasks, 0);
        OptionCheck.AtLeast<int>(this, nameof(EventWindow), EventWindow, 0);
        OptionCheck.NotNegative(this, nameof(EventLifetime), EventLifetime.TotalSeconds);
        OptionCheck.AtLeast<int>(this, nameof(MaximumWaitingChanges), MaximumWaitingChanges, 1);
        OptionCheck.AtLeast<int>(this, nameof(MaximumWaitingComputations), MaximumWaitingComputations, 1);
        OptionCheck.AtLeast<int>(this, nameof(ConflictRetries), ConflictRetries, 0);
        OptionCheck.Positive(this, nameof(RequestTimeout), RequestTimeout);
        OptionCheck.NotNegative(this, nameof(VersionRefresh), VersionRefresh.TotalSeconds);
        OptionCheck.NotNegative(this, nameof(RowSourceRetry), RowSourceRetry.TotalSeconds);
    }
}
