namespace MetaML.Weighting;

/// <summary>A weighting that learns from what an outer step did to the losses of its tasks.</summary>
internal interface IAftermathWeighting : ITaskWeighting
{
    /// <summary>Told of an outer step when it is done.</summary>
    /// <param name="tasks">Numbers of the drawn tasks.</param>
    /// <param name="before">Their query losses before the step.</param>
    /// <param name="after">The losses of the same episodes after it.</param>
    void ObserveAftermath(IReadOnlyList<int> tasks, IReadOnlyList<double> before, IReadOnlyList<double> after);
}
