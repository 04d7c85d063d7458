using System.Runtime.CompilerServices;
using MetaML.Episodes;
using static TorchSharp.torch;

namespace MetaML.Adapters.Gradient;

/// <summary>The inner steps of a batch of tasks on the processor, in managed code: networks of this size are less work than libtorch's calls.</summary>
/// <remarks>
/// Outer derivatives are computed with the losses, task by task, while all that a task needs is in the processor's cache; the
/// outer step then weighs them.
/// </remarks>
internal abstract class BatchDescent
{
    private protected BatchDescent(DescentPlan plan) => Plan = plan;

    /// <summary>What the steps do.</summary>
    protected DescentPlan Plan { get; }

    /// <summary>Whether every task that started from finite numbers ended with such.</summary>
    public bool StaysFinite { get; private protected set; } = true;

    /// <summary>Whether the steps of a batch can be taken here: its numbers must be within reach, and not sparse.</summary>
    public static bool Serves(Tensor features) => features is { is_sparse: false, device_type: TorchSharp.DeviceType.CPU };

    /// <param name="plan">What the steps do.</param>
    /// <param name="input">The support.</param>
    /// <param name="query">The query rows; null where tasks are adapted only.</param>
    public static BatchDescent Of(DescentPlan plan, AdaptationInput input, RowBatch? query) =>
        input.ClassMask.dtype == ScalarType.Float64 ? new BatchDescent<double>(plan, input, query) : new BatchDescent<float>(plan, input, query);

    /// <summary>The parameters of network and head after the last step.</summary>
    /// <param name="parameters">[parameters], or [tasks, parameters]: of the network, the head, and what maps a context.</param>
    /// <param name="rates">[rates].</param>
    /// <param name="support">[tasks, rows, features].</param>
    /// <returns>Float [tasks, parameters].</returns>
    public abstract Tensor Ends(Tensor parameters, Tensor rates, Tensor support);

    /// <summary>Each task's query loss after its steps, and what the outer step descends; where gradients are recorded they flow through the second, once.</summary>
    /// <param name="parameters">[parameters], or [tasks, parameters]: of the network, the head, and what maps a context.</param>
    /// <param name="rates">[rates].</param>
    /// <param name="support">[tasks, rows, features].</param>
    /// <param name="query">[tasks, rows, features].</param>
    /// <returns>Float [tasks] each.</returns>
    public (Tensor Query, Tensor Outer) Losses(Tensor parameters, Tensor rates, Tensor support, Tensor query)
    {
        if (!is_grad_enabled() || !((Tensor[])[parameters, rates, support, query]).Any(tensor => tensor.requires_grad))
            return Losses(parameters, rates, support, query, out _, isDifferentiated: false);
        var queryLoss = new StrongBox<Tensor>();
        Tensor outer = DescentFunction.apply(parameters, rates, support, query, this, queryLoss);
        return (queryLoss.Value!, outer);
    }

    /// <summary>The losses, and the derivatives of what the outer step descends.</summary>
    /// <param name="parameters">As above.</param>
    /// <param name="rates">As above.</param>
    /// <param name="support">As above.</param>
    /// <param name="query">As above.</param>
    /// <param name="derivatives">By parameters [tasks, parameters], by rates [tasks, rates], and by support and query [tasks, rows, features] where rows are embedded by what is trained.</param>
    /// <param name="isDifferentiated">Whether they are wanted.</param>
    protected abstract (Tensor Query, Tensor Outer) Losses(Tensor parameters, Tensor rates, Tensor support, Tensor query, out Tensor[] derivatives, bool isDifferentiated);

    // Losses as one operation that libtorch differentiates, once.
    private sealed class DescentFunction : autograd.SingleTensorFunction<DescentFunction>
    {
        private const string Derivatives = "derivatives", IsShared = "is shared";

        /// <inheritdoc/>
        public override string Name => "InnerDescent";

        /// <inheritdoc/>
        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (parameters, descent) = ((Tensor)vars[0], (BatchDescent)vars[4]);
            using var constant = no_grad();
            var (query, outer) = descent.Losses(parameters, (Tensor)vars[1], (Tensor)vars[2], (Tensor)vars[3], out Tensor[] derivatives, isDifferentiated: true);
            ((StrongBox<Tensor>)vars[5]).Value = query;
            ctx.save_data(Derivatives, derivatives);
            ctx.save_data(IsShared, parameters.dim() == 1);
            return outer;
        }

        /// <inheritdoc/>
        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var derivatives = (Tensor[])ctx.get_data(Derivatives);
            using var constant = no_grad();
            Tensor Sum(Tensor byTask) => grad_output.unsqueeze(0).mm(byTask).squeeze(0);
            Tensor Each(Tensor byTask) => byTask * grad_output.reshape([-1, .. Enumerable.Repeat(1L, (int)byTask.dim() - 1)]);
            return
            [
                (bool)ctx.get_data(IsShared) ? Sum(derivatives[0]) : Each(derivatives[0]),
                Sum(derivatives[1]),
                derivatives.Length > 2 ? Each(derivatives[2]) : null!,
                derivatives.Length > 2 ? Each(derivatives[3]) : null!,
                null!,
                null!,
            ];
        }
    }
}
