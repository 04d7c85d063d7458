using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MetaML.Numerics;

/// <summary>Computes Y = X W + b for a block of rows, in managed code. All matrices are row-major.</summary>
/// <remarks>
/// <para>
/// Each value is b + x₀w₀ + x₁w₁ + …, added up in this order with one multiply-add for each term. The result of a row therefore has
/// the same bits alone and in every block, for dense and sparse features, and for every width of the registers.
/// </para>
/// <para>
/// A tile of sums stays in registers during the loop over the terms. For several rows, the tile is four rows by two registers: each
/// weight is loaded once for four rows. For a single row, the tile is eight vectors: this number of independent sums hides the
/// latency of a multiply-add.
/// </para>
/// <para>
/// If the number of outputs is not a multiple of the vector size, the last vector of a row overlaps the vector before it. Some values
/// are then computed twice, which is faster than single values. The columns of a large W are copied to contiguous memory
/// before the loop over the rows. Otherwise columns with a stride of a power of two would evict each other from the cache.
/// </para>
/// <para>
/// <see cref="SmallProducts{T}"/> has a similar tile, but cannot share this code. There, the rows can be columns of the left factor,
/// sums start from zero, and the last columns are masked. A branch for these cases, or a call after the loop, would move the sums
/// out of their registers.
/// </para>
/// </remarks>
internal static class AffineKernel
{
    private const int TileRows = 4;
    private const int TileVectors = 2;
    private const int RowVectors = 8;
    private const int MinimumPackedRows = 32; // for fewer rows, the copy of W costs more time than it saves
    private const int MaximumUnpackedWeights = 1 << 15; // a W of at most this size is fast without a copy

