using MetaML.Files;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>Adam: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − α m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ).</summary>
/// <remarks>
/// Source: Kingma and Ba, 2014, arXiv 1412.6980. The optimiser of TorchSharp is not used, because its scalars can be freed during a
/// call (see <see cref="TensorArithmetic"/>).
/// </remarks>
internal sealed class AdamOptimizer : IResumable
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly TrainedParameters _parameters;
    private readonly Tensor _mean;
    private readonly Tensor _variance;
    private readonly Tensor _root; // all have the size of θ, so that a step allocates nothing
    private readonly Tensor _move;
    private int _step;

    /// <summary>An optimiser whose state belongs to the current dispose scope.</summary>
    public AdamOptimizer(TrainedParameters parameters)
    {
        _parameters = parameters;
        _mean = zeros_like(parameters.Theta);
        _variance = zeros_like(parameters.Theta);
        _root = zeros_like(parameters.Theta);
        _move = zeros_like(parameters.Theta);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Exchange(ref _step);
        state.Exchange(_mean);
        state.Exchange(_variance);
    }

    /// <summary>Changes θ.</summary>
    /// <param name="gradient">g, float [parameters].</param>
    /// <param name="learningRate">α, before each parameter's factor.</param>
    public void Step(Tensor gradient, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        _step++;
        double first = 1 - Math.Pow(Beta1, _step), second = 1 - Math.Pow(Beta2, _step);
        _mean.Scale(Beta1).Add(gradient, 1 - Beta1);
        _variance.Scale(Beta2).AddProduct(gradient, gradient, 1 - Beta2);
        _root.copy_(_variance).Scale(1 / second).sqrt_().Shift(Epsilon);
        _move.copy_(_mean).mul_(_parameters.RateFactors);
        _parameters.Theta.AddQuotient(_move, _root, -learningRate / first);
    }
}
