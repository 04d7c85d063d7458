using MetaML.Adapters;
using MetaML.Adapters.Bayesian;
using MetaML.Adapters.ClosedForm;
using MetaML.Heads;
using MetaML.Parameters;
using Xunit;

namespace MetaML.Core.Tests.Adapters.ClosedForm;

/// <summary>Closed-form adapters in single precision against normal equations in decimal, on ill-conditioned support.</summary>
public sealed class IllConditionedSupportTests
{
    // The largest excess of the penalised squared error over its minimum, relative to the sum of squared labels, in addition to the
    // cost of a head in single precision. (Collinear features do not determine the weights.)
    private const double Tolerance = 1e-3;

    // If the products of features exceed the penalty beyond double precision, the smallest directions are lost.
    private const double LostRatio = 1e15, LostTolerance = 0.02;
    private const double SingleEpsilon = 1.1920929e-7;

    private const int Dimension = 6;

    public static TheoryData<string, int, double> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, double>();
            foreach (string form in new[] { "random", "duplicate rows", "collinear features", "constant feature", "one row many times" })
            {
                foreach (int rows in new[] { 3, 40 }) // fewer and more rows than values of an embedding
                {
                    foreach (double scale in new[] { 1e-6, 1e-3, 1, 1e3, 1e6 })
                        cases.Add(form, rows, scale);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ridge_IllConditionedSupport_IsFiniteAndNearTheOracle(string form, int rows, double scale)
    {
        foreach (double penalty in new[] { 1e-6, 1, 1e6 })
        {
            var shape = new HeadShape(LabelKind.Regression, Dimension, 1);
            var adapter = new RidgeAdapter(shape, new RidgeAdapterOptions { InitialPenalty = penalty });
            float[][] parameters = [.. ParameterArray.Initialize(adapter.Parameters, new Random(1)).Select(p => p.Values)];
            EmbeddedTask support = Support(form, rows, scale);
            LinearHead head = adapter.Adapt(parameters, support);
            double slope = Math.Exp(parameters[0][0]), intercept = Math.Exp(parameters[1][0]);
            Compare(head, support, [.. Enumerable.Repeat(slope, Dimension), intercept], $"penalty {penalty}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bayesian_IllConditionedSupport_IsFiniteAndNearTheOracle(string form, int rows, double scale)
    {
        foreach (float noise in new[] { -3f, 0, 3 })
        {
            var adapter = new BayesianAdapter(new HeadShape(LabelKind.Regression, Dimension, 1), new BayesianAdapterOptions());
            float[][] parameters = [.. ParameterArray.Initialize(adapter.Parameters, new Random(1)).Select(p => p.Values)];
            parameters[1][0] = noise;
            EmbeddedTask support = Support(form, rows, scale);
            Compare(adapter.Adapt(parameters, support), support, [.. parameters[0].Select(deviation => Math.Exp(2 * (noise - deviation)))], $"noise {noise}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Prototypes_IllConditionedSupport_IsFiniteAndNearTheOracle(string form, int rows, double scale)
    {
        var adapter = new PrototypeAdapter(new HeadShape(LabelKind.Binary, Dimension, 1));
        float[][] parameters = [.. ParameterArray.Initialize(adapter.Parameters, new Random(1)).Select(p => p.Values)];
        EmbeddedTask values = Support(form, rows, scale);
        var support = new EmbeddedTask(values.Embeddings, Dimension, [.. Enumerable.Range(0, rows).Select(i => (float)(i % 2))], values.Weights, 1);
        LinearHead head = adapter.Adapt(parameters, support);
        double temperature = Math.Exp(parameters[0][0]);
        var means = new double[2, Dimension];
        for (int row = 0; row < rows; row++)
        {
            for (int j = 0; j < Dimension; j++)
                means[row % 2, j] += support.Row(row)[j] / (double)((rows + 1 - row % 2) / 2);
        }

        double Distance(int row, int k) => Enumerable.Range(0, Dimension).Sum(j => Math.Pow(support.Row(row)[j] - means[k, j], 2));
        double size = Enumerable.Range(0, rows).Max(row => temperature * (Distance(row, 0) + Distance(row, 1) + Squares(support, row))) + 1e-30;
        for (int row = 0; row < rows; row++)
        {
            double score = Predict(head, support, row), expected = temperature * (Distance(row, 0) - Distance(row, 1));
            Assert.True(double.IsFinite(score) && Math.Abs(score - expected) <= 1e-4 * size, $"row {row}: {score}, not {expected}");
        }
    }

    private static double Squares(EmbeddedTask support, int row) => support.Row(row).ToArray().Sum(x => (double)x * x);

    private static EmbeddedTask Support(string form, int rows, double scale)
    {
        var random = new Random(rows);
        var embeddings = new float[rows * Dimension];
        for (int row = 0; row < rows; row++)
        {
            Span<float> z = embeddings.AsSpan(row * Dimension, Dimension);
            for (int j = 0; j < Dimension; j++)
                z[j] = (float)(scale * (2 * random.NextDouble() - 1));
            switch (form)
            {
                case "duplicate rows" when row % 2 == 1:
                    embeddings.AsSpan((row - 1) * Dimension, Dimension).CopyTo(z);
                    break;
                case "collinear features":
                    (z[1], z[2], z[3]) = (z[0], -2 * z[0], z[0] + z[4]);
                    break;
                case "constant feature":
                    z[0] = (float)scale;
                    break;
                case "one row many times" when row > 0:
                    embeddings.AsSpan(0, Dimension).CopyTo(z);
                    break;
            }
        }

        return new EmbeddedTask(embeddings, Dimension, [.. Enumerable.Range(0, rows).Select(_ => (float)(2 * random.NextDouble() - 1))], [.. Enumerable.Repeat(1f, rows)], 1);
    }

    // (Z̃ᵀZ̃ + diag λ) w = Z̃ᵀ y by elimination with pivoting in 28 decimal digits, because in double precision the largest products hide the smallest penalties.
    private static void Compare(LinearHead head, EmbeddedTask support, double[] penalties, string what)
    {
        int width = Dimension + 1, rows = support.RowCount;
        double Z(int row, int j) => j < Dimension ? support.Row(row)[j] : 1;
        decimal Exact(int row, int j) => (decimal)Z(row, j);
        var system = new decimal[width, width + 1];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
                system[i, j] = Enumerable.Range(0, rows).Sum(row => Exact(row, i) * Exact(row, j)) + (i == j ? (decimal)penalties[i] : 0);
            system[i, width] = Enumerable.Range(0, rows).Sum(row => Exact(row, i) * (decimal)(double)support.Labels[row]);
        }

        double[] w = Eliminate(system, width), actual = [.. head.Weights, head.Bias[0]];
        Assert.All(actual, weight => Assert.True(double.IsFinite(weight), $"{what}: {weight}"));
        double Error(double[] v) => Enumerable.Range(0, rows).Sum(row => Math.Pow(support.Labels[row] - Enumerable.Range(0, width).Sum(j => Z(row, j) * v[j]), 2))
            + Enumerable.Range(0, width).Sum(j => penalties[j] * v[j] * v[j]);
        double squares = support.Labels.Sum(label => (double)label * label);
        double rounding = Enumerable.Range(0, rows).Sum(row => Math.Pow(4 * SingleEpsilon * Enumerable.Range(0, width).Sum(j => Math.Abs(Z(row, j) * actual[j])), 2));
        double ratio = Enumerable.Range(0, width).Max(j => Enumerable.Range(0, rows).Sum(row => Z(row, j) * Z(row, j))) / penalties.Min();
        double tolerance = ratio > LostRatio ? LostTolerance : Tolerance;
        Assert.True(Error(actual) <= Error(w) + tolerance * squares + rounding, $"{what}: {Error(actual)}, where {Error(w)} can be reached");
    }

    private static double Predict(LinearHead head, EmbeddedTask support, int row) =>
        Enumerable.Range(0, Dimension).Sum(j => (double)support.Row(row)[j] * head.Weights[j]) + head.Bias[0];

    private static double[] Eliminate(decimal[,] system, int width)
    {
        for (int pivot = 0; pivot < width; pivot++)
        {
            int best = Enumerable.Range(pivot, width - pivot).MaxBy(i => Math.Abs(system[i, pivot]));
            for (int j = 0; j <= width; j++)
                (system[pivot, j], system[best, j]) = (system[best, j], system[pivot, j]);
            for (int i = 0; i < width; i++)
            {
                if (i == pivot)
                    continue;
                decimal factor = system[i, pivot] / system[pivot, pivot];
                for (int j = pivot; j <= width; j++)
                    system[i, j] -= factor * system[pivot, j];
            }
        }

        return [.. Enumerable.Range(0, width).Select(i => (double)(system[i, width] / system[i, i]))];
    }
}
