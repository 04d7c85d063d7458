namespace Digits;

/// <summary>Reports on the training thread, so that what it writes is there when training ends (<see cref="Progress{T}"/> posts).</summary>
internal sealed class Report<T>(Action<T> report) : IProgress<T>
{
    void IProgress<T>.Report(T value) => report(value);
}
