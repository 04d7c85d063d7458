namespace MetaML;

/// <summary>What gradient steps change for a task.</summary>
public enum GradientScope
{
    /// <summary>The linear head alone (ANIL): fast, and adapts without libtorch.</summary>
    Head,

    /// <summary>The head and all of the encoder (MAML): each task has a network of its own.</summary>
    All,

    /// <summary>A few context parameters that shift the encoder's first layer (CAVIA): each task has a first bias of its own.</summary>
    Context,

    /// <summary>The scale and shift of each hidden layer (FiLM): needs an encoder that normalises its layers.</summary>
    Film,
}
