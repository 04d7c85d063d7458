namespace MetaML.Weighting;

/// <summary>A weighting that learns from the change of the tasks' losses in an outer step.</summary>
internal interface IAftermathWeighting : ITaskWeighting
{
    /// <summary>Receives the losses before and after an outer step.</summary>
    /// <param name="tasks">Numbers of the drawn tasks.</param>
    /// <param name="before">Their query losses before the step.</param>
    /// <param name="after">The losses of the same episodes after it.</param>
    void ObserveAftermath(IReadOnlyList<int> tasks, IReadOnlyList<double> before, IReadOnlyList<double> after);
}
