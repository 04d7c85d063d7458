using System.Globalization;
using MetaML.Extensions.Orleans.Models;
using MetaML.Extensions.Orleans.Options;
using MetaML.Extensions.Orleans.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML;

namespace MetaML.Extensions.Orleans.Learning;

/// <summary>Reads the rows of shards on a silo.</summary>
internal static class ShardReader
{
    /// <summary>The key of the grain of a shard.</summary>
    public static string KeyOf(string model, int shard) => GrainNames.KeyOf(model, shard.ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads the tasks of a shard.</summary>
    /// <param name="services">The services of the silo.</param>
    /// <param name="models">The models of the silo.</param>
    /// <param name="key">The key of the grain.</param>
    /// <param name="version">The version of the model whose columns the rows have.</param>
    /// <param name="read">Makes the shard from the model, the number of the shard, and a function that gives its rows.</param>
    /// <exception cref="InvalidOperationException">The silo has no service that reads shards, or the rows cannot be learned from.</exception>
    public static async Task<T> Read<T>(IServiceProvider services, LocalModels models, string key, string version, Func<ServedModel, int, Func<MLContext, IDataView>, T> read)
    {
        var (name, text) = GrainNames.Parse(key);
        int shard = int.Parse(text, CultureInfo.InvariantCulture);
        IShardRows rows = services.GetService<IShardRows>()
            ?? throw new InvalidOperationException($"A silo must have a service {nameof(IShardRows)} to read shards; got none. Register one on each silo.");
        ServedModel model = await models.Get(name, version);
        return await Task.Run(() => read(model, shard, context => rows.Read(context, name, shard)));
    }
}
