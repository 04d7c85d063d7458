using MetaML.Numerics;
using MetaML.Weighting;
using MetaML.Weighting.Gradients;
using Xunit;

namespace MetaML.Core.Tests.Weighting.Gradients;

/// <summary>Combinations of gradients against plain implementations with the full gradients.</summary>
public sealed class GradientWeightingTests
{
    private static readonly int[] s_all = [0, 1, 2, 3, 4, 5];

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    [InlineData(6, 2)]
    public void PcGrad_RandomGradients_MatchesSurgeryOnTheGradients(int tasks, int parameters)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            double[][] gradients = Gradients(tasks, parameters, seed);
            double[] combination = Combine(new PcGradWeightingOptions(), gradients, new Random(seed));

            var random = new Random(seed); // the same random orders
            var expected = new double[parameters];
            for (int i = 0; i < tasks; i++)
            {
                double[] own = [.. gradients[i]];
                int[] others = [.. Enumerable.Range(0, tasks).Where(j => j != i)];
                random.Shuffle(others);
                foreach (double[] other in others.Select(j => gradients[j]))
                {
                    double product = Dot(own, other);
                    if (product < 0)
                        own = [.. own.Zip(other, (x, y) => x - product / Dot(other, other) * y)];
                }

                expected = [.. expected.Zip(own, (x, y) => x + y)];
            }

