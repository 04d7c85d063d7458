namespace MetaML.TestKit;

/// <summary>Receives progress on the training thread. <see cref="Progress{T}"/> would use another thread.</summary>
internal sealed class Reports(Action<TrainingProgress> report) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => report(value);
}
