namespace MetaML.Adapters;

/// <summary>What gradient steps change for a task.</summary>
public enum GradientScope
{
    /// <summary>The linear head alone (ANIL): fast, and adapts without libtorch.</summary>
    Head,

    /// <summary>The head and all of the encoder (MAML): each task has a network of its own.</summary>
    All,
}
