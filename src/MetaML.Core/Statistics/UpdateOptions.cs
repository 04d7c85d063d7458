using MetaML.Options;

namespace MetaML;

/// <summary>Options of the addition of rows to known tasks.</summary>
/// <example>
/// <code>
/// // Rows from a year ago count half as much as today's, with a row each day.
/// ITransformer updated = ml.MetaLearning().Update(model, supportRows, new UpdateOptions { ForgettingFactor = Math.Pow(0.5, 1.0 / 365) });
/// </code>
/// </example>
public sealed record UpdateOptions
{
    /// <summary>The factor γ by which each new row of a task multiplies the weights of the task's earlier rows, in the order of the data.</summary>
    /// <value>Above 0, and at most 1 (default), for no forgetting. A row counts half as much after log ½ / log γ later rows.</value>
    /// <remarks>Rows can be taken away exactly only if they have not lost weight. A task that has been updated with a factor below 1 therefore refuses Forget once it keeps sums instead of rows.</remarks>
    public double ForgettingFactor { get; set; } = 1;

    /// <summary>Whether rows are tested for a change of the task, and what follows an alarm.</summary>
    /// <value>Default <see cref="DriftResponse.None"/>. A test needs an adapter that does not change the encoder.</value>
    /// <remarks>
    /// Each row is predicted before it is added, with the head of the task and with one that starts again from the prior. An alarm means that the rows since some
    /// row are far more likely for a new task, or for none, than for this one. The head of the task is fitted again after each row, and not once for all rows of an update. See docs/Concepts.md.
    /// </remarks>
    public DriftResponse Drift { get; set; }

    /// <summary>The largest expected number of false alarms for each thousand rows of a stable task.</summary>
    /// <value>Above 0 and at most 1; default 0.01.</value>
    public double FalseAlarmsPerThousandRows { get; set; } = 0.01;

    /// <summary>Receives each alarm, after the update, on its thread. The log of the MLContext receives a warning too.</summary>
    public IProgress<DriftAlarm>? Alarms { get; set; }

    internal void Validate()
    {
        if (!(ForgettingFactor is > 0 and <= 1))
            throw OptionCheck.Error(this, nameof(ForgettingFactor), "above 0 and at most 1", ForgettingFactor);
        if (!(FalseAlarmsPerThousandRows is > 0 and <= 1))
            throw OptionCheck.Error(this, nameof(FalseAlarmsPerThousandRows), "above 0 and at most 1", FalseAlarmsPerThousandRows);
        OptionCheck.Defined(this, nameof(Drift), Drift);
    }
}
