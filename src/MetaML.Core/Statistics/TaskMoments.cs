using System.Buffers;
using System.Numerics.Tensors;
using MetaML.Heads;
using MetaML.Numerics;

namespace MetaML.Statistics;

/// <summary>Sums over the rows of a task, with z̃ = (z, 1), label y and example weight s: A = Σ s z̃z̃ᵀ; for values Σ s z̃y and Σ s y²; for classes Σ s z̃ of each class.</summary>
/// <remarks>They determine the head of every adapter with a solution in closed form. They are about (d + 1)(d + 4)/2 numbers for d values of an embedding and one output.</remarks>
internal sealed class TaskMoments
{
    private const int RowsPerBlock = 32;
    private const int MinimumWidthForThreads = 512;

    /// <summary>The moments of no rows.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="targets">Number of classes; 1 for values.</param>
    /// <param name="hasProducts">Whether A is kept.</param>
    public TaskMoments(LabelKind kind, int width, int targets, bool hasProducts)
        : this(kind, width, hasProducts ? new double[PackedLength(width)] : [], [.. Enumerable.Range(0, targets).Select(_ => new double[width])], 0, new int[targets])
    {
    }

    /// <summary>Moments with these numbers.</summary>
    public TaskMoments(LabelKind kind, int width, double[] products, double[][] sums, double squaredLabels, int[] rows)
    {
        Kind = kind;
        Width = width;
        Products = products;
        Sums = sums;
        SquaredLabels = squaredLabels;
        Rows = rows;
    }

    /// <summary>The kind of label.</summary>
    public LabelKind Kind { get; }

    /// <summary>Embedding + 1.</summary>
    public int Width { get; }

    /// <summary>A: the rows of its lower triangle, one after the other, [width (width + 1) / 2]; empty if it is not kept.</summary>
    public double[] Products { get; }

    /// <summary>Σ s z̃y for values, or Σ s z̃ of each class: [targets][width].</summary>
    public double[][] Sums { get; }

    /// <summary>Σ s y² for values, else 0.</summary>
    public double SquaredLabels { get; private set; }

    /// <summary>Number of rows of each class; for values, of all rows.</summary>
    public int[] Rows { get; }

    /// <summary>Σ s.</summary>
    public double Weight => Kind == LabelKind.Regression ? Products[^1] : Sums.Sum(sum => sum[^1]);

    /// <summary>Number of values of a packed lower triangle.</summary>
    public static int PackedLength(int width) => checked((int)(width * (width + 1L) / 2));

    /// <summary>The moments of rows.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="hasProducts">Whether A is kept.</param>
    public static TaskMoments Of(LabelKind kind, EmbeddedTask rows, bool hasProducts)
    {
        var moments = new TaskMoments(kind, rows.Dimension + 1, kind == LabelKind.Binary ? 2 : rows.OutputCount, hasProducts);
        int width = moments.Width, count;
        double[] block = ArrayPool<double>.Shared.Rent(RowsPerBlock * width);
        for (int first = 0; first < rows.RowCount; first += count)
        {
            count = Math.Min(RowsPerBlock, rows.RowCount - first);
            for (int r = 0; r < count; r++)
            {
                Span<double> row = block.AsSpan(r * width, width);
                Augment(rows.Row(first + r), row);
                moments.AddLabel(row, rows.Labels[first + r], rows.Weights[first + r], 1);
            }

            if (hasProducts)
                moments.AddProducts(block, rows.Weights.AsSpan(first, count));
        }

        ArrayPool<double>.Shared.Return(block);
        return moments;
    }

    /// <summary>A copy that can be changed.</summary>
    public TaskMoments Clone() => new(Kind, Width, [.. Products], [.. Sums.Select(sum => sum.ToArray())], SquaredLabels, [.. Rows]);

    /// <summary>The moments with other targets.</summary>
    /// <param name="sources">For each new class the index of the old class, or −1 for a class without rows.</param>
    public TaskMoments WithClasses(IReadOnlyList<int> sources) => new(
        Kind, Width, Products, [.. sources.Select(source => source >= 0 ? Sums[source] : new double[Width])], SquaredLabels, [.. sources.Select(source => source >= 0 ? Rows[source] : 0)]);

    /// <summary>Adds a row.</summary>
    /// <param name="embedding">z [embedding].</param>
    /// <param name="label">0 or 1, the index of the class, or the value.</param>
    /// <param name="weight">s; negative to take the row away.</param>
    /// <param name="count">1, −1 to take the row away, or 0 to change the weight of a row.</param>
    public void Add(ReadOnlySpan<float> embedding, float label, double weight, int count = 1)
    {
        double[] row = ArrayPool<double>.Shared.Rent(Width);
        Augment(embedding, row.AsSpan(0, Width));
        AddLabel(row.AsSpan(0, Width), label, weight, count);
        for (int i = 0, offset = 0; offset < Products.Length; offset += ++i)
            AddScaled(row.AsSpan(0, i + 1), weight * row[i], Products.AsSpan(offset, i + 1));
        ArrayPool<double>.Shared.Return(row);
    }

    /// <summary>Multiplies the weights of all rows.</summary>
    public void Scale(double factor)
    {
        TensorPrimitives.Multiply(Products, factor, Products);
        foreach (double[] sum in Sums)
            TensorPrimitives.Multiply(sum, factor, sum);
        SquaredLabels *= factor;
    }

    /// <summary>A v.</summary>
    /// <param name="vector">v [width].</param>
    public double[] Multiply(ReadOnlySpan<double> vector)
    {
        var product = new double[Width];
        for (int i = 0, offset = 0; i < Width; offset += ++i)
        {
            ReadOnlySpan<double> row = Products.AsSpan(offset, i + 1);
            product[i] += OrderedSum.OfProducts(row, vector[..(i + 1)]);
            AddScaled(row[..i], vector[i], product.AsSpan(0, i));
        }

        return product;
    }

    private static void Augment(ReadOnlySpan<float> embedding, Span<double> row)
    {
        TensorPrimitives.ConvertTruncating(embedding, row[..^1]);
        row[^1] = 1;
    }

    private void AddLabel(ReadOnlySpan<double> row, float label, double weight, int count)
    {
        if (Kind == LabelKind.Regression)
        {
            AddScaled(row, weight * label, Sums[0]);
            SquaredLabels += weight * label * label;
            Rows[0] += count;
            return;
        }

        AddScaled(row, weight, Sums[(int)label]);
        Rows[(int)label] += count;
    }

    // Each row of A is loaded into the cache once, for all rows of the block.
    private void AddProducts(double[] block, ReadOnlySpan<float> weights)
    {
        double[] s = new double[weights.Length];
        TensorPrimitives.ConvertTruncating(weights, s);
        if (Width < MinimumWidthForThreads)
        {
            for (int i = 0; i < Width; i++)
                AddRow(i);
        }
        else
        {
            Parallel.For(0, Width, AddRow);
        }

        void AddRow(int i)
        {
            Span<double> target = Products.AsSpan(PackedLength(i), i + 1);
            for (int row = 0; row < s.Length; row++)
                AddScaled(block.AsSpan(row * Width, i + 1), s[row] * block[row * Width + i], target);
        }
    }

    private static void AddScaled(ReadOnlySpan<double> x, double a, Span<double> y) => MatrixAlgebra.AddScaled(x, a, y);
}