            AssertNear(expected, Along(combination, gradients), 1e-9);
            Assert.All(combination, c => Assert.True(c >= 1));
        }
    }

    [Fact]
    public void PcGrad_TwoTasks_HurtsNeither()
    {
        int conflicts = 0;
        for (int seed = 0; seed < 100; seed++)
        {
            double[][] gradients = Gradients(2, 3, seed);
            double[] step = Along(Combine(new PcGradWeightingOptions(), gradients, new Random(1)), gradients);
            Assert.All(gradients, gradient => Assert.True(Dot(step, gradient) >= -1e-12));
            conflicts += Dot(gradients[0], gradients[1]) < 0 ? 1 : 0;
        }

        Assert.InRange(conflicts, 20, 80);
    }

    [Fact]
    public void CaGrad_RadiusZero_IsTheMeanGradient() =>
        Assert.Equal([1, 1, 1], Combine(new CaGradWeightingOptions { Radius = 0 }, Gradients(3, 4, 1), new Random(1)));

    [Fact]
    public void CaGrad_TwoTasks_MatchesAScanOfTheSimplex()
    {
        const double Radius = 0.7;
        for (int seed = 0; seed < 20; seed++)
        {
            double[][] gradients = Gradients(2, 3, seed);
            double[] mean = Along([1, 1], gradients, 0.5);
            double reach = Radius * Math.Sqrt(Dot(mean, mean));
            double Value(double share)
            {
                double[] mixed = Along([share, 1 - share], gradients);
                return Dot(mixed, mean) + reach * Math.Sqrt(Dot(mixed, mixed));
            }

            double low = 0, high = 1; // F is convex in the share
            while (high - low > 1e-12)
            {
                double third = (high - low) / 3;
                (low, high) = Value(low + third) < Value(high - third) ? (low, high - third) : (low + third, high);
            }

            double[] w = new ConflictAverseProblem(Products(gradients), Radius).Solve();
            Assert.Equal(Value(low), Value(w[0]), 1e-8 * Math.Abs(Value(low)) + 1e-12);
        }
    }

    [Theory]
    [InlineData(3, 8)]
    [InlineData(10, 4)]
    [InlineData(64, 200)]
    public void CaGrad_RandomGradients_MeetsTheProblemItSolves(int tasks, int parameters)
    {
        const double Radius = 0.5;
        for (int seed = 0; seed < 5; seed++)
        {
            double[][] gradients = Gradients(tasks, parameters, seed);
            double[] mean = Along([.. Enumerable.Repeat(1.0 / tasks, tasks)], gradients);
            double[] step = Along(Combine(new CaGradWeightingOptions { Radius = Radius }, gradients, new Random(1)), gradients, 1.0 / tasks);
            double[] away = [.. step.Zip(mean, (x, y) => x - y)];
            double reach = Radius * Math.Sqrt(Dot(mean, mean));
            Assert.Equal(reach, Math.Sqrt(Dot(away, away)), 1e-6 * reach); // on the border of the ball

            // By weak duality, max min gᵢ·d = min F: no feasible direction is better for the task with the smallest gain.
            var problem = new ConflictAverseProblem(Products(gradients), Radius);
            double worst = gradients.Min(gradient => Dot(gradient, step));
            double bound = problem.Value(problem.Solve());
            Assert.True(worst <= bound + 1e-9 && worst >= bound - 1e-3 * Math.Abs(bound) - 1e-6, $"{worst} of {bound}");
            Assert.True(worst >= gradients.Min(gradient => Dot(gradient, mean)) - 1e-12);
        }
    }

    [Fact]
    public void Project_RandomPoints_IsTheNearestOfTheSimplex()
    {
        var random = new Random(1);
        for (int i = 0; i < 50; i++)
        {
            double[] point = [.. Enumerable.Range(0, 4).Select(_ => 4 * random.NextDouble() - 2)];
            double[] nearest = ConflictAverseProblem.Project(point);
            Assert.Equal(1, nearest.Sum(), 1e-12);
            Assert.All(nearest, value => Assert.True(value >= 0));

            // (point − nearest) · (any corner − nearest) ≤ 0.
            double[] rest = [.. point.Zip(nearest, (x, y) => x - y)];
            double own = Dot(rest, nearest);
            Assert.All(rest, corner => Assert.True(corner - own <= 1e-12));
        }
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 8)]
    [InlineData(9, 4)]
    public void UpGrad_RandomGradients_MatchesProjectionsByEnumeration(int tasks, int parameters)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            double[][] gradients = Gradients(tasks, parameters, seed);
            double[] combination = Combine(new UpGradWeightingOptions(), gradients, new Random(1));
            double[] step = Along(combination, gradients);
            AssertNear([.. Enumerable.Range(0, parameters).Select(k => gradients.Sum(gradient => NearestWithoutConflict(gradient, gradients)[k]))], step, 1e-5);
            Assert.All(combination, c => Assert.True(c >= 1));
            Assert.All(gradients, gradient => Assert.True(Dot(step, gradient) >= -1e-5));
        }
    }

    [Fact]
    public void UpGrad_NoConflict_IsTheMeanGradient() =>
        AssertNear([1, 1, 1], Combine(new UpGradWeightingOptions(), [[1, 0, 0.2], [0.5, 2, 0], [0, 0.1, 3]], new Random(1)), 1e-12);

    [Fact]
    public void UpGrad_OppositeGradients_GiveNoStep() =>
        AssertNear([0, 0], Along(Combine(new UpGradWeightingOptions(), [[1, 2], [-3, -6]], new Random(1)), [[1, 2], [-3, -6]]), 1e-9);

    [Fact]
    public void DualBalancing_RandomGradients_MatchesTheFormulaOnTheGradientsOfLogLosses()
    {
        double[] losses = [0.5, 2, 30, 0.01];
        for (int seed = 0; seed < 20; seed++)
        {
            double[][] gradients = Gradients(4, 6, seed);
            var weighting = (IGradientWeighting)new DualBalancingWeightingOptions().Create(Tasks(4));
            weighting.Observe([0, 1, 2, 3], losses, new Random(1));
            double[] combination = weighting.Combine([0, 1, 2, 3], Products(gradients), new Random(1));

            double[][] ofLogs = [.. gradients.Zip(losses, (gradient, loss) => Array.ConvertAll(gradient, value => value / loss))];
            double[] norms = Array.ConvertAll(ofLogs, gradient => Math.Sqrt(Dot(gradient, gradient)));
            AssertNear(Along(Array.ConvertAll(norms, norm => norms.Max() / norm), ofLogs), Along(combination, gradients), 1e-9 * norms.Max());
        }
    }

    [Fact]
    public void DualBalancing_TaskWithoutAGradient_LeavesTheOthersBalanced()
    {
        var weighting = (IGradientWeighting)new DualBalancingWeightingOptions().Create(Tasks(3));
        weighting.Observe([0, 1, 2], [2, 1, 1], new Random(1));
        AssertNear([2, 1, 1], weighting.Combine([0, 1, 2], Products([[1, 0], [0, 2], [0, 0]]), new Random(1)), 1e-12); // α = 2
    }

    [Fact]
    public void GradNorm_NoAsymmetry_MakesGradientNormsAlike()
    {
        var weighting = (IGradientWeighting)new GradNormWeightingOptions { Asymmetry = 0 }.Create(Tasks(3));
        double[][] gradients = [[1, 0], [0, 3], [6, 0]];
        for (int step = 0; step < 400; step++)
        {
            weighting.Observe([0, 1, 2], [1, 1, 1], new Random(1));
            weighting.Combine([0, 1, 2], Products(gradients), new Random(1));
        }

        double[] norms = [.. weighting.Weights.Zip(gradients, (weight, gradient) => weight * Math.Sqrt(Dot(gradient, gradient)))];
        Assert.All(norms, norm => Assert.Equal(1, norm / norms.Average(), 0.05));
    }

    [Fact]
    public void GradNorm_TaskThatLagsBehind_CountsMore()
    {
        var weighting = (IGradientWeighting)new GradNormWeightingOptions().Create(Tasks(2));
        for (int step = 0; step < 50; step++)
        {
            weighting.Observe([0, 1], [1, Math.Pow(0.95, step)], new Random(1));
            weighting.Combine([0, 1], Products([[1, 0], [0, 1]]), new Random(1));
        }

        Assert.True(weighting.Weights[0] > 1.2 * weighting.Weights[1]);
    }

    [Fact]
    public void Relatedness_TasksAlongsideTheTarget_CountMoreThanThoseAgainstIt()
    {
        var weighting = (IGradientWeighting)new RelatednessWeightingOptions { TargetTasks = ["task0"], Temperature = 0.5 }.Create(Tasks(4));
        double[][] gradients = [[2, 0], [3, 3], [-1, 0]];
        for (int step = 0; step < 3; step++)
            weighting.Combine([0, 1, 2], Products(gradients), new Random(1));

        // Cosines 1, √½, −1; task 3 was never drawn: 0.
        double[] expected = [Math.Exp(1 / 0.5), Math.Exp(Math.Sqrt(0.5) / 0.5), Math.Exp(-1 / 0.5), 1];
        AssertNear([.. expected.Select(value => value / expected.Average())], [.. weighting.Weights], 1e-9);
        weighting.Combine([1, 2], Products([[0, 1], [1, 0]]), new Random(1)); // without a target the affinities do not change
        AssertNear([.. expected.Select(value => value / expected.Average())], [.. weighting.Weights], 1e-9);
    }

    [Fact]
    public void Relatedness_NamesOfOtherTasks_AreAnError() =>
        Assert.Contains("RelatednessWeightingOptions.TargetTasks must be names of training tasks; got 'south'.", Assert.Throws<ArgumentException>(() => new RelatednessWeightingOptions { TargetTasks = ["south"] }.Create(Tasks(3))).Message);

    public static TheoryData<TaskWeightingOptions> Combining => new(
        new PcGradWeightingOptions(), new CaGradWeightingOptions(), new UpGradWeightingOptions(), new DualBalancingWeightingOptions(), new GradNormWeightingOptions(), new RelatednessWeightingOptions { TargetTasks = ["task1", "task5"] });

    [Theory]
    [MemberData(nameof(Combining))]
    public void Weights_RandomGradients_HaveMeanOneAndAreNotNegative(TaskWeightingOptions options)
    {
        var weighting = (IGradientWeighting)options.Create(Tasks(6));
        for (int step = 0; step < 30; step++)
        {
            int[] drawn = [step % 6, (step + 2) % 6, (step + 3) % 6];
            int idle = (step + 1) % 6, other = (step + 4) % 6;
            double ratio = weighting.Weights[idle] / weighting.Weights[other];
            weighting.Observe(drawn, [1, 2, 0.5], new Random(step));
            double[] combination = weighting.Combine(drawn, Products(Gradients(3, 5, step)), new Random(step));
            Assert.All(combination, c => Assert.True(c >= 0));
            Assert.Equal(1, weighting.Weights.Average(), 1e-9);
            Assert.Equal(ratio, weighting.Weights[idle] / weighting.Weights[other], 1e-9); // weights of tasks that are not drawn do not change
        }
    }

    [Theory]
    [MemberData(nameof(Combining))]
    public void Combine_GradientsThatAreAllZero_GivesFiniteWeights(TaskWeightingOptions options)
    {
        var weighting = (IGradientWeighting)options.Create(Tasks(6));
        weighting.Observe(s_all, [0, 0, 0, 0, 0, 0], new Random(1));
        Assert.All(weighting.Combine(s_all, new double[6, 6], new Random(1)), c => Assert.Equal(1, c, 1e-12));
    }

    // The nearest vector whose product with each gradient is not negative. It lies on the normal planes of some of the gradients, so all
    // sets of planes are tried.
    private static double[] NearestWithoutConflict(double[] gradient, double[][] gradients)
    {
        double[]? nearest = null;
        double smallest = double.PositiveInfinity;
        for (int set = 0; set < 1 << gradients.Length; set++)
        {
            var basis = new List<double[]>(); // orthonormal, of the planes' normals
            foreach (double[] normal in gradients.Where((_, j) => (set >> j & 1) == 1))
            {
                double[] rest = Without(normal, basis);
                double norm = Math.Sqrt(Dot(rest, rest));
                if (norm > 1e-9)
                    basis.Add(Array.ConvertAll(rest, value => value / norm));
            }

            double[] candidate = Without(gradient, basis);
            double[] move = [.. gradient.Zip(candidate, (x, y) => x - y)];
            if (Dot(move, move) < smallest && gradients.All(other => Dot(candidate, other) >= -1e-9))
                (nearest, smallest) = (candidate, Dot(move, move));
        }

        return nearest!;
    }

    private static double[] Without(double[] vector, List<double[]> basis) =>
        basis.Aggregate(vector, (rest, axis) => [.. rest.Zip(axis, (x, y) => x - Dot(rest, axis) * y)]);

    private static WeightedTask[] Tasks(int count) => [.. Enumerable.Range(0, count).Select(i => new WeightedTask($"task{i}", LabelKind.Regression, 10))];

    private static double[] Combine(TaskWeightingOptions options, double[][] gradients, Random random) =>
        ((IGradientWeighting)options.Create(Tasks(gradients.Length))).Combine([.. Enumerable.Range(0, gradients.Length)], Products(gradients), random);

    private static double[][] Gradients(int tasks, int parameters, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, tasks).Select(_ => Enumerable.Range(0, parameters).Select(_ => NormalRandom.Next(random)).ToArray())];
    }

    private static double[,] Products(double[][] gradients)
    {
        var products = new double[gradients.Length, gradients.Length];
        for (int i = 0; i < gradients.Length; i++)
        {
            for (int j = 0; j < gradients.Length; j++)
                products[i, j] = Dot(gradients[i], gradients[j]);
        }

        return products;
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Along(double[] combination, double[][] gradients, double factor = 1) =>
        [.. Enumerable.Range(0, gradients[0].Length).Select(k => factor * combination.Zip(gradients, (c, gradient) => c * gradient[k]).Sum())];

    private static void AssertNear(double[] expected, double[] actual, double tolerance) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
}
