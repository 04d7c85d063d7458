namespace MetaML;

/// <summary>The non-linearity between an encoder's layers.</summary>
public enum Activation
{
    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>x · sigmoid(x). It is smooth, so that second-order gradients are well behaved.</summary>
    Silu,
}
