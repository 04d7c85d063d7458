using Microsoft.ML;

namespace MetaML;

/// <summary>Reads the rows of shards on the silo where they are. The host registers it as a service of each silo.</summary>
public interface IShardRows
{
    /// <summary>Reads the labelled rows of a shard. All rows of a task must be in one shard. A shard has at least one task.</summary>
    /// <param name="context">The context to read with, for example by LoadFromTextFile.</param>
    /// <param name="model">The name of the model.</param>
    /// <param name="shard">The number of the shard, from 0.</param>
    /// <returns>Rows with the columns of the model's input, with Task and label.</returns>
    IDataView Read(MLContext context, string model, int shard);
}
