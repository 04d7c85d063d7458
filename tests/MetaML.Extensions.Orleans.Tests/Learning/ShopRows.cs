using MetaML.Extensions.Orleans.Tests.Clusters;
using Microsoft.ML;

namespace MetaML.Extensions.Orleans.Tests.Learning;

/// <summary>Ten visits of each shop, in shards by the number of the shop.</summary>
internal sealed class ShopRows(int shards, int shops) : IShardRows
{
    /// <summary>Called with the number of a shard that is read.</summary>
    public Action<int>? OnRead { get; set; }

    public IDataView Read(MLContext context, string model, int shard)
    {
        OnRead?.Invoke(shard);
        return context.Data.LoadFromEnumerable(Enumerable.Range(0, shops).Where(shop => shop % shards == shard).SelectMany(shop => Visit.Of(shop, 10)));
    }
}
