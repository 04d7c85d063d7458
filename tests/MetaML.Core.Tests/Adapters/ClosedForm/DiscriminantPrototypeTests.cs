using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Parameters;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Adapters.ClosedForm;

/// <summary>Prototypes with covariances, in two dimensions: rows of a class differ most along (1, 1).</summary>
public sealed class DiscriminantPrototypeTests
{
    private const int Classes = 40, RowsOfClass = 6;

    private static readonly DiscriminantPrototypeAdapter s_adapter = new(new HeadShape(LabelKind.Multiclass, 2, null));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Adapt_EqualRowsOfClasses_MatchesReference_NormalDistributions(int shots)
    {
        EmbeddedTask training = Task(Classes, RowsOfClass, 1), support = Task(4, shots, 2);
        ParameterArray[] parameters = Completed(training);
        LinearHead head = s_adapter.Adapt(Values(parameters), support);
        double scale = Math.Exp(parameters[1].Values[0]);
        var (within, between) = Covariances(training);
        double[][] means = [.. Enumerable.Range(0, 4).Select(k => Mean(support, k))];
        double[] centre = [means.Average(mean => mean[0]), means.Average(mean => mean[1])];
        double[,] precision = Inverse(within), posterior = Inverse(Combine(Inverse(between), precision, shots)), predictive = Inverse(Combine(within, posterior, 1));
        foreach (double[] query in new[] { new[] { 0.0, 0.0 }, [1, -2], [-3, 0.5] })
        {
            double Expected(int k)
            {
                double[] gain = Times(posterior, Times(precision, [shots * (means[k][0] - centre[0]), shots * (means[k][1] - centre[1])]));
                double[] rest = [query[0] - centre[0] - gain[0], query[1] - centre[1] - gain[1]], product = Times(predictive, rest);
                return -0.5 * scale * (rest[0] * product[0] + rest[1] * product[1]);
            }

            double Actual(int k) => head.Weights[2 * k] * query[0] + head.Weights[2 * k + 1] * query[1] + head.Bias[k];
            for (int k = 1; k < 4; k++) // a constant may be added to the scores of all classes
                Assert.Equal(Expected(k) - Expected(0), Actual(k) - Actual(0), 1e-3 * (1 + Math.Abs(Expected(k) - Expected(0))));
        }
    }

    [Fact]
    public void CompletePrior_RowsDifferAlongOneDirection_MoreAccurateThanPrototypes()
    {
        ParameterArray[] parameters = Completed(Task(Classes, RowsOfClass, 1));
        var prototypes = new PrototypeAdapter(new HeadShape(LabelKind.Multiclass, 2, null));
        double Errors(Func<EmbeddedTask, LinearHead> adapt) => Enumerable.Range(3, 50).Sum(seed =>
        {
            EmbeddedTask task = Task(5, 4, seed);
            int[] first = [.. Enumerable.Range(0, 5).Select(k => 4 * k)];
            LinearHead head = adapt(new EmbeddedTask(first.SelectMany(row => task.Row(row).ToArray()).ToArray(), 2, [0, 1, 2, 3, 4], [1, 1, 1, 1, 1], 5));
            return Enumerable.Range(0, task.RowCount).Except(first).Count(row => task.Labels[row] != Enumerable.Range(0, 5).MaxBy(k => head.Weights[2 * k] * task.Row(row)[0] + head.Weights[2 * k + 1] * task.Row(row)[1] + head.Bias[k]));
        });
        double usual = Errors(support => prototypes.Adapt([[0]], support)), ours = Errors(support => s_adapter.Adapt(Values(parameters), support));
        Assert.True(ours < 0.95 * usual, $"{ours} errors, {usual} of prototypes");
    }

    [Fact]
    public void CompletePrior_NoClassWithTwoRows_KeepsTheInitialValues()
    {
        ParameterArray[] initial = ParameterArray.Initialize(s_adapter.Parameters, new Random(1)), completed = Completed(Task(Classes, 1, 1));
        Assert.All(initial.Zip(completed), pair => Assert.Equal(pair.First.Values, pair.Second.Values));
    }

    [Fact]
    public void Create_CommonClassesOrBinary_IsThePrototypeAdapter()
    {
        var options = new PrototypeAdapterOptions { UsesCovariances = true };
        Assert.IsType<DiscriminantPrototypeAdapter>(options.Create(new HeadShape(LabelKind.Multiclass, 2, null)));
        Assert.IsType<PrototypeAdapter>(options.Create(new HeadShape(LabelKind.Multiclass, 2, 3)));
        Assert.IsType<PrototypeAdapter>(options.Create(new HeadShape(LabelKind.Binary, 2, 1)));
    }

