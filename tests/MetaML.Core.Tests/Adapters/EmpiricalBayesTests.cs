using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Scoring;
using MetaML.Tasks;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Adapters;

public sealed class EmpiricalBayesTests
{
    private const int Dimension = 2;

    private static readonly HeadShape s_shape = new(LabelKind.Regression, Dimension, 1);

    [Fact]
    public void Fit_ManyTasks_FindsThePriorTheyWereDrawnFrom()
    {
        EmpiricalBayes fit = EmpiricalBayes.Fit(Tasks(600), s_shape, (label, _) => label, isFull: true, 2000);
        Assert.Equal(1, fit.Mean[0][0], 0.15);
        Assert.Equal(-2, fit.Mean[0][1], 0.1);
        Assert.Equal(3, fit.Mean[0][2], 0.4); // the intercept
        Assert.Equal(2, fit.Covariance[0], 0.3);
        Assert.Equal(0.5, fit.Covariance[4], 0.1);
        Assert.Equal(0.6, fit.Covariance[1], 0.15); // slopes go together
        Assert.Equal(9, fit.Covariance[8], 1.2);
        Assert.Equal(0.25, fit.NoiseVariance, 0.03);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(-1)]
    public void Fit_Diagonal_IsAMaximumOfTheMarginalLikelihood(int variance)
    {
        EmbeddedTask[] tasks = Tasks(40);
        EmpiricalBayes fit = EmpiricalBayes.Fit(tasks, s_shape, (label, _) => label, isFull: false, 2000);
        double best = tasks.Sum(task => LogLikelihood(task, fit));
        foreach (double factor in new[] { 0.8, 1.25 })
        {
            double[] covariance = [.. fit.Covariance];
            if (variance >= 0)
                covariance[variance] *= factor;
            EmpiricalBayes other = fit with { Covariance = covariance, NoiseVariance = fit.NoiseVariance * (variance < 0 ? factor : 1) };
            Assert.True(tasks.Sum(task => LogLikelihood(task, other)) < best);
        }

        for (int j = 0; j <= Dimension; j++)
        {
            double[] mean = [.. fit.Mean[0]];
            mean[j] += 0.3;
            Assert.True(tasks.Sum(task => LogLikelihood(task, fit with { Mean = [mean] })) < best);
        }
    }

    [Theory]
    [InlineData(LabelKind.Binary, ClassSets.Auto)]
    [InlineData(LabelKind.Multiclass, ClassSets.Common)]
    [InlineData(LabelKind.Multiclass, ClassSets.PerTask)]
    public void Train_OnFeaturesThemselves_LearnsClasses(LabelKind kind, ClassSets classSets)
    {
        TaskSet Tasks(int count, int first) => CoreData.Of(classSets == ClassSets.PerTask ? Some.TasksWithOwnClasses(count, 40, firstTask: first) : Some.Tasks(count, 40, firstTask: first), kind, classSets);
        MetaModel model = MetaTrainer.Train(Tasks(20, 0), new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), ClassSets = classSets });
        TaskSet news = Tasks(6, 50);
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(news.With([.. news.Tasks.Select(task => task.Take([.. Enumerable.Range(0, 20)]))]));
        MetaScorer scorer = model.CreateScorer();
        double accuracy = news.Tasks.SelectMany((task, t) => Enumerable.Range(20, task.RowCount - 20).Select(i =>
        {
            float[] scores = [.. scorer.Score(adapted[t], news.Features[task.Rows[i]])];
            return task.Labels[i] == (kind == LabelKind.Binary ? scores[0] > 0 ? 1 : 0 : adapted[t].Classes[Array.IndexOf(scores, scores.Max())]);
        })).Average(right => right ? 1.0 : 0);
        Assert.True(accuracy > (kind == LabelKind.Binary ? 0.7 : 0.5), $"accuracy {accuracy}");
    }

    [Fact]
    public void Fit_ConstantLabels_StaysFinite()
    {
        EmbeddedTask[] tasks = [.. Tasks(5).Select(task => new EmbeddedTask(task.Embeddings, [.. task.Labels.Select(_ => 0f)], task.Weights, 1))];
        EmpiricalBayes fit = EmpiricalBayes.Fit(tasks, s_shape, (label, _) => label, isFull: true, 50);
        Assert.All([.. fit.Covariance, fit.NoiseVariance, .. fit.Mean[0]], value => Assert.True(double.IsFinite(value)));
    }

    // y ~ N(Z̃m, Z̃ΣZ̃ᵀ + σ²I), written out.
    private static double LogLikelihood(EmbeddedTask task, EmpiricalBayes prior)
    {
        int rows = task.RowCount, width = Dimension + 1;
        double Entry(int row, int j) => j < Dimension ? task.Embeddings[row * Dimension + j] : 1;
        var covariance = new double[rows * rows];
        var residual = new double[rows];
        for (int i = 0; i < rows; i++)
        {
            residual[i] = task.Labels[i];
            for (int a = 0; a < width; a++)
                residual[i] -= Entry(i, a) * prior.Mean[0][a];
            for (int j = 0; j < rows; j++)
            {
                covariance[i * rows + j] = i == j ? prior.NoiseVariance : 0;
                for (int a = 0; a < width; a++)
                {
                    for (int b = 0; b < width; b++)
                        covariance[i * rows + j] += Entry(i, a) * prior.Covariance[a * width + b] * Entry(j, b);
                }
            }
        }

        double[] factor = [.. covariance], solved = [.. residual];
        Cholesky.Factor(factor, rows);
        Cholesky.Solve(covariance, rows, solved, 1);
        double logDeterminant = 2 * Enumerable.Range(0, rows).Sum(i => Math.Log(factor[i * rows + i]));
        return -0.5 * (logDeterminant + residual.Zip(solved).Sum(pair => pair.First * pair.Second));
    }

    // w ~ N((1, −2, 3), Σ) with correlated slopes, noise of variance 0.25.
    private static EmbeddedTask[] Tasks(int count)
    {
        var random = new Random(1);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            double first = Normal(), w0 = 1 + Math.Sqrt(2) * first, w1 = -2 + 0.6 / Math.Sqrt(2) * first + Math.Sqrt(0.5 - 0.18) * Normal(), w2 = 3 + 3 * Normal();
            int rows = random.Next(4, 10);
            var z = new float[rows * Dimension];
            var labels = new float[rows];
            for (int i = 0; i < rows; i++)
            {
                (z[2 * i], z[2 * i + 1]) = ((float)Normal(), (float)Normal());
                labels[i] = (float)(w0 * z[2 * i] + w1 * z[2 * i + 1] + w2 + 0.5 * Normal());
            }

            return new EmbeddedTask(z, labels, [.. Enumerable.Repeat(1f, rows)], 1);
        })];
    }
}
