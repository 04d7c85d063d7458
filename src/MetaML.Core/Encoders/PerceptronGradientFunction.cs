using static TorchSharp.torch;

namespace MetaML.Encoders;

/// <summary>Gradients of perceptrons' losses as one operation that libtorch differentiates.</summary>
internal sealed class PerceptronGradientFunction : autograd.SingleTensorFunction<PerceptronGradientFunction>
{
    private const string Step = "step";

    /// <inheritdoc/>
    public override string Name => "PerceptronGradient";

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (own, shared, step) = ((Tensor)vars[0], (Tensor?)vars[1], (PerceptronStep)vars[2]);
        ctx.save_for_backward(shared is null ? [own] : [own, shared]);
        ctx.save_data(Step, step);
        return step.Loss.Forward(step, own, shared);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        var step = (PerceptronStep)ctx.get_data(Step);
        using var constant = no_grad();
        var (own, shared) = step.Loss.Backward(step, saved[0], saved.ElementAtOrDefault(1), grad_output);
        return [own, shared!, null!];
    }
}