    [Fact]
    public void Create_LargeEmbedding_Throws()
    {
        var error = Assert.Throws<ArgumentException>(() => new PrototypeAdapterOptions { UsesCovariances = true }.Create(new HeadShape(LabelKind.Multiclass, 4097, null)));
        Assert.StartsWith("PrototypeAdapterOptions.UsesCovariances must be false if an embedding has more than 4096 values; got true with 4097 values.", error.Message);
    }

    [Fact]
    public void Train_TasksWithClassesOfTheirOwn_SavedModelHasTheirCovariances()
    {
        EmbeddedTask rows = Task(Classes, RowsOfClass, 1);
        FeatureStore features = FeatureStore.Dense(2);
        var builder = new TaskSetBuilder(LabelKind.Multiclass, features);
        for (int row = 0; row < rows.RowCount; row++)
            builder.Add($"task {(int)rows.Labels[row] / 4}", features.Add(new FeatureRow(rows.Row(row))), (int)rows.Labels[row]);
        MetaModel model = MetaTrainer.Train(builder.Build(Classes, ClassSets.PerTask), new MetaTrainingOptions
        {
            Encoder = new IdentityEncoderOptions(),
            Adapter = new PrototypeAdapterOptions { UsesCovariances = true },
            MaximumNumberOfIterations = 0,
            Seed = 1,
        });
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        model.Write(writer);
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        MetaModel loaded = MetaModel.Read(reader);
        Assert.NotEqual(model.AdapterValues[3].Values[0], model.AdapterValues[3].Values[1]); // the ratios, all 1 at first
        Assert.All(model.AdapterValues.Zip(loaded.AdapterValues), pair => Assert.Equal(pair.First.Values, pair.Second.Values));
    }

    private static ParameterArray[] Completed(EmbeddedTask training)
    {
        ParameterArray[] parameters = ParameterArray.Initialize(s_adapter.Parameters, new Random(1));
        s_adapter.CompletePrior(parameters, [training]);
        return parameters;
    }

    private static float[][] Values(ParameterArray[] parameters) => Array.ConvertAll(parameters, parameter => parameter.Values);

    private static EmbeddedTask Task(int classes, int rows, int seed)
    {
        var random = new Random(seed);
        double Draw() => Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6; // nearly standard normal
        var values = new List<float>();
        for (int k = 0; k < classes; k++)
        {
            double x = 2 * Draw(), y = 2 * Draw();
            for (int i = 0; i < rows; i++)
            {
                double along = 3 * Draw(), across = 0.3 * Draw();
                values.Add((float)(x + along + across));
                values.Add((float)(y + along - across));
            }
        }

        return new EmbeddedTask(values.ToArray(), 2, [.. Enumerable.Range(0, classes * rows).Select(i => (float)(i / rows))], [.. Enumerable.Repeat(1f, classes * rows)], classes);
    }

    private static double[] Mean(EmbeddedTask task, int label)
    {
        int[] rows = [.. Enumerable.Range(0, task.RowCount).Where(row => task.Labels[row] == label)];
        return [rows.Average(row => (double)task.Row(row)[0]), rows.Average(row => (double)task.Row(row)[1])];
    }

    // W and B, each with the mean variance within classes added.
    private static (double[,] Within, double[,] Between) Covariances(EmbeddedTask task)
    {
        double[][] means = [.. Enumerable.Range(0, Classes).Select(k => Mean(task, k))];
        double[] all = [means.Average(mean => mean[0]), means.Average(mean => mean[1])];
        double[,] within = new double[2, 2], between = new double[2, 2];
        for (int i = 0; i < 2; i++)
        {
            for (int j = 0; j < 2; j++)
            {
                within[i, j] = Enumerable.Range(0, task.RowCount).Sum(row => (task.Row(row)[i] - means[row / RowsOfClass][i]) * (task.Row(row)[j] - means[row / RowsOfClass][j])) / (Classes * (RowsOfClass - 1));
                between[i, j] = means.Sum(mean => (mean[i] - all[i]) * (mean[j] - all[j])) / (Classes - 1) - within[i, j] / RowsOfClass;
            }
        }

        double ridge = (within[0, 0] + within[1, 1]) / 2;
        double[,] unit = { { 1, 0 }, { 0, 1 } };
        return (Combine(within, unit, ridge), Combine(between, unit, ridge));
    }

    private static double[,] Combine(double[,] a, double[,] b, double factor) => new[,] { { a[0, 0] + factor * b[0, 0], a[0, 1] + factor * b[0, 1] }, { a[1, 0] + factor * b[1, 0], a[1, 1] + factor * b[1, 1] } };

    private static double[,] Inverse(double[,] a)
    {
        double determinant = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0];
        return new[,] { { a[1, 1] / determinant, -a[0, 1] / determinant }, { -a[1, 0] / determinant, a[0, 0] / determinant } };
    }

    private static double[] Times(double[,] a, double[] x) => [a[0, 0] * x[0] + a[0, 1] * x[1], a[1, 0] * x[0] + a[1, 1] * x[1]];
}
