using TorchSharp;

namespace MetaML.Native;

/// <summary>Arithmetic of tensors with numbers, and addition, that is safe during garbage collections.</summary>
/// <remarks>
/// TorchSharp 0.107 hands a Scalar's pointer to native code and keeps no reference to the Scalar, so that a collection
/// during the call frees it: the result is garbage, an error, or a crash. Its operators with numbers, t + u (whose factor 1
/// is a Scalar), ToDouble and its optimisers all do so. In this class every Scalar is kept alive until its call returns.
/// BannedSymbols.txt forbids the unsafe members. Results belong to the current dispose scope.
/// </remarks>
public static class TensorArithmetic
{
    private static readonly Scalar s_one = 1.ToScalar();

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, s_one);

    /// <summary>Each element plus a number.</summary>
    public static Tensor Plus(this Tensor tensor, double number)
    {
        using Scalar scalar = number.ToScalar();
        return tensor.add(scalar, s_one);
    }

    /// <summary>Each element times a number.</summary>
    public static Tensor Times(this Tensor tensor, double number)
    {
        using Scalar scalar = number.ToScalar();
        return tensor.mul(scalar);
    }

    /// <summary>tensor ← a · tensor.</summary>
    public static Tensor Scale(this Tensor tensor, double a)
    {
        using Scalar scalar = a.ToScalar();
        return tensor.mul_(scalar);
    }

    /// <summary>tensor ← tensor + a · other.</summary>
    public static Tensor Add(this Tensor tensor, Tensor other, double a)
    {
        using Scalar scalar = a.ToScalar();
        return tensor.add_(other, scalar);
    }

    /// <summary>tensor ← tensor + a.</summary>
    public static Tensor Shift(this Tensor tensor, double a)
    {
        using Scalar scalar = a.ToScalar();
        return tensor.add_(scalar, s_one);
    }

    /// <summary>tensor ← tensor + a · left · right.</summary>
    public static Tensor AddProduct(this Tensor tensor, Tensor left, Tensor right, double a)
    {
        using Scalar scalar = a.ToScalar();
        return tensor.addcmul_(left, right, scalar);
    }

    /// <summary>tensor ← tensor + a · left / right.</summary>
    public static Tensor AddQuotient(this Tensor tensor, Tensor left, Tensor right, double a)
    {
        using Scalar scalar = a.ToScalar();
        return tensor.addcdiv_(left, right, scalar);
    }

    /// <summary>The tensor plus the slices of the source, which are added along a dimension at the indices.</summary>
    public static Tensor PlusAt(this Tensor tensor, long dimension, Tensor index, Tensor source) => tensor.index_add(dimension, index, source, s_one);

    /// <summary>The square of each element.</summary>
    public static Tensor Squared(this Tensor tensor) => tensor * tensor;

    /// <summary>The maximum of each element and the number.</summary>
    public static Tensor ClampMin(this Tensor tensor, double number)
    {
        using Scalar scalar = number.ToScalar();
        return tensor.clamp_min(scalar);
    }

    /// <summary>Whether each element is above the number.</summary>
    public static Tensor IsAbove(this Tensor tensor, double number)
    {
        using Scalar scalar = number.ToScalar();
        return tensor.gt(scalar);
    }

    /// <summary>The value of a tensor of one element.</summary>
    public static double Value(this Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.detach().to(torch.ScalarType.Float64).cpu().data<double>()[0];
    }
}
