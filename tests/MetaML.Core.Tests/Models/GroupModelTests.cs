using MetaML.Data;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Models;

/// <summary>Models of tasks in groups, on data that were drawn from known populations.</summary>
public sealed class GroupModelTests
{
    private const double Outer = 1.5, Inner = 0.8, Own = 0.5;

    public enum Likelihood
    {
        Values,
        Classes,
        Counts,
    }

    [Theory]
    [InlineData(Likelihood.Values)]
    [InlineData(Likelihood.Classes)]
    [InlineData(Likelihood.Counts)]
    public void Train_TwoLevelsOfGroups_FindsTheirVariances(Likelihood likelihood)
    {
        TaskSet tasks = Draw(40, 5, 5, likelihood: likelihood);
        Population population = Population.Of(Train(tasks, likelihood, shrinkage: false))!;
        Assert.Equal(["region", "district"], population.Levels.Select(level => level.Name));
        Assert.Equal(Own, Math.Sqrt(population.Covariance[^1]), 0.15);
        Assert.Equal(Inner, Math.Sqrt(population.Levels[1].Covariance[^1]), 0.2);
        Assert.Equal(Outer, Math.Sqrt(population.Levels[0].Covariance[^1]), 0.5);
    }

    [Theory]
    [InlineData(Likelihood.Values)]
    [InlineData(Likelihood.Classes)]
    [InlineData(Likelihood.Counts)]
    public void PriorFor_KnownGroups_IsNearTheirTasks(Likelihood likelihood)
    {
        TaskSet tasks = Draw(30, 4, 5, likelihood: likelihood);
        MetaModel model = Train(tasks, likelihood).With(null);
        float Bias(params string[] groups) => model.PriorFor([], groups).Head.Bias[0];
        double OfTasks(string region) => tasks.Tasks.Zip(model.Adapt(tasks)).Where(pair => pair.First.Groups[0] == region).Average(pair => pair.Second.Head.Bias[0]);
        float unknown = Bias("elsewhere", "nowhere");
        Assert.Equal(unknown, Bias());
        double explained = 0, total = 0;
        for (int region = 0; region < 30; region++)
        {
            double expected = OfTasks($"region{region}");
            explained += Math.Pow(expected - Bias($"region{region}", "new"), 2);
            total += Math.Pow(expected - unknown, 2);
        }

        Assert.True(explained < 0.2 * total, $"{explained} of {total}");
        Assert.NotEqual(Bias("region1", "new"), Bias("region1", "district1.0"));

        // The more is known of the groups, the less do their tasks vary.
        double Deviation(params string[] groups) => model.PriorFor([], groups).Head.PredictiveVariance!.Deviation([0]);
        Assert.True(Deviation("elsewhere", "nowhere") > Deviation("region1", "new"));
        Assert.True(Deviation("region1", "new") > Deviation("region1", "district1.0"));
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(0, 3)]
    public void Adapt_NewTaskOfKnownGroup_PredictsWithTheRightDeviation(int support, int query)
    {
        TaskSet all = Draw(60, 4, 6, rows: support + query + 6);
        TaskSet training = all.With([.. all.Tasks.Where((_, t) => t % 6 != 0)]), others = all.With([.. all.Tasks.Where((_, t) => t % 6 == 0)]);
        MetaModel model = Train(training, Likelihood.Values);
        AdaptedTask[] adapted = [.. model.Adapt(others.With([.. others.Tasks.Select(task => task.Take([.. Enumerable.Range(0, support)]))]))];
        MetaScorer scorer = model.CreateScorer();
        double squares = 0;
        int count = 0;
        for (int t = 0; t < adapted.Length; t++)
        {
            for (int i = support; i < support + query; i++, count++)
            {
                float score = scorer.Score(adapted[t], others.Features[others.Tasks[t].Rows[i]], out float deviation)[0];
                squares += Math.Pow((others.Tasks[t].Labels[i] - score) / deviation, 2);
            }
        }

        Assert.InRange(squares / count, 0.85, 1.18);
    }

