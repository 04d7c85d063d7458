namespace MetaML.TestKit;

/// <summary>Hears of training on the training thread; <see cref="Progress{T}"/> would post it elsewhere.</summary>
internal sealed class Reports(Action<TrainingProgress> report) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => report(value);
}
