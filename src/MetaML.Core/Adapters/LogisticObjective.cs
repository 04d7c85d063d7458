using MetaML.Tasks;
using static TorchSharp.torch;

namespace MetaML.Adapters;

/// <summary>J(U) = Σᵢ sᵢ ℓ(yᵢ, η₀ᵢ + pᵢU) + ½‖U‖² of several tasks, with ℓ the cross-entropy.</summary>
/// <param name="Kind">Binary or multiclass.</param>
/// <param name="P">Float64 [tasks, rows, width].</param>
/// <param name="Start">η₀: float64 [tasks, rows, outputs].</param>
/// <param name="Rows">Labels, and s, in float64.</param>
/// <param name="ClassMask">Float64 [tasks, outputs].</param>
internal sealed record LogisticObjective(LabelKind Kind, Tensor P, Tensor Start, RowBatch Rows, Tensor ClassMask)
{
    private const int MaximumSteps = 200;
    private const int MaximumHalvings = 40;
    private const double Tolerance = 1e-9;

    /// <summary>∇J(U), itself differentiable by P and η₀.</summary>
    /// <returns>Float64 [tasks, width, outputs].</returns>
    public Tensor Gradient(Tensor u)
    {
        Tensor residual = Probabilities(u) - LabelLoss.Indicators(Kind, Rows, (int)Start.shape[2]); // [tasks, rows, outputs]
        return u.Plus(P.transpose(1, 2).bmm(residual * Rows.Weights.unsqueeze(-1)));
    }

    /// <summary>The minimum, and the Hessian there; neither has a graph.</summary>
    /// <remarks>
    /// Newton's method: a task's step is halved until J falls as Armijo asks. Since H ⪰ I, ‖U − U*‖ ≤ ‖∇J(U)‖, and all tasks
    /// go on until that is at most 10⁻⁹(1 + ‖U‖). A task whose numbers are not finite ends the search, and stays so.
    /// </remarks>
    public (Tensor Minimum, LogisticHessian Hessian) Minimize()
    {
        using var constant = no_grad();
        var fixedObjective = this with { P = P.detach(), Start = Start.detach() };
        RowSpace space = RowSpace.Of(fixedObjective.P);
        Tensor u = P.new_zeros(P.shape[0], P.shape[2], Start.shape[2], dtype: P.dtype);
        for (int step = 0; step < MaximumSteps; step++)
        {
            using var scope = NewDisposeScope();
            Tensor gradient = fixedObjective.Gradient(u);
            Tensor distance = Norm(gradient) / Norm(u).Plus(1);
            if (!(distance.max().Value() > Tolerance))
                break;
            Tensor direction = fixedObjective.Hessian(u, space).Solve(gradient);
            u = fixedObjective.Descend(u, gradient, direction).MoveToOuterDisposeScope();
        }

        return (u, fixedObjective.Hessian(u, space));
    }

    private Tensor Descend(Tensor u, Tensor gradient, Tensor direction)
    {
        Tensor value = Value(u), slope = (gradient * direction).sum([1, 2]); // [tasks]
        Tensor slack = value.abs().Plus(1).Times(1e-12); // what rounding may hide
        Tensor rate = slope.new_ones(slope.shape[0], dtype: slope.dtype);
        for (int halving = 0; ; halving++)
        {
            Tensor next = u - direction * rate.unsqueeze(-1).unsqueeze(-1);
            Tensor excess = Value(next) - value.Plus(slack) - rate * slope.Times(-1e-4); // Armijo: at most 0
            if (!(excess.max().Value() > 0) || halving == MaximumHalvings)
                return next;
            rate = where(excess.IsAbove(0), rate.Times(0.5), rate);
        }
    }

    // [tasks]
    private Tensor Value(Tensor u) =>
        (LabelLoss.PerRow(Kind, Scores(u), Rows, ClassMask) * Rows.Weights).sum(1L).Plus(u.Squared().sum([1, 2]).Times(0.5));

    private LogisticHessian Hessian(Tensor u, RowSpace space) => new(space, Rows.Weights, Probabilities(u), isCoupled: Kind == LabelKind.Multiclass);

    private Tensor Probabilities(Tensor u) => LabelLoss.Probabilities(Kind, Scores(u), ClassMask);

    private Tensor Scores(Tensor u) => Start.Plus(P.bmm(u)); // [tasks, rows, outputs]

    private static Tensor Norm(Tensor u) => u.Squared().sum([1, 2]).sqrt();
}
