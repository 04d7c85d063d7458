using System.Runtime.CompilerServices;
using MetaML.Episodes;
using static TorchSharp.torch;

namespace MetaML.Adapters.Gradient;

/// <summary>The inner steps of a batch of tasks on the CPU, in managed code. For small networks this is faster than calls of libtorch.</summary>
/// <remarks>
/// The outer derivatives of a task are computed together with its losses, while its data are in the processor's cache. The outer
/// step then multiplies them by the weights of the tasks.
/// </remarks>
internal abstract class BatchDescent
{
    private protected BatchDescent(DescentPlan plan) => Plan = plan;

    /// <summary>The plan of the steps.</summary>
    protected DescentPlan Plan { get; }

    /// <summary>Whether each task that started with finite numbers ended with finite numbers.</summary>
    public bool StaysFinite { get; private protected set; } = true;

    /// <summary>Whether managed code can run the steps of a batch: its features must be dense and on the CPU.</summary>
    public static bool Supports(Tensor features) => features is { is_sparse: false, device_type: TorchSharp.DeviceType.CPU };

    /// <param name="plan">The plan of the steps.</param>
    /// <param name="input">The support.</param>
    /// <param name="query">The query rows; null for adaptation without a query loss.</param>
    public static BatchDescent Of(DescentPlan plan, AdaptationInput input, RowBatch? query) =>
        input.ClassMask.dtype == ScalarType.Float64 ? new BatchDescent<double>(plan, input, query) : new BatchDescent<float>(plan, input, query);

    /// <summary>The parameters of network and head after the last inner step.</summary>
    /// <param name="parameters">[parameters], or [tasks, parameters]: of the network, of the head, and the map of a context.</param>
    /// <param name="rates">[rates].</param>
    /// <param name="support">[tasks, rows, features].</param>
    /// <returns>Float [tasks, parameters].</returns>
    public abstract Tensor Ends(Tensor parameters, Tensor rates, Tensor support);

    /// <summary>The query loss of each task after its steps, and the loss that the outer step minimises. The second can be differentiated once if libtorch records gradients.</summary>
    /// <param name="parameters">[parameters], or [tasks, parameters]: of the network, of the head, and the map of a context.</param>
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

    /// <summary>The losses, and the derivatives of the loss that the outer step minimises.</summary>
    /// <param name="parameters">As above.</param>
    /// <param name="rates">As above.</param>
    /// <param name="support">As above.</param>
    /// <param name="query">As above.</param>
    /// <param name="derivatives">By parameters [tasks, parameters] and by rates [tasks, rates]. If the encoder that embeds the rows is trained, also by support and by query [tasks, rows, features].</param>
    /// <param name="isDifferentiated">Whether to compute derivatives.</param>
    protected abstract (Tensor Query, Tensor Outer) Losses(Tensor parameters, Tensor rates, Tensor support, Tensor query, out Tensor[] derivatives, bool isDifferentiated);

    // The losses as one operation for libtorch's automatic differentiation. It can be differentiated once.
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