    /// <summary>Applies the map to dense rows.</summary>
    /// <param name="rows">X [rows, inputs].</param>
    /// <param name="weight">W [inputs, outputs].</param>
    /// <param name="bias">b [outputs].</param>
    /// <param name="rectifies">Whether negative values become 0.</param>
    /// <param name="result">Receives Y [rows, outputs].</param>
    public static void Apply(ReadOnlySpan<float> rows, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, bool rectifies, Span<float> result)
    {
        int outputs = bias.Length, inputs = weight.Length / outputs, count = result.Length / outputs;
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Length, count * inputs);
        int tiled = outputs < Vector<float>.Count ? 0 : count - count % TileRows;
        if (Vector512.IsHardwareAccelerated && outputs >= Vector512<float>.Count)
            ApplyTiles<WideLanes<float>>(rows, weight, bias, rectifies, result, tiled);
        else
            ApplyTiles<Lanes<float>>(rows, weight, bias, rectifies, result, tiled);
        for (int row = tiled; row < count; row++)
            ApplyRow(rows.Slice(row * inputs, inputs), default, weight, bias, rectifies, result.Slice(row * outputs, outputs));
    }

    // Applies the map to the first rows. Their number is a multiple of the rows of a tile.
    private static void ApplyTiles<TLanes>(ReadOnlySpan<float> rows, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, bool rectifies, Span<float> result, int count)
        where TLanes : struct, ILanes<TLanes, float>
    {
        int outputs = bias.Length, inputs = weight.Length / outputs, size = TLanes.Count;
        float[]? packed = count >= MinimumPackedRows && weight.Length > MaximumUnpackedWeights ? ArrayPool<float>.Shared.Rent(inputs * TileVectors * size) : null;
        for (int j = 0; j < outputs && count > 0; j += TileVectors * size) // as the outer loop, it keeps the weights of a tile in the cache for all rows
        {
            int left = Math.Min(j, outputs - size), right = Math.Min(j + size, outputs - size);
            Tile tile = packed is null ? new(weight, outputs, left, right) : Pack(weight, outputs, left, right, size, packed);
            for (int row = 0; row < count; row += TileRows)
                ApplyTile<TLanes>(rows.Slice(row * inputs, TileRows * inputs), tile, bias, left, right, rectifies, result.Slice(row * outputs, TileRows * outputs));
        }

        if (packed is not null)
            ArrayPool<float>.Shared.Return(packed);
    }

    /// <summary>Applies the map to a sparse row.</summary>
    /// <param name="values">The nonzero values.</param>
    /// <param name="indices">The index of the input of each value.</param>
    /// <param name="weight">W [inputs, outputs].</param>
    /// <param name="bias">b [outputs].</param>
    /// <param name="rectifies">Whether negative values become 0.</param>
    /// <param name="result">Receives y [outputs].</param>
    public static void Apply(ReadOnlySpan<float> values, ReadOnlySpan<int> indices, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, bool rectifies, Span<float> result)
    {
        if (values.IsEmpty)
            indices = default;
        ApplyRow(values, indices, weight, bias, rectifies, result);
    }

    // Applies the map to one row. The row is dense if there are no indices.
    private static void ApplyRow(ReadOnlySpan<float> values, ReadOnlySpan<int> indices, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, bool rectifies, Span<float> result)
    {
        if (bias.Length < Vector<float>.Count)
        {
            ApplyNarrow(values, indices, weight, bias, rectifies, result);
            return;
        }

        for (int j = 0; j < bias.Length; j += RowVectors * Vector<float>.Count)
            ApplyRowTile(values, indices, weight, bias, j, rectifies, result);
    }

    private static Tile Pack(ReadOnlySpan<float> weight, int outputs, int left, int right, int size, float[] packed)
    {
        for (int k = 0; k < weight.Length / outputs; k++)
        {
            weight.Slice(k * outputs + left, size).CopyTo(packed.AsSpan(2 * k * size));
            weight.Slice(k * outputs + right, size).CopyTo(packed.AsSpan((2 * k + 1) * size));
        }

        return new Tile(packed, 2 * size, 0, size);
    }

    private static void ApplyTile<TLanes>(ReadOnlySpan<float> rows, Tile tile, ReadOnlySpan<float> bias, int left, int right, bool rectifies, Span<float> result)
        where TLanes : struct, ILanes<TLanes, float>
    {
        int outputs = bias.Length, inputs = rows.Length / TileRows, stride = tile.Stride, distance = tile.Right - tile.Left;
        ref float x = ref MemoryMarshal.GetReference(rows);
        ref float w = ref Unsafe.Add(ref MemoryMarshal.GetReference(tile.Weights), tile.Left);
        ref float b = ref MemoryMarshal.GetReference(bias);
        TLanes a0 = TLanes.Load(ref Unsafe.Add(ref b, left)), b0 = TLanes.Load(ref Unsafe.Add(ref b, right)), a1 = a0, b1 = b0, a2 = a0, b2 = b0, a3 = a0, b3 = b0;
        for (int k = 0; k < inputs; k++)
        {
            TLanes u = TLanes.Load(ref w), v = TLanes.Load(ref Unsafe.Add(ref w, distance)), value = TLanes.Broadcast(Unsafe.Add(ref x, k));
            a0 = TLanes.MultiplyAdd(value, u, a0);
            b0 = TLanes.MultiplyAdd(value, v, b0);
            value = TLanes.Broadcast(Unsafe.Add(ref x, inputs + k));
            a1 = TLanes.MultiplyAdd(value, u, a1);
            b1 = TLanes.MultiplyAdd(value, v, b1);
            value = TLanes.Broadcast(Unsafe.Add(ref x, 2 * inputs + k));
            a2 = TLanes.MultiplyAdd(value, u, a2);
            b2 = TLanes.MultiplyAdd(value, v, b2);
            value = TLanes.Broadcast(Unsafe.Add(ref x, 3 * inputs + k));
            a3 = TLanes.MultiplyAdd(value, u, a3);
            b3 = TLanes.MultiplyAdd(value, v, b3);
            w = ref Unsafe.Add(ref w, stride);
        }

        if (rectifies)
        {
            (a0, b0, a1, b1) = (TLanes.Rectify(a0), TLanes.Rectify(b0), TLanes.Rectify(a1), TLanes.Rectify(b1));
            (a2, b2, a3, b3) = (TLanes.Rectify(a2), TLanes.Rectify(b2), TLanes.Rectify(a3), TLanes.Rectify(b3));
        }

        ref float y = ref Unsafe.Add(ref MemoryMarshal.GetReference(result), left);
        distance = right - left;
        a0.Store(ref y);
        b0.Store(ref Unsafe.Add(ref y, distance));
        a1.Store(ref Unsafe.Add(ref y, outputs));
        b1.Store(ref Unsafe.Add(ref y, outputs + distance));
        a2.Store(ref Unsafe.Add(ref y, 2 * outputs));
        b2.Store(ref Unsafe.Add(ref y, 2 * outputs + distance));
        a3.Store(ref Unsafe.Add(ref y, 3 * outputs));
        b3.Store(ref Unsafe.Add(ref y, 3 * outputs + distance));
    }

    private static void ApplyRowTile(ReadOnlySpan<float> values, ReadOnlySpan<int> indices, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int j, bool rectifies, Span<float> result)
    {
        int outputs = bias.Length, size = Vector<float>.Count;
        int j0 = VectorStart(j, outputs), j1 = VectorStart(j + size, outputs), j2 = VectorStart(j + 2 * size, outputs), j3 = VectorStart(j + 3 * size, outputs);
        int j4 = VectorStart(j + 4 * size, outputs), j5 = VectorStart(j + 5 * size, outputs), j6 = VectorStart(j + 6 * size, outputs), j7 = VectorStart(j + 7 * size, outputs);
        Vector<float> a0 = Load(bias, j0), a1 = Load(bias, j1), a2 = Load(bias, j2), a3 = Load(bias, j3);
        Vector<float> a4 = Load(bias, j4), a5 = Load(bias, j5), a6 = Load(bias, j6), a7 = Load(bias, j7);
        ref float first = ref MemoryMarshal.GetReference(weight);
        nuint inputs = (nuint)(weight.Length / outputs);
        for (int i = 0; i < values.Length; i++)
        {
            nuint input = (nuint)(indices.IsEmpty ? i : indices[i]);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(input, inputs);
            ref float w = ref Unsafe.Add(ref first, input * (nuint)outputs);
            var x = new Vector<float>(values[i]);
            a0 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref w, (nuint)j0), a0);
            a1 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref w, (nuint)j1), a1);
            a2 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref w, (nuint)j2), a2);
            a3 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref w, (nuint)j3), a3);
            a4 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref w, (nuint)j4), a4);
            a5 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref w, (nuint)j5), a5);
            a6 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref w, (nuint)j6), a6);
            a7 = Vector.MultiplyAddEstimate(x, Vector.LoadUnsafe(ref w, (nuint)j7), a7);
        }

        ref float y = ref MemoryMarshal.GetReference(result);
        Store(a0, rectifies, ref y, j0);
        Store(a1, rectifies, ref y, j1);
        Store(a2, rectifies, ref y, j2);
        Store(a3, rectifies, ref y, j3);
        Store(a4, rectifies, ref y, j4);
        Store(a5, rectifies, ref y, j5);
        Store(a6, rectifies, ref y, j6);
        Store(a7, rectifies, ref y, j7);
    }

    // For fewer outputs than a vector has numbers.
    private static void ApplyNarrow(ReadOnlySpan<float> values, ReadOnlySpan<int> indices, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, bool rectifies, Span<float> result)
    {
        bias.CopyTo(result);
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<float> w = weight.Slice(bias.Length * (indices.IsEmpty ? i : indices[i]), bias.Length);
            for (int j = 0; j < w.Length; j++)
                result[j] = float.MultiplyAddEstimate(values[i], w[j], result[j]);
        }

        for (int j = 0; j < result.Length && rectifies; j++)
            result[j] = MathF.Max(result[j], 0);
    }

    // The first output of a vector. The last vector can overlap the one before it. Vectors beyond the last one repeat it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int VectorStart(int j, int outputs) => Math.Min(j, outputs - Vector<float>.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Load(ReadOnlySpan<float> values, int index) => Vector.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector<float> values, bool rectifies, ref float result, int index) =>
        Vector.StoreUnsafe(rectifies ? Vector.Max(values, Vector<float>.Zero) : values, ref result, (nuint)index);

    /// <summary>The weights of two vectors of outputs, in W or in a copy of its columns. Left and right are the first column of each vector.</summary>
    private readonly ref struct Tile(ReadOnlySpan<float> weights, int stride, int left, int right)
    {
        public readonly ReadOnlySpan<float> Weights = weights;
        public readonly int Stride = stride, Left = left, Right = right;
    }
}
