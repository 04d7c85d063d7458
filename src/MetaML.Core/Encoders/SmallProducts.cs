using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MetaML.Encoders;

/// <summary>Products of matrices that fit the processor's cache, which libtorch calls a library for that takes longer to prepare than to multiply. All are row-major and add to what is there.</summary>
internal static class SmallProducts<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>C += A B.</summary>
    /// <param name="a">[rows, inner].</param>
    /// <param name="b">[inner, columns].</param>
    /// <param name="c">[rows, columns].</param>
    /// <param name="rows">Of C.</param>
    /// <param name="inner">How many products are added up for each value.</param>
    /// <param name="columns">Of C.</param>
    public static void Add(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns) => Add(a, inner, 1, b, c, rows, inner, columns);

    /// <summary>C += Aᵀ B.</summary>
    /// <param name="a">[inner, rows].</param>
    /// <param name="b">[inner, columns].</param>
    /// <param name="c">[rows, columns].</param>
    /// <param name="rows">Of C.</param>
    /// <param name="inner">How many products are added up for each value.</param>
    /// <param name="columns">Of C.</param>
    public static void AddTransposed(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns) => Add(a, 1, rows, b, c, rows, inner, columns);

    /// <summary>C += A Bᵀ.</summary>
    /// <param name="a">[rows, inner].</param>
    /// <param name="b">[columns, inner].</param>
    /// <param name="c">[rows, columns].</param>
    /// <param name="rows">Of C.</param>
    /// <param name="inner">How many products are added up for each value.</param>
    /// <param name="columns">Of C.</param>
    public static void AddByTransposed(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns)
    {
        if (inner == 1)
        {
            Add(a, b, c, rows, 1, columns);
            return;
        }

        Check(a.Length, rows * inner, b.Length, columns * inner, c.Length, rows * columns);
        ref T atA = ref MemoryMarshal.GetReference(a), atB = ref MemoryMarshal.GetReference(b), atC = ref MemoryMarshal.GetReference(c);
        int j = 0;
        for (; j + 4 <= columns; j += 4)
        {
            ref T b0 = ref Unsafe.Add(ref atB, j * inner), b1 = ref Unsafe.Add(ref b0, inner), b2 = ref Unsafe.Add(ref b1, inner), b3 = ref Unsafe.Add(ref b2, inner);
            for (int i = 0; i < rows; i++)
            {
                ref T row = ref Unsafe.Add(ref atA, i * inner);
                Vector<T> s0 = default, s1 = default, s2 = default, s3 = default;
                int p = 0;
                for (; p + Vector<T>.Count <= inner; p += Vector<T>.Count)
                {
                    Vector<T> value = Vector.LoadUnsafe(ref row, (nuint)p);
                    s0 += value * Vector.LoadUnsafe(ref b0, (nuint)p);
                    s1 += value * Vector.LoadUnsafe(ref b1, (nuint)p);
                    s2 += value * Vector.LoadUnsafe(ref b2, (nuint)p);
                    s3 += value * Vector.LoadUnsafe(ref b3, (nuint)p);
                }

                T t0 = Vector.Sum(s0), t1 = Vector.Sum(s1), t2 = Vector.Sum(s2), t3 = Vector.Sum(s3);
                for (; p < inner; p++)
                {
                    T value = Unsafe.Add(ref row, p);
                    t0 += value * Unsafe.Add(ref b0, p);
                    t1 += value * Unsafe.Add(ref b1, p);
                    t2 += value * Unsafe.Add(ref b2, p);
                    t3 += value * Unsafe.Add(ref b3, p);
                }

                ref T target = ref Unsafe.Add(ref atC, i * columns + j);
                target += t0;
                Unsafe.Add(ref target, 1) += t1;
                Unsafe.Add(ref target, 2) += t2;
                Unsafe.Add(ref target, 3) += t3;
            }
        }

        for (; j < columns; j++)
        {
            for (int i = 0; i < rows; i++)
            {
                T sum = T.Zero;
                for (int p = 0; p < inner; p++)
                    sum += Unsafe.Add(ref atA, i * inner + p) * Unsafe.Add(ref atB, j * inner + p);
                Unsafe.Add(ref atC, i * columns + j) += sum;
            }
        }
    }

    // A's element (i, p) is at i · down + p · across.
    private static void Add(ReadOnlySpan<T> a, int down, int across, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns)
    {
        Check(a.Length, rows * inner, b.Length, inner * columns, c.Length, rows * columns);
        ref T atA = ref MemoryMarshal.GetReference(a), atB = ref MemoryMarshal.GetReference(b), atC = ref MemoryMarshal.GetReference(c);
        int width = Vector<T>.Count, j = 0;
        for (; j + 2 * width <= columns; j += 2 * width)
        {
            int i = 0;
            for (; i + 4 <= rows; i += 4)
            {
                // Four rows by two vectors stay in registers.
                ref T c0 = ref Unsafe.Add(ref atC, i * columns + j), c1 = ref Unsafe.Add(ref c0, columns), c2 = ref Unsafe.Add(ref c1, columns), c3 = ref Unsafe.Add(ref c2, columns);
                Vector<T> s00 = Vector.LoadUnsafe(ref c0), s01 = Vector.LoadUnsafe(ref c0, (nuint)width), s10 = Vector.LoadUnsafe(ref c1), s11 = Vector.LoadUnsafe(ref c1, (nuint)width);
                Vector<T> s20 = Vector.LoadUnsafe(ref c2), s21 = Vector.LoadUnsafe(ref c2, (nuint)width), s30 = Vector.LoadUnsafe(ref c3), s31 = Vector.LoadUnsafe(ref c3, (nuint)width);
                ref T from = ref Unsafe.Add(ref atA, i * down), with = ref Unsafe.Add(ref atB, j);
                for (int p = 0; p < inner; p++)
                {
                    Vector<T> b0 = Vector.LoadUnsafe(ref with), b1 = Vector.LoadUnsafe(ref with, (nuint)width);
                    Vector<T> value = new(from);
                    s00 += value * b0;
                    s01 += value * b1;
                    value = new(Unsafe.Add(ref from, down));
                    s10 += value * b0;
                    s11 += value * b1;
                    value = new(Unsafe.Add(ref from, 2 * down));
                    s20 += value * b0;
                    s21 += value * b1;
                    value = new(Unsafe.Add(ref from, 3 * down));
                    s30 += value * b0;
                    s31 += value * b1;
                    from = ref Unsafe.Add(ref from, across);
                    with = ref Unsafe.Add(ref with, columns);
                }

                s00.StoreUnsafe(ref c0);
                s01.StoreUnsafe(ref c0, (nuint)width);
                s10.StoreUnsafe(ref c1);
                s11.StoreUnsafe(ref c1, (nuint)width);
                s20.StoreUnsafe(ref c2);
                s21.StoreUnsafe(ref c2, (nuint)width);
                s30.StoreUnsafe(ref c3);
                s31.StoreUnsafe(ref c3, (nuint)width);
            }

            for (; i < rows; i++)
            {
                ref T c0 = ref Unsafe.Add(ref atC, i * columns + j);
                Vector<T> s0 = Vector.LoadUnsafe(ref c0), s1 = Vector.LoadUnsafe(ref c0, (nuint)width);
                for (int p = 0; p < inner; p++)
                {
                    Vector<T> value = new(Unsafe.Add(ref atA, i * down + p * across));
                    ref T with = ref Unsafe.Add(ref atB, p * columns + j);
                    s0 += value * Vector.LoadUnsafe(ref with);
                    s1 += value * Vector.LoadUnsafe(ref with, (nuint)width);
                }

                s0.StoreUnsafe(ref c0);
                s1.StoreUnsafe(ref c0, (nuint)width);
            }
        }

        for (; j + width <= columns; j += width)
        {
            for (int i = 0; i < rows; i++)
            {
                ref T c0 = ref Unsafe.Add(ref atC, i * columns + j);
                Vector<T> sum = Vector.LoadUnsafe(ref c0);
                for (int p = 0; p < inner; p++)
                    sum += new Vector<T>(Unsafe.Add(ref atA, i * down + p * across)) * Vector.LoadUnsafe(ref Unsafe.Add(ref atB, p * columns + j));
                sum.StoreUnsafe(ref c0);
            }
        }

        for (; j < columns; j++)
        {
            for (int i = 0; i < rows; i++)
            {
                T sum = T.Zero;
                for (int p = 0; p < inner; p++)
                    sum += Unsafe.Add(ref atA, i * down + p * across) * Unsafe.Add(ref atB, p * columns + j);
                Unsafe.Add(ref atC, i * columns + j) += sum;
            }
        }
    }

    private static void Check(int a, int ofA, int b, int ofB, int c, int ofC)
    {
        if (a < ofA || b < ofB || c < ofC)
            throw new ArgumentException($"Matrices must hold {ofA}, {ofB} and {ofC} values; got {a}, {b} and {c}.");
    }
}
