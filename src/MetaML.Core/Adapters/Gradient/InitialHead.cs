namespace MetaML;

/// <summary>The initial head of gradient steps.</summary>
public enum InitialHead
{
    /// <summary><see cref="Learned"/> if all tasks have the same outputs, else <see cref="Prototype"/>.</summary>
    Auto,

    /// <summary>A meta-learned head. If class sets differ by task, all classes share one meta-learned weight vector.</summary>
    Learned,

    /// <summary>The prototypes of the support (Proto-MAML, Triantafillou et al., 2020, arXiv 1903.03096). Not for regression.</summary>
    Prototype,
}
