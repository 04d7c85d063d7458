using MetaML;
using MetaML.Extensions.Orleans.Options;

namespace Orleans;

/// <summary>Extension methods that return the catalogs of models.</summary>
public static class ModelGrainExtensions
{
    /// <summary>The catalog of the versions of a model.</summary>
    /// <param name="grains">The cluster client, or the grain factory of a silo.</param>
    /// <param name="model">The name of the model: letters and digits of ASCII, '.', '_' and '-'.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public static IModelGrain GetModel(this IGrainFactory grains, string model)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<IModelGrain>(GrainNames.Checked(model, "model"));
    }
}
