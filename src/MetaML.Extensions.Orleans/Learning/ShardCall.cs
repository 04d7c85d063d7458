namespace MetaML.Extensions.Orleans.Learning;

/// <summary>Calls of the grains of shards.</summary>
internal static class ShardCall
{
    private const int Tries = 10;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>Asks all shards at once, and waits for their answers on the calling thread, which must not be that of a grain.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="ask">The call. A shard whose silo has died is activated on another one, which reads its rows again.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <returns>The answers in the order of the shards.</returns>
    public static TAnswer[] AskAll<TShard, TAnswer>(IEnumerable<TShard> shards, Func<TShard, Task<TAnswer>> ask, CancellationToken cancellationToken) =>
        Task.WhenAll(shards.Select(shard => Ask(shard, ask, cancellationToken))).GetAwaiter().GetResult();

    private static async Task<TAnswer> Ask<TShard, TAnswer>(TShard shard, Func<TShard, Task<TAnswer>> ask, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await ask(shard).WaitAsync(cancellationToken);
            }
            catch (Exception error) when (attempt < Tries && error is (OrleansException or TimeoutException))
            {
                await Task.Delay(s_pause, cancellationToken);
            }
        }
    }
}
