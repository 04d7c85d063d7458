using System.Reflection;
using Microsoft.ML;

namespace MetaML.Extensions.Experiments.Strategies;

/// <summary>Creates trainers of packages that the application references. They are found by name, so that this package depends on none of them.</summary>
internal static class ReferencedTrainers
{
    /// <summary>Creates a trainer by its extension method.</summary>
    /// <param name="catalog">The catalog of trainers that the method extends.</param>
    /// <param name="package">The name of the assembly.</param>
    /// <param name="type">The full name of the static class.</param>
    /// <param name="method">The name of the method.</param>
    /// <param name="arguments">Arguments by name. The others have their default values.</param>
    /// <returns>The trainer; null if the application does not reference the package, or the package has no such trainer for the catalog.</returns>
    public static IEstimator<ITransformer>? Create(object catalog, string package, string type, string method, params (string Name, object Value)[] arguments)
    {
        MethodInfo? create = Type.GetType($"{type}, {package}", throwOnError: false)?.GetMethods(BindingFlags.Public | BindingFlags.Static).FirstOrDefault(candidate =>
            candidate.Name == method && candidate.GetParameters()[0].ParameterType == catalog.GetType() && arguments.All(argument => candidate.GetParameters().Any(parameter => parameter.Name == argument.Name)));
        return create is null ? null : (IEstimator<ITransformer>?)create.Invoke(null, [catalog, .. create.GetParameters().Skip(1).Select(ValueOf)]);

        object? ValueOf(ParameterInfo parameter) => arguments.Where(argument => argument.Name == parameter.Name).Select(argument => argument.Value).DefaultIfEmpty(parameter.DefaultValue).First();
    }
}
