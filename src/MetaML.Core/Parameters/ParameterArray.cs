namespace MetaML.Parameters;

/// <summary>A parameter's values outside libtorch.</summary>
/// <param name="Name">The name of its <see cref="ParameterSpec"/>.</param>
/// <param name="Values">Row-major, as many as the spec's shape holds.</param>
public sealed record ParameterArray(string Name, float[] Values)
{
    /// <summary>Initial values for each spec, drawn in their order.</summary>
    /// <param name="specs">The parameters.</param>
    /// <param name="random">The only source of randomness.</param>
    public static ParameterArray[] Initialize(IEnumerable<ParameterSpec> specs, Random random) =>
        [.. specs.Select(spec => new ParameterArray(spec.Name, spec.Initialize(random)))];
}
