using MetaML.Adapters;
using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian;

public sealed class EmpiricalBayesTests
{
    private const int Dimension = 2;

    [Fact]
    public void Fit_ManyTasks_FindsThePriorTheyWereDrawnFrom()
    {
        HeadPrior fit = Fit(Tasks(600), CovarianceForm.Full(Dimension + 1), 2000);
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
        HeadPrior fit = Fit(tasks, CovarianceForm.Diagonal, 2000);
        double best = tasks.Sum(task => LogLikelihood(task, fit));
        foreach (double factor in new[] { 0.8, 1.25 })
        {
            double[] covariance = [.. fit.Covariance];
            if (variance >= 0)
                covariance[variance] *= factor;
            HeadPrior other = fit with { Covariance = covariance, NoiseVariance = fit.NoiseVariance * (variance < 0 ? factor : 1) };
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
        EmbeddedTask[] tasks = [.. Tasks(5).Select(task => new EmbeddedTask(task.Embeddings, task.Dimension, [.. task.Labels.Select(_ => 0f)], task.Weights, 1))];
        HeadPrior fit = Fit(tasks, CovarianceForm.Full(Dimension + 1), 50);
        Assert.All([.. fit.Covariance, fit.NoiseVariance, .. fit.Mean[0]], value => Assert.True(double.IsFinite(value)));
    }

    [Theory]
    [InlineData("diagonal", PriorNoise.Common)]
    [InlineData("diagonal", PriorNoise.PerTask)]
    [InlineData("one factor", PriorNoise.Common)]
    [InlineData("one factor", PriorNoise.PerTask)]
    [InlineData("two factors", PriorNoise.Common)]
    [InlineData("full", PriorNoise.Common)]
    [InlineData("full", PriorNoise.PerTask)]
    public void Fit_EachStep_RaisesTheMarginalLikelihood(string form, PriorNoise noise)
    {
        EmbeddedTask[] tasks = Tasks(10, noise == PriorNoise.PerTask ? 2 : null);
        foreach (bool isAccelerated in new[] { false, true })
        {
            PriorSearch search = Search(tasks, Form(form), noise);
            double last = tasks.Sum(task => LogLikelihood(task, search.Prior)), first = last;
            Assert.Equal(last, search.Objective, 1e-4); // ν = 0: no prior on Σ
            for (int step = 0; step < 25; step++)
            {
                if (isAccelerated)
                    search.Advance();
                else
                    search.Step();
                double next = tasks.Sum(task => LogLikelihood(task, search.Prior));
                Assert.True(next > last - 1e-7, $"step {step}: {last} to {next}");
                last = next;
            }

            Assert.True(last > first + 1, $"{first} to {last}");
        }
    }

    [Theory]
    [InlineData("diagonal", PriorNoise.Common)]
    [InlineData("one factor", PriorNoise.Common)]
    [InlineData("full", PriorNoise.Common)]
    [InlineData("shrunk", PriorNoise.Common)]
    [InlineData("shrunk factor", PriorNoise.Common)]
    [InlineData("full", PriorNoise.PerTask)]
    public void Advance_ToTheEnd_IsWhereManyPlainStepsLead(string form, PriorNoise noise)
    {
        EmbeddedTask[] tasks = Tasks(60, noise == PriorNoise.PerTask ? 2 : null, correlation: 0.8, intercept: 0.7); // two dimensions alone do not say what their factor is
        PriorSearch plain = Search(tasks, Form(form), noise), accelerated = Search(tasks, Form(form), noise);
        while (plain.Steps < 2000)
            plain.Step();
        while (accelerated.Steps < 150)
            accelerated.Advance();
        Assert.Equal(plain.Objective, accelerated.Objective, 1e-4 * tasks.Length);
        Assert.Equal(plain.Prior.NoiseVariance, accelerated.Prior.NoiseVariance, 1e-3);
        Assert.All(plain.Prior.Covariance.Zip(accelerated.Prior.Covariance), pair => Assert.Equal(pair.First, pair.Second, 2e-2));
        Assert.All(plain.Prior.Mean[0].Zip(accelerated.Prior.Mean[0]), pair => Assert.Equal(pair.First, pair.Second, 2e-3));
    }

    [Fact]
    public void Step_Shrunk_RaisesTheLikelihoodTimesItsPriorAndPullsCorrelationsIn()
    {
        EmbeddedTask[] tasks = Tasks(40);
        PriorSearch search = Search(tasks, CovarianceForm.Full(30), PriorNoise.Common);
        for (int step = 0; step < 60; step++)
        {
            double last = search.Objective;
            search.Step();
            Assert.True(search.Objective > last - 1e-9, $"step {step}: {last} to {search.Objective}");
        }

        // log prior = ½ν log |partial correlations|, of three dimensions written out
        double[] precision = Cholesky.Inverse(search.Prior.Covariance, 3);
        double R(int i, int j) => precision[3 * i + j] / Math.Sqrt(precision[4 * i] * precision[4 * j]);
        double determinant = 1 + 2 * R(0, 1) * R(0, 2) * R(1, 2) - R(0, 1) * R(0, 1) - R(0, 2) * R(0, 2) - R(1, 2) * R(1, 2);
        Assert.Equal(tasks.Sum(task => LogLikelihood(task, search.Prior)) + 15 * Math.Log(determinant), search.Objective, 1e-6);
        double Correlation(HeadPrior prior) => Math.Abs(prior.Covariance[1]) / Math.Sqrt(prior.Covariance[0] * prior.Covariance[4]);
        Assert.True(Correlation(search.Prior) < Correlation(Fit(tasks, CovarianceForm.Full(0), 200)));
    }

    [Theory]
    [InlineData(PriorNoise.Common)]
    [InlineData(PriorNoise.PerTask)]
    public void LogLikelihood_FewRowsOrMany_IsThatOfTheDenseDensity(PriorNoise noise)
    {
        HeadPrior prior = Fit(Tasks(30, 2), CovarianceForm.Full(3), 20, noise);
        foreach (int rows in new[] { 0, 1, 2, 3, 9 }) // fewer than embedding + 1 = 3 are kept as rows, more as moments
        {
            EmbeddedTask task = Tasks(1, 2, rows)[0];
            Assert.Equal(LogLikelihood(task, prior), prior.LogLikelihood(Evidence([task])), 1e-8);
        }
    }

    [Fact]
    public void Fit_NoisePerTask_FindsHowNoiseVaries()
    {
        HeadPrior fit = Fit(Tasks(800, 2), CovarianceForm.Full(3), 500, PriorNoise.PerTask);
        Assert.Equal(2, fit.NoiseShape, 0.5);
        Assert.Equal(0.25, fit.NoiseVariance, 0.03);
        Assert.Equal(2, fit.Covariance[0], 0.4);
        Assert.Equal(0.6, fit.Covariance[1], 0.2);
        Assert.Equal(1, fit.Mean[0][0], 0.15);
        Assert.True(Fit(Tasks(400), CovarianceForm.Full(3), 500, PriorNoise.PerTask).NoiseShape > 20); // the same for all
    }

    [Fact]
    public void Fit_OneFactor_FindsWhatGoesTogether()
    {
        // Three dimensions and one factor: as many unknowns as covariances, so that it is the full covariance itself.
        EmbeddedTask[] tasks = Tasks(600, correlation: 0.7);
        HeadPrior factor = Fit(tasks, CovarianceForm.OfFactors(1, 0), 2000), full = Fit(tasks, CovarianceForm.Full(0), 2000);
        Assert.Equal(full.Covariance[1], factor.Covariance[1], 0.05);
        Assert.Equal(full.Covariance[0], factor.Covariance[0], 0.05);
    }

    [Theory]
    [InlineData(300, 0.9, true)]
    [InlineData(12, 0.0, false)]
    public void Choose_ManyCorrelatedTasksOrFew_IsFullOrDiagonal(int count, double correlation, bool isFull)
    {
        TaskEvidence[] tasks = Evidence(Tasks(count, correlation: correlation));
        Assert.Equal(isFull, PriorSelection.Choose(tasks, Dimension + 1, 1, PriorNoise.Common, PriorLimits.None.AtMost(200)) != CovarianceForm.Diagonal);
    }

    private static TaskEvidence[] Evidence(EmbeddedTask[] tasks) => [.. tasks.Select(task => new TaskEvidence(task, Dimension + 1, (label, _) => label))];

    private static CovarianceForm Form(string name) => name switch
    {
        "diagonal" => CovarianceForm.Diagonal,
        "one factor" => CovarianceForm.OfFactors(1, 0),
        "two factors" => CovarianceForm.OfFactors(2, 0),
        "shrunk factor" => CovarianceForm.OfFactors(1, 10),
        "shrunk" => CovarianceForm.Full(10),
        _ => CovarianceForm.Full(0),
    };

    private static PriorSearch Search(EmbeddedTask[] tasks, CovarianceForm form, PriorNoise noise)
    {
        TaskEvidence[] evidence = Evidence(tasks);
        return new PriorSearch(evidence, HeadPrior.Start(evidence, Dimension + 1, 1, noise), hasMean: true, form);
    }

    private static HeadPrior Fit(EmbeddedTask[] tasks, CovarianceForm form, int iterations, PriorNoise noise = PriorNoise.Common)
    {
        TaskEvidence[] evidence = Evidence(tasks);
        return HeadPrior.Fit(evidence, HeadPrior.Start(evidence, Dimension + 1, 1, noise), hasMean: true, form, PriorLimits.None.AtMost(iterations));
    }

    // y ~ N(Z̃m, Z̃ΣZ̃ᵀ + σ²I), or t with 2a degrees of freedom and that scale, written out.
    private static double LogLikelihood(EmbeddedTask task, HeadPrior prior)
    {
        int rows = task.RowCount, width = Dimension + 1;
        double Entry(int row, int j) => j < Dimension ? task.Row(row)[j] : 1;
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
        double distance = residual.Zip(solved).Sum(pair => pair.First * pair.Second), shape = prior.NoiseShape;
        if (double.IsInfinity(shape))
            return -0.5 * (rows * Math.Log(2 * Math.PI) + logDeterminant + distance);
        double ratio = LogGamma(shape + 0.5 * rows) - LogGamma(shape);
        return ratio - 0.5 * rows * Math.Log(2 * shape * Math.PI) - 0.5 * logDeterminant - (shape + 0.5 * rows) * Math.Log(1 + distance / (2 * shape));
    }

    // Stirling's series at x + n, less the logarithms of x to x + n − 1. Its error is below 1e-12.
    private static double LogGamma(double x)
    {
        double product = 0;
        for (; x < 20; x++)
            product += Math.Log(x);
        return (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * Math.Pow(x, 3)) + 1 / (1260 * Math.Pow(x, 5)) - product;
    }

    // w ~ N((1, −2, 3), Σ) with correlated slopes, noise of variance 0.25; or of σ² ~ Inv-Gamma(shape, 0.25 shape), which scales Σ too.
    private static EmbeddedTask[] Tasks(int count, int? shape = null, int? rowCount = null, double correlation = 0.6, double intercept = 0)
    {
        var random = new Random(1);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            // Gamma(shape, 1) of a whole shape is a sum of exponentials.
            double s = shape is { } whole ? Math.Sqrt(whole / -Enumerable.Range(0, whole).Sum(_ => Math.Log(1 - random.NextDouble()))) : 1;
            double first = Normal(), second = correlation * first + Math.Sqrt(1 - correlation * correlation) * Normal();
            double w0 = 1 + s * Math.Sqrt(2) * first, w1 = -2 + s * Math.Sqrt(0.5) * second, w2 = 3 + s * 3 * (intercept * first + Math.Sqrt(1 - intercept * intercept) * Normal());
            int rows = rowCount ?? random.Next(4, 10);
            var z = new float[rows * Dimension];
            var labels = new float[rows];
            for (int i = 0; i < rows; i++)
            {
                (z[2 * i], z[2 * i + 1]) = ((float)Normal(), (float)Normal());
                labels[i] = (float)(w0 * z[2 * i] + w1 * z[2 * i + 1] + w2 + s * 0.5 * Normal());
            }

            return new EmbeddedTask(z, Dimension, labels, [.. Enumerable.Repeat(1f, rows)], 1);
        })];
    }
}
