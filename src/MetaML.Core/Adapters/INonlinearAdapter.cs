using MetaML.Heads;

namespace MetaML.Adapters;

/// <summary>An adapter whose heads have a part that is not linear: <see cref="LinearHead.Term"/>.</summary>
/// <remarks>The part is a function of the rows of the task. So tasks always keep their rows, up to a number, and a saved task has its rows in place of the part.</remarks>
internal interface INonlinearAdapter : IManagedAdapter
{
    /// <summary>The largest number of rows of a task that are kept. Of more rows, a sample is kept.</summary>
    int MaximumRows { get; }

    /// <summary>The part of a task's head that is not linear, as <see cref="IManagedAdapter.Adapt"/> gives it; null for none.</summary>
    /// <param name="parameters">Values in the order of <see cref="IAdapter.Parameters"/>.</param>
    /// <param name="support">The rows of the task, which the part may keep.</param>
    ScoreTerm? TermOf(IReadOnlyList<float[]> parameters, EmbeddedTask support);
}
