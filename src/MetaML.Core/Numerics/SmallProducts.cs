using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MetaML.Numerics;

/// <summary>
/// Products of matrices that fit into the processor's cache. libtorch passes such products to a library whose preparation takes
/// longer than the product itself. All matrices are row-major.
/// </summary>
/// <remarks>
/// A tile of sums stays in registers during the loop over the terms: four rows by two registers. If the last register of a row is not
/// full, the kernel also reads and multiplies the values after the row, and discards their products. A right factor and a result must
/// therefore be followed by <see cref="Slack"/> values of padding. Their content does not matter, and they are not changed. Each sum
/// is added up in the order of its terms, for every width of the registers. The remarks of <see cref="AffineKernel"/> give the reason
/// for two different tiles.
/// </remarks>
internal static class SmallProducts<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int TileRows = 4;
    private const int MaximumTileColumns = 32; // two registers of 512 bits with single precision
    private const int MinimumDotVectors = 16; // from this number of vectors on, the final sum of a dot product's lanes is cheap in comparison

    /// <summary>The number of padding values that must follow a right factor and a result.</summary>
    public static int Slack => MaximumTileColumns;

    /// <summary>C = A B, or C += A B.</summary>
    /// <param name="a">[rows, inner].</param>
    /// <param name="b">[inner, columns].</param>
    /// <param name="c">[rows, columns].</param>
    /// <param name="rows">The number of rows of C.</param>
    /// <param name="inner">The number of products that are added up for each value of C.</param>
    /// <param name="columns">The number of columns of C.</param>
    /// <param name="adds">Whether the product is added to the values of C.</param>
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
    /// <param name="rows">The number of rows of C.</param>
    /// <param name="inner">The number of products that are added up for each value of C.</param>
    /// <param name="columns">The number of columns of C.</param>
    /// <param name="adds">Whether the product is added to the values of C.</param>
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
    /// <param name="rows">The number of rows of C.</param>
    /// <param name="inner">The number of products that are added up for each value of C.</param>
    /// <param name="columns">The number of columns of C.</param>
    /// <param name="adds">Whether the product is added to the values of C.</param>
    public static void MultiplyByTransposed(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns, bool adds = false)
    {
        if (inner == 1 && columns > 1)
        {
            Multiply(a, 1, 1, b, c, rows, 1, columns, adds);
            return;
        }

        if (columns == 1 || inner >= MinimumDotVectors * Vector<T>.Count)
        {
            MultiplyByDots(a, b, c, rows, inner, columns, adds);
            return;
        }

        T[] transposed = ArrayPool<T>.Shared.Rent(inner * columns + Slack);
        Transpose(b, transposed, columns, inner);
        Multiply(a, inner, 1, transposed, c, rows, inner, columns, adds);
        ArrayPool<T>.Shared.Return(transposed);
    }

    // Transposes [rows, columns] to [columns, rows], four rows at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(ReadOnlySpan<T> from, Span<T> to, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from.Length, rows * columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(to.Length, rows * columns);
        ref T source = ref MemoryMarshal.GetReference(from), target = ref MemoryMarshal.GetReference(to);
        int i = 0;
        for (; i + 4 <= rows; i += 4)
        {
            ref T row = ref Unsafe.Add(ref source, i * columns), destination = ref Unsafe.Add(ref target, i);
            for (int j = 0; j < columns; j++)
            {
                destination = row;
                Unsafe.Add(ref destination, 1) = Unsafe.Add(ref row, columns);
                Unsafe.Add(ref destination, 2) = Unsafe.Add(ref row, 2 * columns);
                Unsafe.Add(ref destination, 3) = Unsafe.Add(ref row, 3 * columns);
                row = ref Unsafe.Add(ref row, 1);
                destination = ref Unsafe.Add(ref destination, rows);
            }
        }

        for (; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
                Unsafe.Add(ref target, j * rows + i) = Unsafe.Add(ref source, i * columns + j);
        }
    }

    // C = A Bᵀ by dot products, of two rows of A with four rows of B at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyByDots(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns, bool adds)
    {
        Check(a.Length, rows * inner, b.Length, columns * inner, c.Length, rows * columns);
        ref T startA = ref MemoryMarshal.GetReference(a), startB = ref MemoryMarshal.GetReference(b);
        Span<T> sums = stackalloc T[8];
        int whole = inner - inner % Vector<T>.Count;
        for (int j = 0; j < columns; j += 4)
        {
            int last = columns - 1 - j, width = Math.Min(4, columns - j);
            ref T b0 = ref Unsafe.Add(ref startB, j * inner), b1 = ref Unsafe.Add(ref b0, Math.Min(1, last) * inner), b2 = ref Unsafe.Add(ref b0, Math.Min(2, last) * inner), b3 = ref Unsafe.Add(ref b0, Math.Min(3, last) * inner);
            for (int i = 0; i < rows; i += 2)
            {
                bool isPair = i + 1 < rows;
                ref T a0 = ref Unsafe.Add(ref startA, i * inner), a1 = ref Unsafe.Add(ref a0, isPair ? inner : 0);
                Vector<T> s00 = default, s01 = default, s02 = default, s03 = default, s10 = default, s11 = default, s12 = default, s13 = default;
                for (int p = 0; p < whole; p += Vector<T>.Count)
                {
                    Vector<T> x0 = Load(ref a0, p), x1 = Load(ref a1, p), y = Load(ref b0, p);
                    s00 = Lanes<T>.MultiplyAdd(x0, y, s00);
                    s10 = Lanes<T>.MultiplyAdd(x1, y, s10);
                    y = Load(ref b1, p);
                    s01 = Lanes<T>.MultiplyAdd(x0, y, s01);
                    s11 = Lanes<T>.MultiplyAdd(x1, y, s11);
                    y = Load(ref b2, p);
                    s02 = Lanes<T>.MultiplyAdd(x0, y, s02);
                    s12 = Lanes<T>.MultiplyAdd(x1, y, s12);
                    y = Load(ref b3, p);
                    s03 = Lanes<T>.MultiplyAdd(x0, y, s03);
                    s13 = Lanes<T>.MultiplyAdd(x1, y, s13);
                }

                T t00 = Vector.Sum(s00), t01 = Vector.Sum(s01), t02 = Vector.Sum(s02), t03 = Vector.Sum(s03);
                T t10 = Vector.Sum(s10), t11 = Vector.Sum(s11), t12 = Vector.Sum(s12), t13 = Vector.Sum(s13);
                for (int p = whole; p < inner; p++)
                {
                    T x0 = Unsafe.Add(ref a0, p), x1 = Unsafe.Add(ref a1, p), y0 = Unsafe.Add(ref b0, p), y1 = Unsafe.Add(ref b1, p), y2 = Unsafe.Add(ref b2, p), y3 = Unsafe.Add(ref b3, p);
                    (t00, t01, t02, t03) = (t00 + x0 * y0, t01 + x0 * y1, t02 + x0 * y2, t03 + x0 * y3);
                    (t10, t11, t12, t13) = (t10 + x1 * y0, t11 + x1 * y1, t12 + x1 * y2, t13 + x1 * y3);
                }

                (sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]) = (t00, t01, t02, t03, t10, t11, t12, t13);
                StoreSums(sums[..width], c.Slice(i * columns + j, width), adds);
                if (isPair)
                    StoreSums(sums.Slice(4, width), c.Slice((i + 1) * columns + j, width), adds);
            }
        }
    }

    // The element (i, p) of A has the index i · rowStride + p · columnStride.
    private static void Multiply(ReadOnlySpan<T> a, int rowStride, int columnStride, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns, bool adds)
    {
        Check(a.Length, rows * inner, b.Length, inner * columns + Slack, c.Length, rows * columns + Slack);
        ref T startA = ref MemoryMarshal.GetReference(a), startB = ref MemoryMarshal.GetReference(b), startC = ref MemoryMarshal.GetReference(c);
        for (int j = 0; j < columns;)
        {
            ref T columnsOfB = ref Unsafe.Add(ref startB, j), columnsOfC = ref Unsafe.Add(ref startC, j);
            j += Vector512.IsHardwareAccelerated && columns - j > Vector<T>.Count
                ? MultiplyColumns<WideLanes<T>>(ref startA, rowStride, columnStride, ref columnsOfB, ref columnsOfC, rows, inner, columns, columns - j, adds)
                : MultiplyColumns<Lanes<T>>(ref startA, rowStride, columnStride, ref columnsOfB, ref columnsOfC, rows, inner, columns, columns - j, adds);
        }
    }

    private static void StoreSums(ReadOnlySpan<T> sums, Span<T> c, bool adds)
    {
        for (int k = 0; k < c.Length; k++)
            c[k] = adds ? c[k] + sums[k] : sums[k];
    }

    // Computes one or two registers of columns. Returns the number of columns.
    private static int MultiplyColumns<TLanes>(ref T a, int rowStride, int columnStride, ref T b, ref T c, int rows, int inner, int columns, int left, bool adds)
        where TLanes : struct, ILanes<TLanes, T>
    {
        bool isPair = left > TLanes.Count;
        int capacity = isPair ? 2 * TLanes.Count : TLanes.Count, width = Math.Min(left, capacity), tileRows = isPair ? TileRows : 2 * TileRows;
        Span<T> sums = width == capacity ? default : stackalloc T[TileRows * MaximumTileColumns];
        for (int i = 0; i < rows; i += tileRows)
        {
            // If the columns do not fill the registers, the sums are first written to a buffer.
            ref T source = ref Unsafe.Add(ref a, i * rowStride), target = ref Unsafe.Add(ref c, i * columns);
            ref T destination = ref width == capacity ? ref target : ref MemoryMarshal.GetReference(sums);
            int last = Math.Min(rows - i, tileRows) - 1, stride = width == capacity ? columns : capacity;
            if (isPair)
                MultiplyTile<TLanes>(ref source, rowStride, columnStride, ref b, columns, ref destination, stride, last, inner, adds && width == capacity);
            else
                MultiplyNarrowTile<TLanes>(ref source, rowStride, columnStride, ref b, columns, ref destination, stride, last, inner, adds && width == capacity);
            for (int r = 0; r <= last && width < capacity; r++)
            {
                if (isPair)
                    StoreSums<TLanes>(ref Unsafe.Add(ref destination, r * stride), ref Unsafe.Add(ref target, r * columns), TLanes.Count, adds);
                int first = isPair ? TLanes.Count : 0;
                StoreSums<TLanes>(ref Unsafe.Add(ref destination, r * stride + first), ref Unsafe.Add(ref target, r * columns + first), width - first, adds);
            }
        }

        return width;
    }

    // Writes the sums of the first columns. The values after these columns keep their content.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSums<TLanes>(ref T sums, ref T c, int width, bool adds)
        where TLanes : struct, ILanes<TLanes, T>
    {
        TLanes sum = TLanes.Load(ref sums), old = TLanes.Load(ref c);
        TLanes.Blend(width, adds ? sum + old : sum, old).Store(ref c);
    }

    // Four rows by two registers. If fewer rows remain, the last row is computed again for each missing one. No method is called
    // after the loop, not even in rare cases: a call would move the sums out of their registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile<TLanes>(ref T a, int rowStride, int columnStride, ref T b, int columns, ref T c, int stride, int last, int inner, bool adds)
        where TLanes : struct, ILanes<TLanes, T>
    {
        ref T a1 = ref Unsafe.Add(ref a, Math.Min(1, last) * rowStride), a2 = ref Unsafe.Add(ref a, Math.Min(2, last) * rowStride), a3 = ref Unsafe.Add(ref a, Math.Min(3, last) * rowStride);
        TLanes s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (int p = 0, offset = 0; p < inner; p++, offset += columnStride)
        {
            TLanes left = TLanes.Load(ref b), right = TLanes.Load(ref Unsafe.Add(ref b, TLanes.Count)), value = TLanes.Broadcast(Unsafe.Add(ref a, offset));
            s00 = TLanes.MultiplyAdd(value, left, s00);
            s01 = TLanes.MultiplyAdd(value, right, s01);
            value = TLanes.Broadcast(Unsafe.Add(ref a1, offset));
            s10 = TLanes.MultiplyAdd(value, left, s10);
            s11 = TLanes.MultiplyAdd(value, right, s11);
            value = TLanes.Broadcast(Unsafe.Add(ref a2, offset));
            s20 = TLanes.MultiplyAdd(value, left, s20);
            s21 = TLanes.MultiplyAdd(value, right, s21);
            value = TLanes.Broadcast(Unsafe.Add(ref a3, offset));
            s30 = TLanes.MultiplyAdd(value, left, s30);
            s31 = TLanes.MultiplyAdd(value, right, s31);
            b = ref Unsafe.Add(ref b, columns);
        }

        ref T c1 = ref Unsafe.Add(ref c, Math.Min(1, last) * stride), c2 = ref Unsafe.Add(ref c, Math.Min(2, last) * stride), c3 = ref Unsafe.Add(ref c, Math.Min(3, last) * stride);
        if (adds)
        {
            (s00, s01) = (s00 + TLanes.Load(ref c), s01 + TLanes.Load(ref Unsafe.Add(ref c, TLanes.Count)));
            (s10, s11) = (s10 + TLanes.Load(ref c1), s11 + TLanes.Load(ref Unsafe.Add(ref c1, TLanes.Count)));
            (s20, s21) = (s20 + TLanes.Load(ref c2), s21 + TLanes.Load(ref Unsafe.Add(ref c2, TLanes.Count)));
            (s30, s31) = (s30 + TLanes.Load(ref c3), s31 + TLanes.Load(ref Unsafe.Add(ref c3, TLanes.Count)));
        }

        s00.Store(ref c);
        s01.Store(ref Unsafe.Add(ref c, TLanes.Count));
        s10.Store(ref c1);
        s11.Store(ref Unsafe.Add(ref c1, TLanes.Count));
        s20.Store(ref c2);
        s21.Store(ref Unsafe.Add(ref c2, TLanes.Count));
        s30.Store(ref c3);
        s31.Store(ref Unsafe.Add(ref c3, TLanes.Count));
    }

    // Eight rows by one register.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyNarrowTile<TLanes>(ref T a, int rowStride, int columnStride, ref T b, int columns, ref T c, int stride, int last, int inner, bool adds)
        where TLanes : struct, ILanes<TLanes, T>
    {
        ref T a1 = ref Unsafe.Add(ref a, Math.Min(1, last) * rowStride), a2 = ref Unsafe.Add(ref a, Math.Min(2, last) * rowStride), a3 = ref Unsafe.Add(ref a, Math.Min(3, last) * rowStride);
        ref T a4 = ref Unsafe.Add(ref a, Math.Min(4, last) * rowStride), a5 = ref Unsafe.Add(ref a, Math.Min(5, last) * rowStride), a6 = ref Unsafe.Add(ref a, Math.Min(6, last) * rowStride), a7 = ref Unsafe.Add(ref a, Math.Min(7, last) * rowStride);
        TLanes s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        for (int p = 0, offset = 0; p < inner; p++, offset += columnStride)
        {
            TLanes terms = TLanes.Load(ref b);
            s0 = TLanes.MultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref a, offset)), terms, s0);
            s1 = TLanes.MultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref a1, offset)), terms, s1);
            s2 = TLanes.MultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref a2, offset)), terms, s2);
            s3 = TLanes.MultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref a3, offset)), terms, s3);
            s4 = TLanes.MultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref a4, offset)), terms, s4);
            s5 = TLanes.MultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref a5, offset)), terms, s5);
            s6 = TLanes.MultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref a6, offset)), terms, s6);
            s7 = TLanes.MultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref a7, offset)), terms, s7);
            b = ref Unsafe.Add(ref b, columns);
        }

        ref T c1 = ref Unsafe.Add(ref c, Math.Min(1, last) * stride), c2 = ref Unsafe.Add(ref c, Math.Min(2, last) * stride), c3 = ref Unsafe.Add(ref c, Math.Min(3, last) * stride);
        ref T c4 = ref Unsafe.Add(ref c, Math.Min(4, last) * stride), c5 = ref Unsafe.Add(ref c, Math.Min(5, last) * stride), c6 = ref Unsafe.Add(ref c, Math.Min(6, last) * stride), c7 = ref Unsafe.Add(ref c, Math.Min(7, last) * stride);
        if (adds)
        {
            (s0, s1) = (s0 + TLanes.Load(ref c), s1 + TLanes.Load(ref c1));
            (s2, s3) = (s2 + TLanes.Load(ref c2), s3 + TLanes.Load(ref c3));
            (s4, s5) = (s4 + TLanes.Load(ref c4), s5 + TLanes.Load(ref c5));
            (s6, s7) = (s6 + TLanes.Load(ref c6), s7 + TLanes.Load(ref c7));
        }

        s0.Store(ref c);
        s1.Store(ref c1);
        s2.Store(ref c2);
        s3.Store(ref c3);
        s4.Store(ref c4);
        s5.Store(ref c5);
        s6.Store(ref c6);
        s7.Store(ref c7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Load(ref T source, int offset) => Vector.LoadUnsafe(ref source, (nuint)offset);

    private static void Check(int a, int requiredA, int b, int requiredB, int c, int requiredC)
    {
        if (a < requiredA || b < requiredB || c < requiredC)
            throw new ArgumentException($"Matrices must hold {requiredA}, {requiredB} and {requiredC} values; got {a}, {b} and {c}.");
    }
}
