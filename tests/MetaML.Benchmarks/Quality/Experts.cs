using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace MetaML.Benchmarks.Quality;

/// <summary>Several outputs of the same rows: MultiOutput beside a network with one trunk for all outputs, and beside a mixture of experts with a gate for each output (MMoE).</summary>
/// <remarks>
/// Source of the mixture and of the generated data: Ma et al., Modeling Task Relationships in Multi-task Learning with Multi-gate
/// Mixture-of-Experts, KDD 2018. Both networks have about as many parameters, the same training, and the values of the step with the least
/// validation loss.
/// </remarks>
internal static class Experts
{
    private const int Draws = 5;

    /// <summary>Compares the methods on questions about digits, on halves of digits, and on two generated outputs.</summary>
    /// <param name="folder">The folder of digits.csv.</param>
    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        float[][] digits = [.. File.ReadLines(Path.Combine(folder, "digits.csv")).Skip(1).Select(line => Array.ConvertAll(line.Split(','), field => float.Parse(field, CultureInfo.InvariantCulture)))];
        var random = new Random(1);
        int[] sets = [.. Enumerable.Range(0, 1024).Where(set => BitOperations.PopCount((uint)set) is >= 3 and <= 5)];
        random.Shuffle(sets);
        Sample[] questions = Array.ConvertAll(digits, image => new Sample(image[..64], Array.ConvertAll(sets[..12], set => (float)(set >> (int)image[64] & 1))));
        Sample[] halves = Array.ConvertAll(digits, image => new Sample(image[..32], [.. Enumerable.Range(32, 32).Where(pixel => pixel % 8 is > 0 and < 7).Select(pixel => image[pixel])])); // pixels at the left and right are nearly constant

