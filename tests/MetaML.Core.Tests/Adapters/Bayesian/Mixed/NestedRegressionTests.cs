using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;
using Xunit.Abstractions;

namespace MetaML.Core.Tests.Adapters.Bayesian.Mixed;

/// <summary>Tasks in groups: against dense matrices, against lme4, and on data that were drawn from known populations.</summary>
public sealed class NestedRegressionTests(ITestOutputHelper output)
{
    private const int Dimension = 1, Width = Dimension + 1;

    private static readonly double[][] s_roots = [[0.8, 0, 0.2, 0.5], [0.6, 0, -0.3, 0.4], [0.3, 0, 0.1, 0.7]];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Integrate_ThreeLevels_MatchesDenseMatrices(int covariates)
    {
        var (tasks, parents, dense) = Draw(covariates);
        NestedRegression.Integrated at = new NestedRegression(tasks, Design(covariates), parents).Integrate(s_roots);
        Assert.Equal(dense.LogDeterminant, at.LogDeterminant, 1e-6);
        Assert.Equal(dense.Quadratic, at.Quadratic, 1e-6 * dense.Quadratic);
        for (int i = 0; i < at.Coefficients.Length; i++)
            Assert.Equal(dense.Coefficients[i], at.Coefficients[i], 1e-5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Descend_Derivatives_MatchDifferences(int covariates)
    {
        const double Step = 1e-5, Variance = 0.7;
        var (tasks, parents, _) = Draw(covariates);
        var regression = new NestedRegression(tasks, Design(covariates), parents);
        double LogLikelihood(double[][] roots)
        {
            NestedRegression.Integrated at = regression.Integrate(roots);
            return -0.5 * (at.Quadratic / Variance + at.LogDeterminant);
        }

        double[][] gradients = regression.Integrate(s_roots).Descend(1 / Variance).ByCovariance;
        for (int level = 0; level < s_roots.Length; level++)
        {
            var form = new CovarianceRoot(Width, PriorCovariance.Full);
            double[] gradient = form.Gradient(gradients[level], s_roots[level]), free = form.Free(s_roots[level]);
            for (int i = 0; i < free.Length; i++)
            {
                double At(double step)
                {
                    double[] moved = [.. free];
                    moved[i] += step;
                    return LogLikelihood([.. s_roots.Select((root, l) => l == level ? form.Of(moved) : root)]);
                }

                Assert.Equal((At(Step) - At(-Step)) / (2 * Step), gradient[i], 1e-4);
            }
        }
    }

    [Fact]
    public void Without_Task_IsThePosteriorOfTheOthers()
    {
        var (tasks, parents, _) = Draw(0);
        NestedRegression.Integrated at = new NestedRegression(tasks, Design(0), parents).Integrate(s_roots);
        // With a task that says nothing in its place, the posterior of its group is the same, up to β, which is the same here because it is given.
        MixedTask[] others = [.. tasks];
        others[3] = new MixedTask(tasks[3].Evidence, tasks[3].Form.Plus(tasks[3].Form, -1), tasks[3].Covariates);
        NestedRegression.Integrated without = new NestedRegression(others, Design(0), parents).Integrate(s_roots);
        at.Coefficients.CopyTo(without.Coefficients, 0);
        NestedRegression.Effect expected = without.Descend(1).Effects[1][parents[0][3]], actual = at.Without(3);
        Assert.Equal(expected.Mean, actual.Mean, (a, b) => Math.Abs(a - b) < 1e-8);
        Assert.Equal(expected.Covariance, actual.Covariance, (a, b) => Math.Abs(a - b) < 1e-8);
    }

    [MixedDataTheory]
    [InlineData("pastes", "strength", "batch", "cask", new string[0], "cask:batch")]
    [InlineData("chem97", "score", "lea", "school", new[] { "gcsecnt" }, "school:lea")]
    public void Train_NestedGroups_AgreesWithLme4(string data, string label, string group, string task, string[] features, string inner)
    {
        IReadOnlyDictionary<string, string[]> table = MixedData.Table(data);
        double[][] columns = features.Length == 0 ? [new double[table[label].Length]] : Array.ConvertAll(features, table.Numbers); // a constant feature has no effect
        double[] labels = table.Numbers(label);
        FeatureStore store = FeatureStore.Dense(columns.Length);
        store.FeatureNames = features.Length == 0 ? ["zero"] : features;
        var builder = new TaskSetBuilder(LabelKind.Regression, store) { GroupNames = [group] };
        for (int row = 0; row < labels.Length; row++)
        {
            string name = $"{table[task][row]}:{table[group][row]}";
            builder.Add(name, store.Add(new FeatureRow(Array.ConvertAll(columns, values => (float)values[row]))), (float)labels[row]);
            builder.SetGroups(name, table[group][row]);
        }

        TaskSet tasks = builder.Build();
        MetaModel model = MetaTrainer.Train(tasks, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { Shrinkage = false, VaryingFeatures = [] } });
        Population population = Population.Of(model)!;
        IReadOnlyDictionary<string, double> reference = MixedData.Reference(data);
        int intercept = columns.Length, width = intercept + 1;
        double ofEffects = 0, ofErrors = 0;
        foreach (string name in features.Append("(Intercept)"))
        {
            int j = name == "(Intercept)" ? intercept : Array.IndexOf(features, name);
            ofEffects = Math.Max(ofEffects, Math.Abs(population.Coefficients[0][j] - reference["fixed:" + name]) / reference["se:" + name]);
            ofErrors = Math.Max(ofErrors, Math.Abs(population.StandardError(-1, j) / reference["se:" + name] - 1));
        }

        (double Found, double Expected)[] deviations =
        [
            (Math.Sqrt(population.Covariance[^1]), reference[$"sd:{inner}:(Intercept)"]),
            (Math.Sqrt(population.Levels[0].Covariance[width * width - 1]), reference[$"sd:{group}:(Intercept)"]),
            (Math.Sqrt(population.ResidualVariance), reference["sd:Residual:residual"]),
        ];
        double ofDeviations = deviations.Max(pair => Math.Abs(pair.Found / pair.Expected - 1));

        Dictionary<string, double> groups = population.GroupsOf(0).ToDictionary(effect => effect.Name, effect => effect.Effect[intercept]);
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(tasks.With([.. tasks.Tasks.Select(known => known.WithPrior(model.TaskPriors[known.Name]))]));
        Dictionary<string, double> own = tasks.Tasks.Zip(adapted).ToDictionary(pair => pair.First.Name, pair => population.Task(pair.Second) is var (head, mean, _) ? head[intercept] - mean[intercept] : 0);
        double ofTasks = Math.Max(Difference($"{data}.ranef.{group}", groups), Difference($"{data}.ranef.{inner.Replace(':', '_')}", own));

        output.WriteLine(FormattableString.Invariant($"{data}: log likelihood {population.LogLikelihood:F3} ({population.LogLikelihood - reference["logLik"]:E1}), effects {ofEffects:E1} standard errors, standard errors {ofErrors:E1}, standard deviations {ofDeviations:E1}, effects of groups and tasks {ofTasks:E1} of their spread"));
        Assert.Equal(reference["logLik"], population.LogLikelihood!.Value, 1e-3);
        Assert.InRange(ofEffects, 0, 1e-3);
        Assert.InRange(ofErrors, 0, 1e-3);
        Assert.InRange(ofDeviations, 0, 0.005);
        Assert.InRange(ofTasks, 0, 1e-3);
    }

    private static double Difference(string file, Dictionary<string, double> effects)
    {
        IReadOnlyDictionary<string, string[]> table = MixedData.Table(file);
        double[] expected = table.Numbers("(Intercept)");
        double spread = Math.Sqrt(expected.Average(value => value * value));
        return table["group"].Zip(expected, (name, value) => Math.Abs(effects[name] - value) / spread).Max();
    }

    private static MixedDesign Design(int covariates) => new(Width, [0, 1], covariates);

    // 12 tasks in 5 groups in 2 outer groups, and the same model with dense matrices: y ~ N(Xβ, I + Σ ZLLᵀZᵀ of the nodes).
    private static (MixedTask[] Tasks, int[][] Parents, (double LogDeterminant, double Quadratic, double[] Coefficients) Dense) Draw(int covariates)
    {
        const int Tasks = 12, Rows = 4, Groups = 5;
        var random = new Random(7);
        int[][] parents = [[.. Enumerable.Range(0, Tasks).Select(t => t % Groups)], [0, 0, 1, 1, 0]];
        var tasks = new MixedTask[Tasks];
        int n = Tasks * Rows, size = Width * (1 + covariates);
        double[] z = new double[n * Width], x = new double[n * size], y = [.. Enumerable.Range(0, n).Select(_ => 2 * random.NextDouble() - 1)];
        for (int t = 0; t < Tasks; t++)
        {
            double[] known = [.. Enumerable.Range(0, covariates).Select(_ => random.NextDouble())], rows = new double[Rows * Width];
            for (int i = 0; i < Rows; i++)
            {
                int row = t * Rows + i;
                (rows[i * Width], rows[i * Width + 1]) = ((float)random.NextDouble(), 1);
                for (int j = 0; j < Width; j++)
                {
                    z[row * Width + j] = rows[i * Width + j];
                    x[row * size + j] = rows[i * Width + j];
                    for (int c = 0; c < covariates; c++)
                        x[row * size + Width + c * Width + j] = known[c] * rows[i * Width + j];
                }
            }

            double[] ones = [.. Enumerable.Repeat(1.0, Rows)];
            var evidence = new TaskEvidence(rows, ones, [y[(t * Rows)..((t + 1) * Rows)]], Width);
            tasks[t] = new MixedTask(evidence, MixedTask.FormOf(evidence), known);
        }

        var v = new double[n * n];
        for (int a = 0; a < n; a++)
        {
            for (int b = 0; b < n; b++)
            {
                int first = a / Rows, second = b / Rows, g = parents[0][first], h = parents[0][second];
                bool[] shares = [first == second, g == h, parents[1][g] == parents[1][h]];
                v[a * n + b] = a == b ? 1 : 0;
                for (int level = 0; level < 3; level++)
                {
                    double[] root = s_roots[level];
                    for (int k = 0; k < Width && shares[level]; k++)
                        v[a * n + b] += Enumerable.Range(0, Width).Sum(j => z[a * Width + j] * root[j * Width + k]) * Enumerable.Range(0, Width).Sum(j => z[b * Width + j] * root[j * Width + k]);
                }
            }
        }

        double[] inverse = Cholesky.Inverse(v, n), lower = [.. v];
        Cholesky.Factor(lower, n);
        double[] information = new double[size * size], right = new double[size];
        for (int a = 0; a < n; a++)
        {
            for (int b = 0; b < n; b++)
            {
                for (int i = 0; i < size; i++)
                {
                    right[i] += x[a * size + i] * inverse[a * n + b] * y[b];
                    for (int j = 0; j < size; j++)
                        information[i * size + j] += x[a * size + i] * inverse[a * n + b] * x[b * size + j];
                }
            }
        }

        double[] coefficients = [.. right];
        Cholesky.Solve([.. information], size, coefficients, 1);
        double[] residual = [.. y.Select((value, a) => value - Enumerable.Range(0, size).Sum(i => x[a * size + i] * coefficients[i]))];
        double quadratic = Enumerable.Range(0, n).Sum(a => Enumerable.Range(0, n).Sum(b => residual[a] * inverse[a * n + b] * residual[b]));
        return (tasks, parents, (MatrixAlgebra.LogDeterminant(lower, n), quadratic, coefficients));
    }
}
