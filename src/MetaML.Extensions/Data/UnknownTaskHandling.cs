namespace MetaML;

/// <summary>What is given for rows of a task that the model was neither trained on nor adapted to.</summary>
public enum UnknownTaskHandling
{
    /// <summary>What was learned across tasks: the adapter on no support. Needs labels that mean the same in all tasks.</summary>
    MetaPrior,

    /// <summary>An exception that names the task.</summary>
    Throw,

    /// <summary>NaN scores and a missing predicted label (binary: false). ML.NET's metrics leave such rows out or misread them.</summary>
    Missing,
}
