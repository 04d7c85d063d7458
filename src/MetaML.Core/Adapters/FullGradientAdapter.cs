using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters;

/// <summary>Inner gradient steps on encoder and head: φ ← φ − αₛ ∇L_support(φ), from meta-learned φ₀.</summary>
/// <remarks>
/// All tasks of a batch step at once, each with parameters of its own along a leading dimension. The outer gradient is
/// exact (second order) unless <see cref="GradientAdapterOptions.FirstOrder"/> is set. Cost: a forward and a backward pass
/// of the encoder for each step. Adapting needs libtorch. Source: Finn et al., Model-Agnostic Meta-Learning (MAML), 2017,
/// arXiv 1703.03400; learned rates as in MAML++, arXiv 1810.09502.
/// </remarks>
public sealed class FullGradientAdapter : GradientAdapter
{
    private readonly int _encoderParameters;

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any kind; the encoder's parameters must be given.</param>
    /// <param name="options">Steps, rates and first head.</param>
    public FullGradientAdapter(HeadShape shape, GradientAdapterOptions options)
        : base(shape, options, shape.EncoderParameters.Count + 1) => _encoderParameters = shape.EncoderParameters.Count;

    /// <inheritdoc/>
    public override AdaptedTasks Adapt(AdaptationInput input)
    {
        using var grad = enable_grad();
        long tasks = input.ClassMask.shape[0];
        var (weights, bias) = InitialHeads(input, new Lazy<Tensor>(input.EmbedSupport));
        string[] names = [.. input.EncoderParameters.Names];
        Tensor[] own = // φ: the encoder's parameters, then the head, each [tasks, …]
        [
            .. input.EncoderParameters.Tensors.Zip(input.Encoder.Parameters, (value, spec) => spec.PerTask(value, tasks)),
            weights,
            bias,
        ];
        for (int i = 0; i < own.Length; i++)
        {
            if (!own[i].requires_grad) // adapting a finished model: nothing lies behind φ₀
                own[i] = own[i].detach().requires_grad_();
        }

        for (int step = 0; step < Options.InnerSteps; step++)
        {
            AdaptedTasks current = Split(names, own);
            Tensor scores = current.Score(input.Encoder, input.Support.Features, input.Dropout);
            Tensor loss = LabelLoss.PerTask(Shape.Kind, scores, input.Support, input.ClassMask).sum(0L); // tasks do not touch each other's φ
            IList<Tensor> gradients = autograd.grad([loss], own, retain_graph: true, create_graph: input.IsTraining && !Options.FirstOrder);
            for (int i = 0; i < own.Length; i++)
                own[i] = own[i] - gradients[i] * Rate(input, step, Math.Min(i, _encoderParameters));
        }

        return Split(names, own);
    }

    private static AdaptedTasks Split(string[] names, Tensor[] own) =>
        new(new ParameterSet(names.Select((name, i) => (name, own[i]))), own[^2], own[^1]);
}
