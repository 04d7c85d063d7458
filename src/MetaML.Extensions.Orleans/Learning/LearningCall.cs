namespace MetaML.Extensions.Orleans.Learning;

/// <summary>Starts learning, and waits for its end.</summary>
internal static class LearningCall
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Silos may die meanwhile.</summary>
    /// <param name="start">Starts learning. The same call while it runs changes nothing.</param>
    /// <param name="describe">Gives the state.</param>
    /// <param name="cancel">Ends learning.</param>
    /// <param name="cancellationToken">Stops waiting, and cancels learning.</param>
    /// <returns>The state at the end.</returns>
    public static async Task<TState> Run<TState>(Func<Task> start, Func<Task<TState?>> describe, Func<Task> cancel, CancellationToken cancellationToken)
        where TState : class, ILearningState<TState>
    {
        bool isStarted = false;
        while (true)
        {
            try
            {
                if (!isStarted)
                    await start().ConfigureAwait(true);
                isStarted = true;
                if (await describe().ConfigureAwait(true) is { HasEnded: true } state)
                    return state;
                await Task.Delay(s_pause, cancellationToken).ConfigureAwait(true);
            }
            catch (Exception error) when (error is OrleansException or TimeoutException)
            {
                await Task.Delay(s_pause, cancellationToken).ConfigureAwait(true); // a silo has died
            }
            catch (OperationCanceledException)
            {
                await cancel().ConfigureAwait(true);
                throw;
            }
        }
    }
}
