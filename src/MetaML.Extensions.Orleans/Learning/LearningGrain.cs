using MetaML.Extensions.Orleans.Options;

namespace MetaML.Extensions.Orleans.Learning;

/// <summary>Learns one version at a time in the background. The state is stored, so that learning goes on elsewhere if the silo dies.</summary>
/// <typeparam name="TState">The state of learning.</typeparam>
internal abstract class LearningGrain<TState> : Grain, IDisposable
    where TState : class, ILearningState<TState>
{
    private static readonly TimeSpan s_longestLearning = TimeSpan.FromDays(30);

    private readonly SemaphoreSlim _writes = new(1);
    private CancellationTokenSource? _running;

    /// <summary>The name of the model.</summary>
    protected string Model => GrainNames.Checked(this.GetPrimaryKeyString(), "model");

    /// <summary>The last state; null if nothing was learned. It is stored by <see cref="Write"/>.</summary>
    protected abstract TState? State { get; set; }

    // Learning that has begun on another silo, and not ended, goes on.
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (State is { HasEnded: false } state)
            Begin(state);
        return base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _running?.Cancel();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task<TState?> Describe() => Task.FromResult(State);

    public async Task Cancel()
    {
        if (State is not { HasEnded: false } state)
            return;
        _running?.Cancel();
        await Store(() => State = state.Failed("Learning was cancelled."), CancellationToken.None);
    }

    public void Dispose()
    {
        _running?.Dispose();
        _writes.Dispose();
    }

    /// <summary>Begins to learn. The same request while it is being learned changes nothing.</summary>
    /// <exception cref="InvalidOperationException">Another version is being learned.</exception>
    protected async Task Start(TState request)
    {
        if (IsRunning(request))
            return;
        await Store(() => State = request, CancellationToken.None);
        Begin(request);
    }

    /// <summary>Whether a request is being learned.</summary>
    /// <exception cref="InvalidOperationException">Another version is being learned.</exception>
    protected bool IsRunning(TState request)
    {
        if (State is not { HasEnded: false } other)
            return false;
        return other.Request.Equals(request)
            ? true
            : throw new InvalidOperationException($"One version of a model is learned at a time; version '{other.To}' of model '{Model}' is being learned from '{other.From}'. Wait for its end, or cancel it.");
    }

    /// <summary>Learns, and publishes the version.</summary>
    /// <param name="state">The stored state.</param>
    /// <param name="cancellationToken">Is cancelled if learning ends here.</param>
    /// <returns>The state with the result.</returns>
    protected abstract Task<TState> Learn(TState state, CancellationToken cancellationToken);

    /// <summary>Stores <see cref="State"/>.</summary>
    protected abstract Task Write();

    /// <summary>Changes the state and stores it, after the changes before.</summary>
    /// <param name="change">The change.</param>
    /// <param name="cancellationToken">Prevents a change that has not begun.</param>
    protected async Task Store(Action change, CancellationToken cancellationToken)
    {
        await _writes.WaitAsync(cancellationToken);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            change();
            await Write();
        }
        finally
        {
            _writes.Release();
        }
    }

    private void Begin(TState state)
    {
        DelayDeactivation(s_longestLearning);
        _running = new CancellationTokenSource();
        Run(state, _running.Token).Ignore();
    }

    private async Task Run(TState state, CancellationToken cancellationToken)
    {
        try
        {
            state = await Learn(state, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            state = state.Failed(error.Message);
        }

        try
        {
            await Store(() => State = state, cancellationToken);
            DelayDeactivation(TimeSpan.Zero);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            DeactivateOnIdle(); // the next activation goes on from what is stored
            throw;
        }
    }
}
