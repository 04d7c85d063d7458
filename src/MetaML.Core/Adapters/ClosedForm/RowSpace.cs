using static TorchSharp.torch;

namespace MetaML.Adapters.ClosedForm;

/// <summary>Rows in as few coordinates as they span: P = P' Qᵀ, with orthonormal columns Q.</summary>
/// <param name="Rows">P': float [tasks, rows, least of rows and width].</param>
/// <param name="Basis">Q: float [tasks, width, rows] where there are fewer rows than values in one; else null, for the identity.</param>
internal sealed record RowSpace(Tensor Rows, Tensor? Basis)
{
    /// <summary>The coordinates of rows, by QR decomposition.</summary>
    /// <param name="p">Float [tasks, rows, width], without a graph.</param>
    public static RowSpace Of(Tensor p)
    {
        if (p.shape[1] >= p.shape[2] || p.shape[1] == 0)
            return new RowSpace(p, null);
        var (basis, upper) = linalg.qr(p.transpose(1, 2));
        return new RowSpace(upper.transpose(1, 2), basis);
    }

    /// <summary>Applies to all of space what is the identity outside the rows' span.</summary>
    /// <param name="values">Float [tasks, width, columns].</param>
    /// <param name="map">From and to the rows' coordinates, [tasks, least of rows and width, columns].</param>
    public Tensor Apply(Tensor values, Func<Tensor, Tensor> map)
    {
        if (Basis is null)
            return map(values);
        Tensor inside = Basis.transpose(1, 2).bmm(values);
        return values.Plus(Basis.bmm(map(inside) - inside));
    }
}