    [Theory]
    [InlineData(Likelihood.Values)]
    [InlineData(Likelihood.Counts)]
    public void WriteRead_ModelAndTasks_ScoreTheSame(Likelihood likelihood)
    {
        TaskSet tasks = Draw(8, 3, 3, likelihood: likelihood);
        MetaModel model = Train(tasks, likelihood);
        AdaptedTask task = model.Adapt(tasks.With([.. tasks.Tasks.Select(known => known.WithPrior(model.TaskPriors[known.Name]))]))[2];
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        model.Write(writer);
        task.Write(writer, model);
        writer.Flush();
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        MetaModel read = MetaModel.Read(reader);
        AdaptedTask other = AdaptedTask.Read(reader, read, 0);
        Assert.Equal(stream.Length, stream.Position);
        Assert.Equal(["region", "district"], read.GroupNames);
        Assert.Equal(task.Groups, other.Groups);
        Assert.Equal(task.Prior!.Shift, other.Prior!.Shift);
        Assert.Equal(model.PriorFor([], "region1", "district1.2").Head.Bias, read.PriorFor([], "region1", "district1.2").Head.Bias);
        Assert.Equal(model.PriorFor([], "region1", "x").Head.Bias, read.PriorFor([], "region1", "x").Head.Bias);
        Assert.Equal(model.Prior!.Head.Bias, read.Prior!.Head.Bias);
        Assert.Equal(Population.Of(model)!.GroupsOf(1).Select(group => group.Effect[0]), Population.Of(read)!.GroupsOf(1).Select(group => group.Effect[0]));
    }

    [Fact]
    public void Update_TaskInGroups_EqualsAdaptationOnAllRows()
    {
        TaskSet tasks = Draw(8, 3, 3);
        MetaModel model = Train(tasks, Likelihood.Values).Keeping(new MetaTrainingOptions { KeepStatistics = true }.Statistics);
        TaskSet Of(int from, int to) => tasks.With([tasks.Tasks[4].WithPrior(model.TaskPriors[tasks.Tasks[4].Name]).Take([.. Enumerable.Range(from, to - from)])]);
        AdaptedTask whole = model.Adapt(Of(0, 6))[0], updated = model.Update(Of(2, 6), [model.Adapt(Of(0, 2))[0]])[0];
        Assert.Equal(whole.Head.Bias[0], updated.Head.Bias[0], 1e-5f);
        AdaptedTask forgotten = model.Forget(Of(2, 6), [updated])[0]!;
        Assert.Equal(model.Adapt(Of(0, 2))[0].Head.Bias[0], forgotten.Head.Bias[0], 1e-5f);
        Assert.Equal(whole.Groups, updated.Groups);
        LearningTask moved = new(tasks.Tasks[4].Name, tasks.Tasks[4].Rows, tasks.Tasks[4].Labels, null, []) { Groups = ["region5", "district5.0"] };
        Assert.Contains("A task must be in the same groups in all its rows", Assert.Throws<InvalidOperationException>(() => model.Update(tasks.With([moved]), [updated])).Message);
    }

    [Fact]
    public void Groups_ThatCross_AreNamed()
    {
        FeatureStore store = FeatureStore.Dense(1);
        var builder = new TaskSetBuilder(LabelKind.Regression, store) { GroupNames = ["region", "district"] };
        builder.SetGroups("store", "north", "harbour");
        Assert.Contains("A task must be in one group of 'district'; got 'harbour' and 'hill' for task 'store'", Assert.Throws<ArgumentException>(() => builder.SetGroups("store", "north", "hill")).Message);
        Assert.Contains("A group must be in one group of 'region'; got 'north' and 'south' for group 'harbour' of 'district'", Assert.Throws<ArgumentException>(() => builder.SetGroups("other", "south", "harbour")).Message);
        Assert.Contains("must be 2 names, one for each level; got 1", Assert.Throws<ArgumentException>(() => builder.SetGroups("third", "south")).Message);

        TaskSet tasks = Draw(8, 3, 3);
        MetaModel model = Train(tasks, Likelihood.Values);
        TaskSet crossing = tasks.With([new LearningTask("new", [0], [1], null, []) { Groups = ["region2", "district1.0"] }]);
        Assert.Contains("got 'district1.0' in 'region1', as in training, and in 'region2'", Assert.Throws<ArgumentException>(() => model.Adapt(crossing)).Message);
        Assert.Contains("Support must have 2 levels of groups", Assert.Throws<ArgumentException>(() => model.Adapt(Draw(2, 2, 2, grouped: false))).Message);
    }

