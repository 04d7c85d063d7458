namespace MetaML;

/// <summary>The objective of an encoder's training.</summary>
public enum TrainingObjective
{
    /// <summary>Meta-learning: minimise the query loss of tasks after adaptation on their support.</summary>
    Meta,

    /// <summary>Joint multi-task training (hard parameter sharing): minimise the loss of a linear head for each training task. These heads are then discarded, and the adapter is trained on the frozen encoder.</summary>
    Joint,
}
