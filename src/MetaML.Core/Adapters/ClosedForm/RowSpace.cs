using static TorchSharp.torch;

namespace MetaML.Adapters.ClosedForm;

/// <summary>Rows in the coordinates of the space that they span: P = P' Qᵀ, with orthonormal columns Q.</summary>
/// <param name="Rows">P': float [tasks, rows, min(rows, width)].</param>
/// <param name="Basis">Q: float [tasks, width, rows] if there are fewer rows than values in a row; else null, for the identity.</param>
internal sealed record RowSpace(Tensor Rows, Tensor? Basis)
{
    /// <summary>The coordinates of rows, by QR decomposition.</summary>
    /// <param name="p">Float [tasks, rows, width], without gradients.</param>
    public static RowSpace Of(Tensor p)
    {
        if (p.shape[1] >= p.shape[2] || p.shape[1] == 0)
            return new RowSpace(p, null);
        var (basis, upper) = linalg.qr(p.transpose(1, 2));
        return new RowSpace(upper.transpose(1, 2), basis);
    }

    /// <summary>Applies a linear map that is the identity outside the span of the rows.</summary>
    /// <param name="values">Float [tasks, width, columns].</param>
    /// <param name="map">The map in the coordinates of the rows, from and to [tasks, min(rows, width), columns].</param>
    public Tensor Apply(Tensor values, Func<Tensor, Tensor> map)
    {
        if (Basis is null)
            return map(values);
        Tensor inside = Basis.transpose(1, 2).bmm(values);
        return values.Plus(Basis.bmm(map(inside) - inside));
    }
}
