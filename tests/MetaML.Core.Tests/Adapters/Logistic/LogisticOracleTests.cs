using MetaML.Adapters;
using MetaML.Adapters.Logistic;
using MetaML.Encoders;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.TestKit;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Adapters.Logistic;

/// <summary>The logistic head, with and without libtorch, against the optimality condition and Newton's method in plain loops.</summary>
public sealed class LogisticOracleTests
{
    public static TheoryData<LabelKind, int, int, int> Cases => new() // labels, classes, rows, embedding; one case for each form of the system
    {
        { LabelKind.Binary, 2, 4, 6 },
        { LabelKind.Binary, 2, 30, 6 },
        { LabelKind.Multiclass, 3, 4, 6 }, // fewer rows than values of an embedding
        { LabelKind.Multiclass, 3, 12, 6 }, // fewer than classes times embedding
        { LabelKind.Multiclass, 3, 40, 6 }, // more than those
        { LabelKind.Multiclass, 5, 5, 2 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapt_AnySize_SolvesTheOptimalityCondition(LabelKind kind, int classes, int rows, int dimension)
    {
        var random = new Random(rows);
        Problem problem = Problem.Draw(kind, classes, rows, dimension, random);
        double[] expected = problem.Newton();
        Assert.True(problem.Gradient(expected).Max(Math.Abs) < 1e-9, "the oracle has not converged");
        double[] torch = problem.ByTorch(), managed = problem.ByManaged();
        Assert.True(problem.Gradient(torch).Max(Math.Abs) < 1e-8);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], torch[i], 1e-8 * (1 + Math.Abs(expected[i])));
            Assert.Equal(expected[i], managed[i], 1e-6 * (1 + Math.Abs(expected[i])));
        }
    }

    [Theory]
    [InlineData(LabelKind.Binary, 2)]
    [InlineData(LabelKind.Multiclass, 4)]
    public void Adapt_SeparableWithHardlyAnyPenalty_StillFindsTheMinimum(LabelKind kind, int classes)
    {
        // The classes are separable and far from the origin. Without the penalty the head would be infinite.
        var random = new Random(1);
        Problem problem = Problem.Draw(kind, classes, 20, 3, random, penalty: 1e-6);
        for (int i = 0; i < problem.Labels.Length; i++)
        {
            for (int j = 0; j < 3; j++)
                problem.Embeddings[i * 3 + j] = (float)(20 * ((problem.Labels[i] == j ? 1 : 0) + 0.1 * random.NextDouble()));
        }

        double[] torch = problem.ByTorch(), managed = problem.ByManaged();
        Assert.True(problem.Gradient(torch).Max(Math.Abs) < 1e-8);
        for (int i = 0; i < torch.Length; i++)
            Assert.Equal(torch[i], managed[i], 1e-5 * (1 + Math.Abs(torch[i])));
    }

    [Theory]
    [InlineData(LabelKind.Binary, 2)]
    [InlineData(LabelKind.Multiclass, 3)]
    public void Adapt_OneClassOrNoRows_ThePenaltyDecides(LabelKind kind, int classes)
    {
        Problem problem = Problem.Draw(kind, classes, 8, 3, new Random(2));
        Array.Fill(problem.Labels, 1);
        Assert.True(problem.Gradient(problem.ByTorch()).Max(Math.Abs) < 1e-8);
        Assert.True(problem.Gradient(problem.ByManaged()).Max(Math.Abs) < 1e-5);

        Problem nothing = Problem.Draw(kind, classes, 0, 3, new Random(3));
        Assert.Equal(nothing.Prior, nothing.ByTorch());
        Assert.Equal(nothing.Prior, nothing.ByManaged());
    }

    [Fact]
    public void Adapt_FiftyClasses_NeedsLessMemoryThanTheHessian()
    {
        Problem problem = Problem.Draw(LabelKind.Multiclass, 50, 250, 50, new Random(4));
        double[] torch = problem.ByTorch();
        long before = GC.GetAllocatedBytesForCurrentThread();
        double[] managed = problem.ByManaged();
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(bytes < sizeof(double) * (long)torch.Length * torch.Length, $"{bytes:N0} bytes");
        Assert.True(problem.Gradient(torch).Max(Math.Abs) < 1e-8);
        for (int i = 0; i < torch.Length; i++)
            Assert.Equal(torch[i], managed[i], 1e-5 * (1 + Math.Abs(torch[i])));
    }

    [Fact]
    public void Adapter_Values_ThrowsNamingWhatServesThem()
    {
        var shape = new HeadShape(LabelKind.Regression, 3, 1);
        foreach (Action make in new Action[] { () => _ = new LogisticAdapter(shape, new LogisticAdapterOptions()), () => new MetaTrainingOptions { Adapter = new LogisticAdapterOptions() }.Validate(LabelKind.Regression) })
        {
            string message = Assert.Throws<ArgumentException>(make).Message;
            Assert.Contains("got regression labels", message);
            Assert.Contains("RidgeAdapterOptions or BayesianAdapterOptions", message);
        }
    }

    // Heads as [outputs, embedding + 1], with the intercept last.
    private sealed record Problem(LabelKind Kind, int Outputs, int Dimension, float[] Embeddings, float[] Labels, float[] Weights, float[] Learned, double[] Prior)
    {
        private int Width => Dimension + 1;

        public static Problem Draw(LabelKind kind, int classes, int rows, int dimension, Random random, double penalty = 0.3)
        {
            int outputs = kind == LabelKind.Binary ? 1 : classes;
            float[] Some(int count, float scale) => [.. Enumerable.Range(0, count).Select(_ => scale * (2 * random.NextSingle() - 1))];
            double[] prior = Array.ConvertAll(Some(outputs * (dimension + 1), 0.5f), value => (double)value);
            return new Problem(
                kind, outputs, dimension, Some(rows * dimension, 2),
                [.. Enumerable.Range(0, rows).Select(i => (float)(i % classes))],
                [.. Enumerable.Range(0, rows).Select(_ => 0.5f + random.NextSingle())],
                [(float)Math.Log(penalty), (float)Math.Log(0.1 * penalty)],
                prior);
        }

        public double[] ByManaged()
        {
            LinearHead head = Adapter.Adapt([[Learned[0]], [Learned[1]], PriorValues], new EmbeddedTask(Embeddings, Dimension, Labels, Weights, Outputs));
            return [.. Enumerable.Range(0, Outputs).SelectMany(k => head.Weights[(k * Dimension)..((k + 1) * Dimension)].Append(head.Bias[k])).Select(value => (double)value)];
        }

        public double[] ByTorch()
        {
            using var scope = NewDisposeScope();
            int rows = Labels.Length;
            Tensor Double(float[] values, params long[] shape) => tensor(values, shape, dtype: ScalarType.Float64);
            AdaptedTasks adapted = Adapter.Adapt(new AdaptationInput
            {
                Encoder = new IdentityEncoder(Dimension),
                EncoderParameters = new ParameterSet([]),
                AdapterParameters = ParameterSet.FromArrays(Adapter.Parameters, [new("log_penalty", [Learned[0]]), new("log_intercept_penalty", [Learned[1]]), new("prior_head", PriorValues)], dtype: ScalarType.Float64),
                Support = new RowBatch(Double(Embeddings, 1, rows, Dimension), Double(Labels, 1, rows), Double(Weights, 1, rows)),
                ClassMask = ones(1, Outputs, dtype: ScalarType.Float64),
            });
            return [.. cat([adapted.Weights, adapted.Bias.unsqueeze(1)], 1)[0].t().contiguous().data<double>()];
        }

        // ∂/∂w of Σᵢ sᵢ ℓᵢ + ½ Σ λ (w − w₀)²
        public double[] Gradient(double[] head) => Derivatives(head, new double[0, 0]);

        public double[] Newton()
        {
            double[] head = [.. Prior];
            for (int step = 0; step < 50; step++)
            {
                var hessian = new double[head.Length, head.Length];
                double[] gradient = Derivatives(head, hessian);
                double[] direction = Solve(hessian, gradient);
                double rate = 1, slope = gradient.Zip(direction).Sum(pair => pair.First * pair.Second);
                double[] Moved() => [.. head.Zip(direction).Select(pair => pair.First - rate * pair.Second)];
                while (Value(Moved()) > Value(head) - 1e-4 * rate * slope + 1e-12)
                    rate /= 2;
                head = Moved();
            }

            return head;
        }

        private LogisticAdapter Adapter => new(new HeadShape(Kind, Dimension, Outputs), new LogisticAdapterOptions());

        // The order of the adapter: [embedding + 1, outputs], with the intercepts last.
        private float[] PriorValues => [.. Enumerable.Range(0, Width).SelectMany(j => Enumerable.Range(0, Outputs).Select(k => (float)Prior[k * Width + j]))];

        private double Penalty(int j) => Math.Exp(Learned[j < Dimension ? 0 : 1]);

        private double Entry(int row, int j) => j < Dimension ? Embeddings[row * Dimension + j] : 1;

        private double[] Probabilities(double[] head, int row)
        {
            double[] scores = [.. Enumerable.Range(0, Outputs).Select(k => Enumerable.Range(0, Width).Sum(j => Entry(row, j) * head[k * Width + j]))];
            if (Kind == LabelKind.Binary)
                return [1 / (1 + Math.Exp(-scores[0]))];
            double total = scores.Sum(score => Math.Exp(score - scores.Max()));
            return Array.ConvertAll(scores, score => Math.Exp(score - scores.Max()) / total);
        }

        private double Value(double[] head) =>
            Enumerable.Range(0, Labels.Length).Sum(row =>
            {
                double[] probabilities = Probabilities(head, row);
                double likelihood = Kind == LabelKind.Multiclass ? probabilities[(int)Labels[row]] : Labels[row] > 0 ? probabilities[0] : 1 - probabilities[0];
                return -Weights[row] * Math.Log(likelihood);
            }) + head.Select((value, i) => 0.5 * Penalty(i % Width) * (value - Prior[i]) * (value - Prior[i])).Sum();

        // Computes the gradient, and adds to the Hessian if the array is not empty.
        private double[] Derivatives(double[] head, double[,] hessian)
        {
            int size = Outputs * Width, wanted = hessian.GetLength(0);
            var gradient = new double[size];
            for (int i = 0; i < size; i++)
            {
                gradient[i] = Penalty(i % Width) * (head[i] - Prior[i]);
                if (i < wanted)
                    hessian[i, i] = Penalty(i % Width);
            }

            for (int row = 0; row < Labels.Length; row++)
            {
                double[] probabilities = Probabilities(head, row);
                for (int i = 0; i < size; i++)
                {
                    int k = i / Width;
                    double target = Kind == LabelKind.Multiclass ? Labels[row] == k ? 1 : 0 : Labels[row];
                    gradient[i] += Weights[row] * (probabilities[k] - target) * Entry(row, i % Width);
                    for (int j = 0; j < wanted; j++)
                        hessian[i, j] += Weights[row] * probabilities[k] * ((k == j / Width ? 1 : 0) - probabilities[j / Width]) * Entry(row, i % Width) * Entry(row, j % Width);
                }
            }

            return gradient;
        }

        private static double[] Solve(double[,] a, double[] b)
        {
            using var scope = NewDisposeScope();
            return [.. linalg.solve(tensor(a), tensor(b)).data<double>()];
        }
    }
}
