using MetaML.Adapters.ClosedForm;
using static TorchSharp.torch;

namespace MetaML.Adapters.Logistic;

/// <summary>H = I + Σᵢ sᵢ (diag πᵢ − πᵢπᵢᵀ) ⊗ pᵢpᵢᵀ of several tasks, and H⁻¹; for one output H = I + Σᵢ sᵢ cᵢ pᵢpᵢᵀ, with c = π(1 − π) for binary labels.</summary>
/// <remarks>
/// H is I outside the span of the rows, so P is first reduced to m = min(rows, width) coordinates. There H = A − QQᵀ, with a
/// block A_k = I + Σᵢ sᵢ πᵢₖ pᵢpᵢᵀ for each class and a column √sᵢ πᵢ ⊗ pᵢ of Q for each row. If there are more rows than
/// classes · m, H itself is inverted; else H⁻¹ = A⁻¹ + M(I − QᵀM)⁻¹Mᵀ, M = A⁻¹Q (Woodbury), with one system for each class and
/// one of size [rows, rows]. Cost O(classes · m³ + rows² · classes · m + rows³) at most. Source for the use of
/// the softmax's structure: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 3.5.
/// </remarks>
internal sealed class LogisticHessian
{
    private readonly RowSpace _space;
    private readonly Tensor _inverse; // [tasks · classes, m, m] of A, or [tasks, classes · m, classes · m] of H
    private readonly Tensor? _correction; // M [tasks, classes · m, rows]
    private readonly Tensor? _capacity; // (I − QᵀM)⁻¹ [tasks, rows, rows]

    /// <summary>The Hessian at some point.</summary>
    /// <param name="p">P: float64 [tasks, rows, width], without gradients, as the other tensors.</param>
    /// <param name="weights">s: float64 [tasks, rows].</param>
    /// <param name="curvatures">c: the second derivatives of the losses by the scores, float64 [tasks, rows, outputs]; ignored if there are probabilities.</param>
    /// <param name="probabilities">π of outputs whose probabilities sum to 1: float64 [tasks, rows, outputs]; else null.</param>
    public LogisticHessian(Tensor p, Tensor weights, Tensor curvatures, Tensor? probabilities)
    {
        _space = RowSpace.Of(p);
        p = _space.Rows; // [tasks, rows, m]
        long tasks = p.shape[0], rows = p.shape[1], m = p.shape[2], outputs = curvatures.shape[2];
        Tensor EachOutput(Tensor factors) => (factors.unsqueeze(3) * p.unsqueeze(2)).reshape(tasks, rows, outputs * m); // factorᵢₖ pᵢ
        Tensor Identity(long size) => eye(size, dtype: p.dtype, device: p.device);

        Tensor blocks = p.transpose(1, 2).bmm(EachOutput((probabilities ?? curvatures) * weights.unsqueeze(-1))) // [tasks, m, outputs · m]
            .reshape(tasks, m, outputs, m).transpose(1, 2).Plus(Identity(m)); // A [tasks, outputs, m, m]
        if (probabilities is null)
        {
            _inverse = linalg.inv(blocks.reshape(tasks * outputs, m, m));
            return;
        }

        Tensor q = EachOutput(probabilities * weights.sqrt().unsqueeze(-1)); // Qᵀ [tasks, rows, outputs · m]
        if (rows > outputs * m)
        {
            Tensor diagonal = (blocks.unsqueeze(3) * Identity(outputs).reshape(1, outputs, 1, outputs, 1)).reshape(tasks, outputs * m, outputs * m);
            _inverse = linalg.inv(diagonal - q.transpose(1, 2).bmm(q));
            return;
        }

        _inverse = linalg.inv(blocks.reshape(tasks * outputs, m, m));
        _correction = _inverse.bmm(q.transpose(1, 2).reshape(tasks * outputs, m, rows)).reshape(tasks, outputs * m, rows);
        _capacity = linalg.inv(Identity(rows) - q.bmm(_correction));
    }

    /// <summary>H⁻¹G, differentiable by G.</summary>
    /// <param name="gradient">G: float64 [tasks, width, outputs].</param>
    /// <returns>Float64 [tasks, width, outputs].</returns>
    public Tensor Solve(Tensor gradient) => _space.Apply(gradient, SolveInside);

    private Tensor SolveInside(Tensor gradient)
    {
        long tasks = gradient.shape[0], m = gradient.shape[1], outputs = gradient.shape[2];
        Tensor g = gradient.transpose(1, 2).reshape(tasks, outputs * m, 1); // the gradient of one output after the other
        Tensor solution = _inverse.bmm(g.reshape(_inverse.shape[0], _inverse.shape[1], 1)).reshape(tasks, outputs * m, 1);
        if (_correction is not null)
            solution = solution.Plus(_correction.bmm(_capacity!.bmm(_correction.transpose(1, 2).bmm(g))));
        return solution.reshape(tasks, outputs, m).transpose(1, 2);
    }
}
