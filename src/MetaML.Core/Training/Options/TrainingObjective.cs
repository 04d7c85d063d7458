namespace MetaML;

/// <summary>What an encoder is trained for.</summary>
public enum TrainingObjective
{
    /// <summary>That tasks are learned well from their support: the query loss after adaptation.</summary>
    Meta,

    /// <summary>Joint multi-task training (hard parameter sharing): that a linear head for each training task fits its rows. The heads are then thrown away, and the adapter learns on the encoder as it is.</summary>
    Joint,
}
