using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders;

/// <content>Forward and backward by libtorch.</content>
public sealed partial class MlpEncoder
{
    /// <inheritdoc/>
    /// <remarks>
    /// The derivative is written out layer by layer, from what the forward pass leaves behind: with δ that by a layer's output,
    /// ∂W = hᵀδ, ∂b = Σᵢ δᵢ, and δWᵀ goes on to the layer before. Differentiated again, these are a fifth of the operations
    /// that automatic differentiation of automatic differentiation makes.
    /// </remarks>
    (Tensor Embedding, Func<Tensor, IReadOnlyList<Tensor>> PullBack) IEncoder.Differentiate(ParameterSet parameters, IReadOnlyList<string> by, Tensor features, Generator? dropout)
    {
        var passes = new List<Pass>();
        Tensor embedding = Forward(parameters, features, dropout, passes);
        return (embedding, byEmbedding => PullBack(parameters, by, passes, byEmbedding));
    }

    private Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout, List<Pass>? passes)
    {
        Tensor hidden = features; // [tasks, rows, features]
        foreach (Layer layer in _layers)
        {
            Tensor linear = Linear(hidden, parameters[layer.Weight], parameters[layer.Bias]), normal = linear; // [tasks, rows, units]
            if (!layer.IsHidden)
            {
                passes?.Add(new Pass(layer, hidden, linear, linear, linear, linear, null));
                hidden = linear;
                continue;
            }

            Tensor before = linear;
            if (_options.LayerNormalization)
            {
                normal = nn.functional.layer_norm(linear, [layer.Out], null, null, NormEpsilon);
                before = (normal * PerRow(parameters[layer.Gain])).Plus(PerRow(parameters[layer.Shift]));
            }

            Tensor after = Activate(before), next = after;
            Tensor? kept = dropout is null || _options.Dropout == 0 ? null
                : rand(next.shape, dtype: next.dtype, device: next.device, generator: dropout).IsAbove(_options.Dropout).to(next.dtype).Times(1 / (1 - _options.Dropout));
            if (kept is not null)
                next = next * kept;
            if (IsResidual(layer))
                next = next.Plus(hidden);
            passes?.Add(new Pass(layer, hidden, linear, normal, before, after, kept));
            hidden = next;
        }

        return _options.LinearPath ? cat([hidden, features], -1) : hidden;
    }

    private Tensor[] PullBack(ParameterSet parameters, IReadOnlyList<string> by, List<Pass> passes, Tensor byEmbedding)
    {
        var derivatives = new Dictionary<string, Tensor>();
        void Add(string name, Func<Tensor> derivative)
        {
            if (by.Contains(name))
                derivatives.Add(name, derivative());
        }

        Tensor delta = _options.LinearPath ? byEmbedding.narrow(-1, 0, _options.EmbeddingDimension) : byEmbedding; // by the layer's output, [tasks, rows, units]
        for (int l = _layers.Length - 1; derivatives.Count < by.Count; l--)
        {
            var (layer, input, linear, normal, before, after, kept) = passes[l];
            Tensor? around = IsResidual(layer) ? delta : null;
            if (layer.IsHidden)
            {
                delta = BackThroughActivation(kept is null ? delta : delta * kept, before, after);
                if (_options.LayerNormalization)
                {
                    Tensor byNormal = delta;
                    Add(layer.Gain, () => (byNormal * normal).sum(1L));
                    Add(layer.Shift, () => byNormal.sum(1L));
                    delta = BackThroughNorm(delta * PerRow(parameters[layer.Gain]), linear, normal);
                }
            }

            Tensor byLinear = delta;
            Add(layer.Weight, () => input.transpose(1, 2).bmm(byLinear));
            Add(layer.Bias, () => byLinear.sum(1L));
            if (derivatives.Count == by.Count)
                break;
            delta = Product(delta, parameters[layer.Weight].transpose(-1, -2));
            if (around is not null)
                delta = delta.Plus(around);
        }

        return [.. by.Select(name => derivatives[name])];
    }

    private Tensor Activate(Tensor values) => _options.Activation switch
    {
        Activation.Relu => values.relu(),
        Activation.Tanh => values.tanh(),
        _ => nn.functional.silu(values),
    };

    // δ · f'(before), with after = f(before).
    private Tensor BackThroughActivation(Tensor delta, Tensor before, Tensor after)
    {
        switch (_options.Activation)
        {
            case Activation.Relu:
                return delta * after.detach().sign(); // 0 or 1, and constant but for the kink
            case Activation.Tanh:
                return delta - delta * after.Squared();
            default: // x σ(x): f' = σ + f − σ f
                Tensor sigmoid = before.sigmoid();
                return delta * (sigmoid.Plus(after) - sigmoid * after);
        }
    }

    // n = (x − mean) / deviation: ∂x = (δ − mean(δ) − n mean(δ n)) / deviation.
    private static Tensor BackThroughNorm(Tensor delta, Tensor linear, Tensor normal)
    {
        Tensor Mean(Tensor values) => values.mean([-1L], keepdim: true);
        Tensor inverseDeviation = Mean((linear - Mean(linear)).Squared()).Plus(NormEpsilon).rsqrt();
        return (delta - Mean(delta) - normal * Mean(delta * normal)) * inverseDeviation;
    }

    private static Tensor Linear(Tensor input, Tensor weight, Tensor bias) => Product(input, weight).Plus(PerRow(bias));

    // By the tasks' own weights, or by those that they share.
    private static Tensor Product(Tensor input, Tensor weight)
    {
        if (weight.dim() == 3)
            return input.bmm(weight);

        long tasks = input.shape[0], rows = input.shape[1];
        return input.reshape(tasks * rows, input.shape[2]).mm(weight).reshape(tasks, rows, weight.shape[1]);
    }

    // [units] is broadcast as it is; [tasks, units] becomes [tasks, 1, units].
    private static Tensor PerRow(Tensor values) => values.dim() == 2 ? values.unsqueeze(1) : values;

    // What a layer leaves behind: its input h, hW + b, that normalised, what goes into the activation and what comes out, and what dropout keeps.
    private sealed record Pass(Layer Layer, Tensor Input, Tensor Linear, Tensor Normal, Tensor Before, Tensor After, Tensor? Kept);
}