        foreach (var (name, samples, areAnswers, sizes) in new[] { ("digits, twelve questions", questions, true, new[] { 100, 400 }), ("digits, the lower half", halves, false, [100, 400]), ("two generated outputs", Generated(4000), false, [400, 2000]) })
        {
            var table = new Table($"experts: {name}", areAnswers ? "log-loss" : "RMSE");
            foreach (int rows in sizes)
            {
                foreach (var (method, fit) in Fits(areAnswers))
                {
                    table.Add(method, $"{rows} rows", Enumerable.Range(0, Draws).Select(draw =>
                    {
                        Sample[] shuffled = [.. samples];
                        new Random(draw).Shuffle(shuffled);
                        Sample[] test = shuffled[^(samples.Length / 4)..];
                        return Loss(test, fit(shuffled[..rows], test, draw), areAnswers);
                    }));
                }
            }

            table.Print(clock.Elapsed.TotalSeconds);
        }
    }

    private static (string Name, Func<Sample[], Sample[], int, float[][]> Fit)[] Fits(bool areAnswers) =>
    [
        ("MultiOutput, nothing set", (training, test, draw) => ByMultiOutput(training, test, draw, areAnswers, new())),
        ("MultiOutput, MLP + ridge", (training, test, draw) => ByMultiOutput(training, test, draw, areAnswers, new() { Encoder = new MlpEncoderOptions(), Adapter = new RidgeAdapterOptions() })),
        ("one trunk", (training, test, draw) => ByNetwork(training, test, draw, areAnswers, isMixture: false)),
        ("MMoE", (training, test, draw) => ByNetwork(training, test, draw, areAnswers, isMixture: true)),
    ];

    // y = Σ α sin(β s + γ) + 0.1 s + noise, s = ⟨wₖ, x⟩. The directions w₁ and w₂ of the outputs have correlation 0.5.
    private static Sample[] Generated(int count)
    {
        const int Features = 32;
        var random = new Random(1);
        float Normal() => (float)NormalDraw.Next(random);
        float[] first = [.. Enumerable.Range(0, Features).Select(_ => Normal())], other = [.. Enumerable.Range(0, Features).Select(_ => Normal())];
        TensorPrimitives.Divide(first, TensorPrimitives.Norm<float>(first), first);
        TensorPrimitives.MultiplyAdd<float>(first, -TensorPrimitives.Dot<float>(first, other), other, other); // orthogonal
        TensorPrimitives.Divide(other, TensorPrimitives.Norm<float>(other), other);
        float[] second = [.. first.Zip(other, (a, b) => 0.5f * a + MathF.Sqrt(0.75f) * b)];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float[] x = [.. Enumerable.Range(0, Features).Select(_ => Normal())];
            float Output(float[] direction)
            {
                float s = TensorPrimitives.Dot<float>(direction, x);
                return 0.1f * s + Enumerable.Range(1, 4).Sum(i => MathF.Sin(i * s + i)) + 0.1f * Normal();
            }

            return new Sample(x, [Output(first), Output(second)]);
        })];
    }

    private static double Loss(Sample[] test, float[][] predictions, bool areAnswers) => areAnswers
        ? test.Zip(predictions).Average(row => row.First.Outputs.Zip(row.Second).Average(pair => -Math.Log(Math.Clamp(pair.First == 1 ? pair.Second : 1 - pair.Second, 1e-6, 1))))
        : Math.Sqrt(test.Zip(predictions).Average(row => row.First.Outputs.Zip(row.Second).Average(pair => Math.Pow(pair.First - pair.Second, 2))));

    private static float[][] ByMultiOutput(Sample[] training, Sample[] test, int draw, bool areAnswers, MultiOutputOptions options)
    {
        var ml = new MLContext(seed: draw);
        string[] names = [.. training[0].Outputs.Select((_, k) => $"Output{k}")];
        string file = Path.GetTempFileName();
        try
        {
            int features = training[0].Features.Length;
            TextLoader loader = ml.Data.CreateTextLoader([new("Features", DataKind.Single, 0, features - 1), .. names.Select((name, k) => new TextLoader.Column(name, DataKind.Single, features + k))], separatorChar: ',');
            IDataView Load(Sample[] samples)
            {
                File.WriteAllLines(file, samples.Select(sample => string.Join(',', sample.Features.Concat(sample.Outputs).Select(value => value.ToString(CultureInfo.InvariantCulture)))));
                return ml.Data.Cache(loader.Load(file));
            }

            options.Outputs = [.. names.Select(name => new OutputColumn(name, areAnswers ? LabelKind.Binary : LabelKind.Regression))];
            ITransformer model = ml.MetaLearning().MultiOutput(options).Fit(Load(training));
            IDataView scored = model.Transform(Load(test));
            float[][] columns = Array.ConvertAll(names, name => scored.GetColumn<float>($"{name}.{(areAnswers ? "Probability" : "Score")}").ToArray());
            return [.. test.Select((_, i) => Array.ConvertAll(columns, column => column[i]))];
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static float[][] ByNetwork(Sample[] training, Sample[] test, int draw, bool areAnswers, bool isMixture)
    {
        const int Steps = 2000, Batch = 64, Interval = 50;
        using var scope = NewDisposeScope();
        set_num_threads(1); // small tensors
        random.manual_seed(draw);
        var chooser = new Random(draw);
        int features = training[0].Features.Length, outputs = training[0].Outputs.Length;
        Tensor Of(Sample[] samples, Func<Sample, float[]> values) => tensor(samples.SelectMany(values).ToArray()).reshape(samples.Length, -1);
        Tensor raw = Of(training, sample => sample.Features), targets = Of(training, sample => sample.Outputs);
        Tensor mean = raw.mean([0L]), deviation = Deviations(raw);
        Tensor center = areAnswers ? zeros(outputs) : targets.mean([0L]), spread = areAnswers ? ones(outputs) : Deviations(targets);
        Tensor x = (raw - mean) / deviation, y = (targets - center) / spread;
        int held = training.Length / 5; // the rows are in random order
        Tensor heldX = x.narrow(0, 0, held), heldY = y.narrow(0, 0, held);

        Network network = isMixture ? new Mixture(features, outputs) : new Trunk(features, outputs);
        Tensor LossOf(Tensor rows, Tensor labels) => areAnswers
            ? nn.functional.binary_cross_entropy_with_logits(network.Forward(rows), labels)
            : nn.functional.mse_loss(network.Forward(rows), labels);
        using var optimizer = optim.Adam(network.Parameters, 1e-3);
        float least = float.PositiveInfinity;
        Tensor[] best = [];
        for (int step = 1; step <= Steps; step++)
        {
            using var inner = NewDisposeScope();
            Tensor rows = tensor(Enumerable.Range(0, Batch).Select(_ => (long)chooser.Next(held, training.Length)).ToArray());
            optimizer.zero_grad();
            LossOf(x.index_select(0, rows), y.index_select(0, rows)).backward();
            optimizer.step();
            if (step % Interval != 0)
                continue;
            using var constant = no_grad();
            float loss = LossOf(heldX, heldY).item<float>();
            if (!(loss < least))
                continue;
            least = loss;
            best = [.. network.Parameters.Select(parameter => parameter.detach().clone().MoveToOuterDisposeScope())];
        }

        using var final = no_grad();
        foreach (var (parameter, value) in network.Parameters.Zip(best))
            parameter.copy_(value);
        Tensor scores = network.Forward((Of(test, sample => sample.Features) - mean) / deviation);
        float[] predictions = (areAnswers ? scores.sigmoid() : scores * spread + center).data<float>().ToArray();
        return [.. predictions.Chunk(outputs)];
    }

    // Columns that are nearly constant in the training rows would otherwise be enormous in other rows.
    private static Tensor Deviations(Tensor columns)
    {
        Tensor deviations = columns.std(0L);
        return maximum(deviations, 0.1f * deviations.max());
    }

    private sealed record Sample(float[] Features, float[] Outputs);

    private abstract class Network
    {
        private readonly List<Parameter> _parameters = [];

        public IReadOnlyList<Parameter> Parameters => _parameters;

        /// <returns>[rows, outputs].</returns>
        public abstract Tensor Forward(Tensor rows);

        protected Tensor Weight(int inputs, params long[] shape)
        {
            _parameters.Add(nn.Parameter(randn(shape) * MathF.Sqrt(2f / inputs)));
            return _parameters[^1];
        }

        protected Tensor Bias(params long[] shape)
        {
            _parameters.Add(nn.Parameter(zeros(shape)));
            return _parameters[^1];
        }
    }

    // Two layers for all outputs, and a linear head for each.
    private sealed class Trunk : Network
    {
        private const int First = 192, Second = 80;
        private readonly Tensor _first, _firstBias, _second, _secondBias, _head, _headBias;

        public Trunk(int features, int outputs)
        {
            (_first, _firstBias) = (Weight(features, features, First), Bias(First));
            (_second, _secondBias) = (Weight(First, First, Second), Bias(Second));
            (_head, _headBias) = (Weight(2 * Second, Second, outputs), Bias(outputs));
        }

        public override Tensor Forward(Tensor rows) => ((rows.mm(_first) + _firstBias).relu().mm(_second) + _secondBias).relu().mm(_head) + _headBias;
    }

    // Four experts of two layers. The input of an output's head is Σₑ softmax(x Gₖ)ₑ · expertₑ(x).
    private sealed class Mixture : Network
    {
        private const int Count = 4, First = 64, Second = 32;
        private readonly Tensor _first, _firstBias, _second, _secondBias, _gates, _head, _headBias;
        private readonly int _outputs;

        public Mixture(int features, int outputs)
        {
            _outputs = outputs;
            (_first, _firstBias) = (Weight(features, Count, features, First), Bias(Count, 1, First));
            (_second, _secondBias) = (Weight(First, Count, First, Second), Bias(Count, 1, Second));
            _gates = Weight(200 * features, features, outputs * Count); // nearly equal at first
            (_head, _headBias) = (Weight(2 * Second, outputs, Second), Bias(outputs));
        }

        public override Tensor Forward(Tensor rows)
        {
            Tensor experts = ((rows.matmul(_first) + _firstBias).relu().matmul(_second) + _secondBias).relu(); // [experts, rows, second]
            Tensor gates = rows.mm(_gates).reshape(rows.shape[0], _outputs, Count).softmax(2);
            return (gates.bmm(experts.transpose(0, 1)) * _head).sum(2) + _headBias;
        }
    }
}
