namespace MetaML;

/// <summary>The handling of rows of an unknown task: a task that the model was neither trained on nor adapted to.</summary>
public enum UnknownTaskHandling
{
    /// <summary>The rows are scored with the learned prior, as if the task had no support. This requires labels with the same meaning in all tasks.</summary>
    MetaPrior,

    /// <summary>Scoring throws an exception that names the task.</summary>
    Throw,

    /// <summary>The rows get NaN scores and a missing predicted label (binary: false). ML.NET's metrics leave such rows out or misread them.</summary>
    Missing,
}
