namespace MetaML;

/// <summary>Where gradient steps on a head start.</summary>
public enum InitialHead
{
    /// <summary><see cref="Learned"/> where all tasks' outputs mean the same, else <see cref="Prototype"/>.</summary>
    Auto,

    /// <summary>A meta-learned head; where class sets differ by task, one meta-learned row for every class.</summary>
    Learned,

    /// <summary>The support's prototypes (Proto-MAML, Triantafillou et al., 2020, arXiv 1903.03096). Not for regression.</summary>
    Prototype,
}
