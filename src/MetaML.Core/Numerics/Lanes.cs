using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MetaML.Numerics;

/// <summary>A register of numbers, so that a kernel can be written once for registers of different widths.</summary>
/// <typeparam name="TSelf">The register.</typeparam>
/// <typeparam name="T">Single or double precision.</typeparam>
internal interface ILanes<TSelf, T>
    where TSelf : struct, ILanes<TSelf, T>
{
    /// <summary>How many numbers there are.</summary>
    static abstract int Count { get; }

    /// <summary>Those in memory.</summary>
    static abstract TSelf Load(ref T at);

    /// <summary>The same number everywhere.</summary>
    static abstract TSelf All(T value);

    /// <summary>xy + sum, by one instruction where the processor has it.</summary>
    static abstract TSelf MultiplyAdd(TSelf x, TSelf y, TSelf sum);

    static abstract TSelf operator +(TSelf left, TSelf right);

    /// <summary>max(0, x); what is no number stays none.</summary>
    static abstract TSelf Rectify(TSelf values);

    /// <summary>The first so many of one, and of another those behind them.</summary>
    static abstract TSelf Join(int count, TSelf first, TSelf behind);

    /// <summary>Writes them to memory.</summary>
    void Store(ref T at);
}

/// <summary>As wide as the runtime makes vectors.</summary>
internal readonly struct Lanes<T>(Vector<T> values) : ILanes<Lanes<T>, T>
    where T : unmanaged, INumberBase<T>
{
    private readonly Vector<T> _values = values;

    public static int Count => Vector<T>.Count;

    public static Lanes<T> Load(ref T at) => new(Vector.LoadUnsafe(ref at));

    public static Lanes<T> All(T value) => new(new Vector<T>(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes<T> MultiplyAdd(Lanes<T> x, Lanes<T> y, Lanes<T> sum) => new(MultiplyAdd(x._values, y._values, sum._values));

    /// <summary>The same of plain vectors.</summary>
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

    public static Lanes<T> Join(int count, Lanes<T> first, Lanes<T> behind) =>
        new(Vector.ConditionalSelect(Vector.LessThan(Vector<T>.Indices, new Vector<T>(T.CreateTruncating(count))), first._values, behind._values));

    public void Store(ref T at) => _values.StoreUnsafe(ref at);
}

/// <summary>512 bits; for processors that have them, where the runtime's own vectors are half as wide.</summary>
internal readonly struct WideLanes<T>(Vector512<T> values) : ILanes<WideLanes<T>, T>
    where T : unmanaged, INumberBase<T>
{
    private readonly Vector512<T> _values = values;

    public static int Count => Vector512<T>.Count;

    public static WideLanes<T> Load(ref T at) => new(Vector512.LoadUnsafe(ref at));

    public static WideLanes<T> All(T value) => new(Vector512.Create(value));

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

    public static WideLanes<T> Join(int count, WideLanes<T> first, WideLanes<T> behind) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(Vector512<T>.Indices, Vector512.Create(T.CreateTruncating(count))), first._values, behind._values));

    public void Store(ref T at) => _values.StoreUnsafe(ref at);
}
