using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaML.Training;

/// <summary>Adam: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − α m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ).</summary>
/// <remarks>
/// Source: Kingma and Ba, 2014, arXiv 1412.6980. TorchSharp's own is not used, because its scalars can be freed in the
/// middle of a call (see <see cref="TensorArithmetic"/>).
/// </remarks>
internal sealed class AdamOptimizer
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly Slot[] _slots;
    private int _step;

    /// <summary>An optimiser whose state belongs to the current dispose scope.</summary>
    /// <param name="parameters">What is changed, each with a factor on the learning rate.</param>
    public AdamOptimizer(IEnumerable<(Parameter Parameter, double RateFactor)> parameters) =>
        _slots = [.. parameters.Select(p => new Slot(p.Parameter, p.RateFactor, p.Parameter.detach().zeros_like(), p.Parameter.detach().zeros_like()))];

    /// <summary>Changes each parameter by its gradient; one without a gradient stays.</summary>
    /// <param name="learningRate">α, before each parameter's factor.</param>
    public void Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        _step++;
        double first = 1 - Math.Pow(Beta1, _step), second = 1 - Math.Pow(Beta2, _step);
        foreach (var (parameter, factor, mean, variance) in _slots)
        {
            if (parameter.grad is not { } gradient)
                continue;
            mean.copy_(mean.Times(Beta1).Plus(gradient.Times(1 - Beta1)));
            variance.copy_(variance.Times(Beta2).Plus(gradient.Squared().Times(1 - Beta2)));
            Tensor root = variance.Times(1 / second).sqrt().Plus(Epsilon);
            parameter.sub_(mean.Times(learningRate * factor / first) / root);
        }
    }

    /// <summary>Forgets all gradients.</summary>
    public void ClearGradients()
    {
        foreach (Slot slot in _slots)
            slot.Parameter.grad = null;
    }

    private sealed record Slot(Parameter Parameter, double RateFactor, Tensor Mean, Tensor Variance);
}
