namespace MetaML.Parameters;

/// <summary>What a parameter does in its layer, for adapters that change some of an encoder's parameters alone.</summary>
public enum ParameterRole
{
    /// <summary>Multiplies a layer's inputs, or none of the others.</summary>
    Weight,

    /// <summary>Is added to a layer's values, before they are normalised where they are.</summary>
    Bias,

    /// <summary>Multiplies a hidden layer's normalised values.</summary>
    Scale,

    /// <summary>Is added to a hidden layer's normalised values.</summary>
    Shift,
}
