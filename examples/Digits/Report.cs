namespace Digits;

/// <summary>Reports on the training thread, so that all reports are complete at the end of training. <see cref="Progress{T}"/> reports on another thread.</summary>
internal sealed class Report<T>(Action<T> report) : IProgress<T>
{
    void IProgress<T>.Report(T value) => report(value);
}
