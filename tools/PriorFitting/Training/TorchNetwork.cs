using MetaML.Native;
using MetaML.Parameters;
using MetaML.Pretrained.Network;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MetaML.PriorFitting.Training;

/// <summary>The network's forward pass and loss in TorchSharp, for training.</summary>
/// <param name="shape">The network's sizes.</param>
/// <param name="parameters">The tensors of <see cref="NetworkShape.Parameters"/>.</param>
internal sealed class TorchNetwork(NetworkShape shape, ParameterSet parameters)
{
    private const double RegressionWeight = 0.5; // the cross-entropy of 64 bins is larger than that of classes

    /// <summary>The logits of each row of the query: float [tables, query, outputs].</summary>
    public Tensor Logits(Tensor tokens, Tensor supportLabels)
    {
        long support = supportLabels.shape[1], query = tokens.shape[1] - support;
        Tensor state = Perceptron("row", tokens); // [tables, rows, width]
        Tensor labels = F.linear(supportLabels, parameters["label"].t());
        state = cat([state.narrow(1, 0, support).Plus(labels), state.narrow(1, support, query)], 1);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            Tensor normal = Norm($"{layer}.attention.norm", state), context = normal.narrow(1, 0, support);
            if (layer == shape.Layers - 1) // no row attends to the support after the last layer
                (state, normal) = (state.narrow(1, support, query), normal.narrow(1, support, query));
            Tensor attended = F.scaled_dot_product_attention(Heads($"{layer}.query", normal), Heads($"{layer}.key", context), Heads($"{layer}.value", context));
            state = state.Plus(Affine($"{layer}.attention.out", attended.transpose(1, 2).flatten(2)));
            state = state.Plus(Perceptron($"{layer}.perceptron", Norm($"{layer}.perceptron.norm", state)));
        }

        return Perceptron("head", Norm("head.norm", state));
    }

    /// <summary>The sums over tables of the mean cross-entropies of classes and of bins.</summary>
    public (Tensor Loss, Tensor Classes, Tensor Bins) Loss(TableBatch batch)
    {
        int tables = batch.Tables.Count, query = batch.Rows - batch.Support, classifications = batch.Classifications;
        Tensor logits = Logits(
            tensor(batch.Tokens, [tables, batch.Rows, shape.Inputs]), tensor(batch.SupportLabels, [tables, batch.Support, NetworkShape.LabelInputs]));
        Tensor targets = tensor(batch.Targets, [tables, query]);
        Tensor mask = tensor([.. batch.Tables.SelectMany(table => ClassMask(table.Classes))], [tables, 1, NetworkShape.MaximumClasses]);
        Tensor classes = Sum(logits.narrow(2, 0, NetworkShape.MaximumClasses).Plus(mask), targets, 0, classifications);
        Tensor bins = Sum(logits.narrow(2, NetworkShape.MaximumClasses, LabelBins.Count), targets, classifications, tables - classifications);
        return (classes.Plus(bins.Times(RegressionWeight)), classes, bins);
    }

    private static Tensor Sum(Tensor logits, Tensor targets, int first, int count) => count == 0 ? zeros(1).sum()
        : F.cross_entropy(logits.narrow(0, first, count).flatten(0, 1), targets.narrow(0, first, count).flatten()).Times(count);

    private static IEnumerable<float> ClassMask(int classes) => Enumerable.Range(0, NetworkShape.MaximumClasses).Select(k => k < classes ? 0 : -1e9f);

    private Tensor Affine(string name, Tensor values) => F.linear(values, parameters[$"{name}.weight"].t(), parameters[$"{name}.bias"]);

    private Tensor Perceptron(string name, Tensor values) => Affine($"{name}.out", Affine($"{name}.in", values).relu());

    private Tensor Norm(string name, Tensor values) => F.layer_norm(values, [shape.Width], parameters[$"{name}.scale"], parameters[$"{name}.shift"]);

    // [tables, heads, rows, width / heads]
    private Tensor Heads(string name, Tensor values) => Affine(name, values).unflatten(2, [shape.Heads, shape.Width / shape.Heads]).transpose(1, 2);
}
