using static TorchSharp.torch;

namespace MetaML.Native;

/// <summary>Sparse rows of several tasks as one tensor [tasks, rows, columns] in coordinate form, and its products.</summary>
/// <remarks>
/// A product costs O(values · units) and allocates nothing but its result; its gradient by the weights, and the gradient of
/// that, are such products too. On one thread, values are summed in their order, so that results are bit-identical. Results
/// belong to the current dispose scope.
/// </remarks>
internal static class SparseRows
{
    /// <summary>A tensor of values at coordinates. Values with equal coordinates are added.</summary>
    /// <param name="coordinates">The task of each value, then the row of each, then the column of each.</param>
    /// <param name="values">Float [values].</param>
    /// <param name="shape">[tasks, rows, columns].</param>
    public static Tensor Create(long[] coordinates, Tensor values, long[] shape) =>
        sparse_coo_tensor(tensor(coordinates, [3, values.shape[0]], device: values.device), values, shape);

    /// <summary>Rows times weights.</summary>
    /// <param name="rows">Sparse float [tasks, rows, columns].</param>
    /// <param name="weights">Float [columns, units], or one matrix for each task: [tasks, columns, units].</param>
    /// <returns>Float [tasks, rows, units].</returns>
    public static Tensor Multiply(Tensor rows, Tensor weights)
    {
        long tasks = rows.shape[0], count = rows.shape[1], columns = rows.shape[2], units = weights.shape[^1];
        Tensor coordinates = rows.SparseIndices, column = coordinates[2];
        bool isOwn = weights.dim() == 3;
        if (isOwn)
            column = Flat(coordinates[0], columns, column); // a block-diagonal matrix with one block for each task
        Tensor matrix = Matrix(rows, column, rows.SparseValues, isOwn ? tasks * columns : columns);
        return matrix.mm(weights.reshape(-1, units)).reshape(tasks, count, units);
    }

    /// <summary>The rows of all tasks in one matrix, with other columns and values.</summary>
    /// <param name="rows">Sparse float [tasks, rows, columns].</param>
    /// <param name="columns">Int64 [values].</param>
    /// <param name="values">Float [values].</param>
    /// <param name="width">Number of columns.</param>
    /// <returns>Sparse float [tasks · rows, width].</returns>
    public static Tensor Matrix(Tensor rows, Tensor columns, Tensor values, long width)
    {
        Tensor coordinates = rows.SparseIndices;
        return sparse_coo_tensor(stack([Flat(coordinates[0], rows.shape[1], coordinates[1]), columns]), values, [rows.shape[0] * rows.shape[1], width]);
    }

    // outer · extent + inner, as integers
    private static Tensor Flat(Tensor outer, long extent, Tensor inner) => (outer * tensor(new[] { extent }, device: outer.device)).Plus(inner);
}
