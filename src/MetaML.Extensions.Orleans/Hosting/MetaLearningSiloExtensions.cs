using MetaML;
using MetaML.Extensions.Orleans.Models;
using MetaML.Extensions.Orleans.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>Extension methods that add the grains of tasks and models to a silo.</summary>
public static class MetaLearningSiloExtensions
{
    /// <summary>Adds what the grains of tasks and models need to a silo. All silos of a cluster are configured in the same way.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="models">The store of model files, which all silos reach.</param>
    /// <param name="configure">Sets options; null for the defaults.</param>
    /// <returns>The silo.</returns>
    /// <remarks>
    /// The storage that <see cref="TaskGrainOptions.StorageName"/> names must be registered too. Its states of tasks are written in a compact form, unless its options name a serializer.
    /// A service <see cref="ITaskRowSource"/> is used if one is registered.
    /// </remarks>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <example>
    /// <code>
    /// using Orleans.Hosting;
    ///
    /// silo.UseLocalhostClustering()
    ///     .AddMemoryGrainStorage("MetaML")
    ///     .AddMetaLearning(new FolderModelStore("models"));
    /// </code>
    /// </example>
    public static ISiloBuilder AddMetaLearning(this ISiloBuilder silo, IModelStore models, Action<TaskGrainOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(models);
        silo.Services.AddSingleton(models);
        return silo.Add(configure);
    }

    /// <summary>As <see cref="AddMetaLearning(ISiloBuilder, IModelStore, Action{TaskGrainOptions})"/>, with model files in the grain storage that <see cref="TaskGrainOptions.StorageName"/> names, so that silos need no common folder.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Sets options; null for the defaults.</param>
    /// <returns>The silo.</returns>
    /// <remarks>A model file is one state, so the storage must take states of this size. For files of more than a few megabytes use a <see cref="FolderModelStore"/>, or a store of your own.</remarks>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static ISiloBuilder AddMetaLearning(this ISiloBuilder silo, Action<TaskGrainOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.AddSingleton<IModelStore, GrainModelStore>();
        return silo.Add(configure);
    }

    private static ISiloBuilder Add(this ISiloBuilder silo, Action<TaskGrainOptions>? configure)
    {
        var options = new TaskGrainOptions();
        configure?.Invoke(options);
        options.Validate();
        IServiceCollection services = silo.Services;
        services.AddSingleton(Microsoft.Extensions.Options.Options.Create(options));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<LocalModels>();
        services.AddSingleton<ComputeGate>();
        services.AddSingleton<TaskQuota>();
        services.AddKeyedSingleton<IGrainStorageSerializer>(options.StorageName, (provider, _) => new StoredTaskSerializer(provider.GetRequiredService<IGrainStorageSerializer>()));
        return silo;
    }
}
