namespace MetaML.Parameters;

/// <summary>The role of a parameter in its layer, for adapters that change only some of an encoder's parameters.</summary>
public enum ParameterRole
{
    /// <summary>Multiplies the inputs of a layer. Also the role of parameters that fit none of the other roles.</summary>
    Weight,

    /// <summary>Is added to the values of a layer, before any normalisation.</summary>
    Bias,

    /// <summary>Multiplies a hidden layer's normalised values.</summary>
    Scale,

    /// <summary>Is added to a hidden layer's normalised values.</summary>
    Shift,
}