    [Fact]
    public void Train_OptionsThatDoNotSupportGroups_AreRefused()
    {
        TaskSet tasks = Draw(4, 2, 2);
        string MessageOf(AdapterOptions? adapter) => Assert.Throws<ArgumentException>(() => MetaTrainer.Train(tasks, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = adapter })).Message;
        Assert.Contains("Adapter must be BayesianAdapterOptions if tasks are in groups", MessageOf(null));
        Assert.Contains("Adapter must be BayesianAdapterOptions if tasks are in groups", MessageOf(new RidgeAdapterOptions()));
        Assert.Contains("Noise must be Common if tasks are in groups", MessageOf(new BayesianAdapterOptions { Noise = PriorNoise.PerTask }));
        Assert.Contains("Fit must be EmpiricalBayes if tasks are in groups", MessageOf(new BayesianAdapterOptions { Fit = PriorFit.Gradient }));
    }

    private static MetaModel Train(TaskSet tasks, Likelihood likelihood, bool shrinkage = true) => MetaTrainer.Train(tasks, new MetaTrainingOptions
    {
        Encoder = new IdentityEncoderOptions(),
        Adapter = new BayesianAdapterOptions
        {
            Shrinkage = shrinkage,
            VaryingFeatures = [],
            ClassLikelihood = ClassLikelihood.Logistic,
            ValueLikelihood = likelihood == Likelihood.Counts ? ValueLikelihood.Poisson : ValueLikelihood.Gaussian,
        },
    });

    private static TaskSet Draw(int regions, int districts, int tasks, int rows = 8, Likelihood likelihood = Likelihood.Values, bool grouped = true)
    {
        var random = new Random(5);
        FeatureStore store = FeatureStore.Dense(1);
        store.FeatureNames = ["x"];
        var builder = new TaskSetBuilder(likelihood == Likelihood.Classes ? LabelKind.Binary : LabelKind.Regression, store) { GroupNames = grouped ? ["region", "district"] : [] };
        for (int r = 0; r < regions; r++)
        {
            double region = Outer * NormalRandom.Next(random);
            for (int d = 0; d < districts; d++)
            {
                double district = region + Inner * NormalRandom.Next(random);
                for (int t = 0; t < tasks; t++)
                {
                    string name = $"task{r}.{d}.{t}";
                    double level = district + Own * NormalRandom.Next(random);
                    for (int i = 0; i < rows; i++)
                    {
                        double x = 2 * random.NextDouble() - 1, score = level + 0.7 * x;
                        float label = likelihood switch
                        {
                            Likelihood.Classes => random.NextDouble() < 1 / (1 + Math.Exp(-score)) ? 1 : 0,
                            Likelihood.Counts => Poisson(Math.Exp(score), random),
                            _ => (float)(score + 0.5 * NormalRandom.Next(random)),
                        };
                        builder.Add(name, store.Add(new FeatureRow([(float)x])), label);
                    }

                    if (grouped)
                        builder.SetGroups(name, $"region{r}", $"district{r}.{d}");
                }
            }
        }

        return builder.Build();
    }

    private static float Poisson(double mean, Random random)
    {
        int count = 0;
        for (double left = mean; (left += Math.Log(1 - random.NextDouble())) > 0;)
            count++;
        return count;
    }
}
