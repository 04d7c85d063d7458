using System.Collections.Concurrent;

namespace MetaML.Extensions.Live;

/// <summary>Objects for one thread at a time, which are used again.</summary>
/// <typeparam name="T">The type of the objects.</typeparam>
/// <param name="create">Creates an object if all are in use.</param>
internal sealed class ItemPool<T>(Func<T> create)
    where T : class
{
    private readonly ConcurrentBag<T> _items = [];

    /// <summary>Uses an object that no other thread uses.</summary>
    public TResult Use<TResult>(Func<T, TResult> use)
    {
        if (!_items.TryTake(out T? item))
            item = create();
        try
        {
            return use(item);
        }
        finally
        {
            _items.Add(item);
        }
    }

    /// <summary>Takes out the objects that are not in use.</summary>
    /// <param name="discard">What is done with each.</param>
    public void Empty(Action<T> discard)
    {
        while (_items.TryTake(out T? item))
            discard(item);
    }
}
