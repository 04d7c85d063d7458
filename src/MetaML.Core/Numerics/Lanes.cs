using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MetaML.Numerics;

/// <summary>A vector register of numbers. With it, a kernel is written once for registers of different widths.</summary>
/// <typeparam name="TSelf">The type of the register.</typeparam>
/// <typeparam name="T">The type of a number: single or double precision.</typeparam>
internal interface ILanes<TSelf, T>
    where TSelf : struct, ILanes<TSelf, T>
{
    /// <summary>The number of numbers in a register.</summary>
    static abstract int Count { get; }

    /// <summary>Loads a register from memory.</summary>
    static abstract TSelf Load(ref T source);

    /// <summary>A register with the same number in all lanes.</summary>
    static abstract TSelf Broadcast(T value);

    /// <summary>xy + sum, by one instruction if the processor has it.</summary>
    static abstract TSelf MultiplyAdd(TSelf x, TSelf y, TSelf sum);

    static abstract TSelf operator +(TSelf left, TSelf right);

    /// <summary>max(0, x). NaN remains NaN.</summary>
    static abstract TSelf Rectify(TSelf values);

    /// <summary>The first lanes of one register, and the remaining lanes of another.</summary>
    static abstract TSelf Blend(int count, TSelf first, TSelf rest);

    /// <summary>Writes the register to memory.</summary>
    void Store(ref T destination);
}

/// <summary>A register with the width of the runtime's vectors.</summary>
internal readonly struct Lanes<T>(Vector<T> values) : ILanes<Lanes<T>, T>
    where T : unmanaged, INumberBase<T>
{
    private readonly Vector<T> _values = values;

    public static int Count => Vector<T>.Count;

    public static Lanes<T> Load(ref T source) => new(Vector.LoadUnsafe(ref source));

    public static Lanes<T> Broadcast(T value) => new(new Vector<T>(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes<T> MultiplyAdd(Lanes<T> x, Lanes<T> y, Lanes<T> sum) => new(MultiplyAdd(x._values, y._values, sum._values));

    /// <summary>xy + sum for the runtime's vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> MultiplyAdd(Vector<T> x, Vector<T> y, Vector<T> sum)
    {
        if (typeof(T) == typeof(float))
            return Vector.MultiplyAddEstimate(x.As<T, float>(), y.As<T, float>(), sum.As<T, float>()).As<float, T>();
        if (typeof(T) == typeof(double))
            return Vector.MultiplyAddEstimate(x.As<T, double>(), y.As<T, double>(), sum.As<T, double>()).As<double, T>();
        return x * y + sum;
    }

    public static Lanes<T> operator +(Lanes<T> left, Lanes<T> right) => new(left._values + right._values);

    public static Lanes<T> Rectify(Lanes<T> values) => new(Vector.Max(values._values, Vector<T>.Zero));

    public static Lanes<T> Blend(int count, Lanes<T> first, Lanes<T> rest) =>
        new(Vector.ConditionalSelect(Vector.LessThan(Vector<T>.Indices, new Vector<T>(T.CreateTruncating(count))), first._values, rest._values));

    public void Store(ref T destination) => _values.StoreUnsafe(ref destination);
}

/// <summary>A register of 512 bits, for processors that have such registers. The runtime's vectors have only half of this width there.</summary>
internal readonly struct WideLanes<T>(Vector512<T> values) : ILanes<WideLanes<T>, T>
    where T : unmanaged, INumberBase<T>
{
    private readonly Vector512<T> _values = values;

    public static int Count => Vector512<T>.Count;

    public static WideLanes<T> Load(ref T source) => new(Vector512.LoadUnsafe(ref source));

    public static WideLanes<T> Broadcast(T value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes<T> MultiplyAdd(WideLanes<T> x, WideLanes<T> y, WideLanes<T> sum)
    {
        if (typeof(T) == typeof(float))
            return new(Vector512.MultiplyAddEstimate(x._values.As<T, float>(), y._values.As<T, float>(), sum._values.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double))
            return new(Vector512.MultiplyAddEstimate(x._values.As<T, double>(), y._values.As<T, double>(), sum._values.As<T, double>()).As<double, T>());
        return new(x._values * y._values + sum._values);
    }

    public static WideLanes<T> operator +(WideLanes<T> left, WideLanes<T> right) => new(left._values + right._values);

    public static WideLanes<T> Rectify(WideLanes<T> values) => new(Vector512.Max(values._values, Vector512<T>.Zero));

    public static WideLanes<T> Blend(int count, WideLanes<T> first, WideLanes<T> rest) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(Vector512<T>.Indices, Vector512.Create(T.CreateTruncating(count))), first._values, rest._values));

    public void Store(ref T destination) => _values.StoreUnsafe(ref destination);
}
