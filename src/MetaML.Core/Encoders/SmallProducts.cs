using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MetaML.Scoring;

namespace MetaML.Encoders;

/// <summary>Products of matrices that fit the processor's cache, which libtorch calls a library for that takes longer to prepare than to multiply. All are row-major.</summary>
/// <remarks>
/// A tile of sums stays in registers while the terms pass: four rows by two vectors. Where the last vector of a row is not
/// full, what stands behind the row is multiplied with it and not stored; so a right factor must have
/// <see cref="Slack"/> values of any kind behind it.
/// </remarks>
internal static class SmallProducts<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int TileRows = 4;

    /// <summary>How many values there must be behind a right factor.</summary>
    public static int Slack => Vector<T>.Count;

    /// <summary>C = A B, or C += A B.</summary>
    /// <param name="a">[rows, inner].</param>
    /// <param name="b">[inner, columns].</param>
    /// <param name="c">[rows, columns].</param>
    /// <param name="rows">Of C.</param>
    /// <param name="inner">How many products are added up for each value.</param>
    /// <param name="columns">Of C.</param>
    /// <param name="adds">Whether to what is there.</param>
    public static void Multiply(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns, bool adds = false)
    {
        if (columns == 1)
            MultiplyByTransposed(a, b, c, rows, inner, 1, adds); // one column is one row
        else
            Multiply(a, inner, 1, b, c, rows, inner, columns, adds);
    }

    /// <summary>C = Aᵀ B, or C += Aᵀ B.</summary>
    /// <param name="a">[inner, rows].</param>
    /// <param name="b">[inner, columns].</param>
    /// <param name="c">[rows, columns].</param>
    /// <param name="rows">Of C.</param>
    /// <param name="inner">How many products are added up for each value.</param>
    /// <param name="columns">Of C.</param>
    /// <param name="adds">Whether to what is there.</param>
    public static void MultiplyTransposed(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns, bool adds = false)
    {
        if (columns == 1)
            Multiply(b, inner, 1, a, c, 1, inner, rows, adds); // Cᵀ = Bᵀ A
        else
            Multiply(a, 1, rows, b, c, rows, inner, columns, adds);
    }

    /// <summary>C = A Bᵀ, or C += A Bᵀ.</summary>
    /// <param name="a">[rows, inner].</param>
    /// <param name="b">[columns, inner].</param>
    /// <param name="c">[rows, columns].</param>
    /// <param name="rows">Of C.</param>
    /// <param name="inner">How many products are added up for each value.</param>
    /// <param name="columns">Of C.</param>
    /// <param name="adds">Whether to what is there.</param>
    public static void MultiplyByTransposed(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns, bool adds = false)
    {
        if (inner == 1 && columns > 1)
        {
            Multiply(a, 1, 1, b, c, rows, 1, columns, adds);
            return;
        }

        if (inner >= Vector<T>.Count || columns == 1)
        {
            MultiplyByDots(a, b, c, rows, inner, columns, adds);
            return;
        }

        T[] transposed = ArrayPool<T>.Shared.Rent(inner * columns + Slack);
        for (int j = 0; j < columns; j++)
        {
            for (int p = 0; p < inner; p++)
                transposed[p * columns + j] = b[j * inner + p];
        }

        Multiply(a, inner, 1, transposed, c, rows, inner, columns, adds);
        ArrayPool<T>.Shared.Return(transposed);
    }

    // Two rows of A by four of B at a time.
    private static void MultiplyByDots(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns, bool adds)
    {
        Check(a.Length, rows * inner, b.Length, columns * inner, c.Length, rows * columns);
        ref T atA = ref MemoryMarshal.GetReference(a), atB = ref MemoryMarshal.GetReference(b), atC = ref MemoryMarshal.GetReference(c);
        int whole = inner - inner % Vector<T>.Count;
        for (int j = 0; j < columns; j += 4)
        {
            int last = columns - 1 - j;
            ref T b0 = ref Unsafe.Add(ref atB, j * inner), b1 = ref Unsafe.Add(ref b0, Math.Min(1, last) * inner), b2 = ref Unsafe.Add(ref b0, Math.Min(2, last) * inner), b3 = ref Unsafe.Add(ref b0, Math.Min(3, last) * inner);
            for (int i = 0; i < rows; i += 2)
            {
                bool isPair = i + 1 < rows;
                ref T a0 = ref Unsafe.Add(ref atA, i * inner), a1 = ref Unsafe.Add(ref a0, isPair ? inner : 0);
                Vector<T> s00 = default, s01 = default, s02 = default, s03 = default, s10 = default, s11 = default, s12 = default, s13 = default;
                for (int p = 0; p < whole; p += Vector<T>.Count)
                {
                    Vector<T> x0 = Load(ref a0, p), x1 = Load(ref a1, p), y = Load(ref b0, p);
                    s00 = Fused.MultiplyAdd(x0, y, s00);
                    s10 = Fused.MultiplyAdd(x1, y, s10);
                    y = Load(ref b1, p);
                    s01 = Fused.MultiplyAdd(x0, y, s01);
                    s11 = Fused.MultiplyAdd(x1, y, s11);
                    y = Load(ref b2, p);
                    s02 = Fused.MultiplyAdd(x0, y, s02);
                    s12 = Fused.MultiplyAdd(x1, y, s12);
                    y = Load(ref b3, p);
                    s03 = Fused.MultiplyAdd(x0, y, s03);
                    s13 = Fused.MultiplyAdd(x1, y, s13);
                }

                T t00 = Vector.Sum(s00), t01 = Vector.Sum(s01), t02 = Vector.Sum(s02), t03 = Vector.Sum(s03);
                T t10 = Vector.Sum(s10), t11 = Vector.Sum(s11), t12 = Vector.Sum(s12), t13 = Vector.Sum(s13);
                for (int p = whole; p < inner; p++)
                {
                    T x0 = Unsafe.Add(ref a0, p), x1 = Unsafe.Add(ref a1, p), y0 = Unsafe.Add(ref b0, p), y1 = Unsafe.Add(ref b1, p), y2 = Unsafe.Add(ref b2, p), y3 = Unsafe.Add(ref b3, p);
                    (t00, t01, t02, t03) = (t00 + x0 * y0, t01 + x0 * y1, t02 + x0 * y2, t03 + x0 * y3);
                    (t10, t11, t12, t13) = (t10 + x1 * y0, t11 + x1 * y1, t12 + x1 * y2, t13 + x1 * y3);
                }

                ref T target = ref Unsafe.Add(ref atC, i * columns + j);
                Store(ref target, last, adds, t00, t01, t02, t03);
                if (isPair)
                    Store(ref Unsafe.Add(ref target, columns), last, adds, t10, t11, t12, t13);
            }
        }
    }

    // A's element (i, p) is at i · down + p · across.
    private static void Multiply(ReadOnlySpan<T> a, int down, int across, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns, bool adds)
    {
        Check(a.Length, rows * inner, b.Length, inner * columns + (columns % Vector<T>.Count == 0 ? 0 : Slack), c.Length, rows * columns);
        ref T atA = ref MemoryMarshal.GetReference(a), atB = ref MemoryMarshal.GetReference(b), atC = ref MemoryMarshal.GetReference(c);
        for (int j = 0; j < columns; j += 2 * Vector<T>.Count)
        {
            int width = columns - j; // what is left of it
            for (int i = 0; i < rows; i += TileRows)
            {
                ref T from = ref Unsafe.Add(ref atA, i * down), to = ref Unsafe.Add(ref atC, i * columns + j);
                if (width > Vector<T>.Count)
                    MultiplyTile(ref from, down, across, ref Unsafe.Add(ref atB, j), ref to, rows - i, inner, columns, width, adds);
                else
                    MultiplyNarrowTile(ref from, down, across, ref Unsafe.Add(ref atB, j), ref to, rows - i, inner, columns, width, adds);
            }
        }
    }

    // Where fewer than four rows are left, the last one is computed again in place of those that are not there.
    private static void MultiplyTile(ref T a, int down, int across, ref T b, ref T c, int rows, int inner, int columns, int width, bool adds)
    {
        int size = Vector<T>.Count, last = rows - 1;
        ref T a1 = ref Unsafe.Add(ref a, Math.Min(1, last) * down), a2 = ref Unsafe.Add(ref a, Math.Min(2, last) * down), a3 = ref Unsafe.Add(ref a, Math.Min(3, last) * down);
        Vector<T> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (int p = 0, at = 0; p < inner; p++, at += across)
        {
            Vector<T> left = Load(ref b, 0), right = Load(ref b, size), value = new(Unsafe.Add(ref a, at));
            s00 = Fused.MultiplyAdd(value, left, s00);
            s01 = Fused.MultiplyAdd(value, right, s01);
            value = new(Unsafe.Add(ref a1, at));
            s10 = Fused.MultiplyAdd(value, left, s10);
            s11 = Fused.MultiplyAdd(value, right, s11);
            value = new(Unsafe.Add(ref a2, at));
            s20 = Fused.MultiplyAdd(value, left, s20);
            s21 = Fused.MultiplyAdd(value, right, s21);
            value = new(Unsafe.Add(ref a3, at));
            s30 = Fused.MultiplyAdd(value, left, s30);
            s31 = Fused.MultiplyAdd(value, right, s31);
            b = ref Unsafe.Add(ref b, columns);
        }

        Store(s00, s01, ref c, width, adds);
        if (last >= 1)
            Store(s10, s11, ref Unsafe.Add(ref c, columns), width, adds);
        if (last >= 2)
            Store(s20, s21, ref Unsafe.Add(ref c, 2 * columns), width, adds);
        if (last >= 3)
            Store(s30, s31, ref Unsafe.Add(ref c, 3 * columns), width, adds);
    }

    private static void MultiplyNarrowTile(ref T a, int down, int across, ref T b, ref T c, int rows, int inner, int columns, int width, bool adds)
    {
        int last = rows - 1;
        ref T a1 = ref Unsafe.Add(ref a, Math.Min(1, last) * down), a2 = ref Unsafe.Add(ref a, Math.Min(2, last) * down), a3 = ref Unsafe.Add(ref a, Math.Min(3, last) * down);
        Vector<T> s0 = default, s1 = default, s2 = default, s3 = default;
        for (int p = 0, at = 0; p < inner; p++, at += across)
        {
            Vector<T> terms = Load(ref b, 0);
            s0 = Fused.MultiplyAdd(new Vector<T>(Unsafe.Add(ref a, at)), terms, s0);
            s1 = Fused.MultiplyAdd(new Vector<T>(Unsafe.Add(ref a1, at)), terms, s1);
            s2 = Fused.MultiplyAdd(new Vector<T>(Unsafe.Add(ref a2, at)), terms, s2);
            s3 = Fused.MultiplyAdd(new Vector<T>(Unsafe.Add(ref a3, at)), terms, s3);
            b = ref Unsafe.Add(ref b, columns);
        }

        Store(s0, ref c, width, adds);
        if (last >= 1)
            Store(s1, ref Unsafe.Add(ref c, columns), width, adds);
        if (last >= 2)
            Store(s2, ref Unsafe.Add(ref c, 2 * columns), width, adds);
        if (last >= 3)
            Store(s3, ref Unsafe.Add(ref c, 3 * columns), width, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Load(ref T at, int offset) => Vector.LoadUnsafe(ref at, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector<T> left, Vector<T> right, ref T c, int width, bool adds)
    {
        Store(left, ref c, width, adds);
        Store(right, ref Unsafe.Add(ref c, Vector<T>.Count), width - Vector<T>.Count, adds);
    }

    // As many values as there is room for.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector<T> sums, ref T c, int width, bool adds)
    {
        if (width >= Vector<T>.Count)
            (adds ? sums + Load(ref c, 0) : sums).StoreUnsafe(ref c);
        else
            StoreSome(sums, ref c, width, adds);
    }

    private static void StoreSome(Vector<T> sums, ref T c, int width, bool adds)
    {
        for (int k = 0; k < width; k++)
            Unsafe.Add(ref c, k) = adds ? Unsafe.Add(ref c, k) + sums[k] : sums[k];
    }

    private static void Store(ref T c, int last, bool adds, T t0, T t1, T t2, T t3)
    {
        c = adds ? c + t0 : t0;
        if (last >= 1)
            Unsafe.Add(ref c, 1) = adds ? Unsafe.Add(ref c, 1) + t1 : t1;
        if (last >= 2)
            Unsafe.Add(ref c, 2) = adds ? Unsafe.Add(ref c, 2) + t2 : t2;
        if (last >= 3)
            Unsafe.Add(ref c, 3) = adds ? Unsafe.Add(ref c, 3) + t3 : t3;
    }

    private static void Check(int a, int ofA, int b, int ofB, int c, int ofC)
    {
        if (a < ofA || b < ofB || c < ofC)
            throw new ArgumentException($"Matrices must hold {ofA}, {ofB} and {ofC} values; got {a}, {b} and {c}.");
    }
}
