using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using TorchSharp;
using Xunit;

namespace MetaML.Core.Tests.Training;

/// <summary>The baselines: hard parameter sharing, and encoders that are not trained.</summary>
public sealed class JointTrainingTests
{
    private static MetaTrainingOptions Joint => new()
    {
        Objective = TrainingObjective.Joint,
        Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6 },
        MaximumNumberOfIterations = 60,
        AdapterIterations = 20,
        LearningRate = 0.01,
        Seed = 3,
    };

    public static TheoryData<AdapterOptions, LabelKind> Adapters => new()
    {
        { new RidgeAdapterOptions(), LabelKind.Binary },
        { new LogisticAdapterOptions(), LabelKind.Multiclass },
        { new PrototypeAdapterOptions(), LabelKind.Multiclass },
        { new BayesianAdapterOptions(), LabelKind.Regression },
        { new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2 }, LabelKind.Regression },
    };

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Train_Joint_LowersLossThenLeavesTheEncoderAloneAndNoTensors(AdapterOptions adapter, LabelKind kind)
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        TaskSet set = CoreData.Of(Some.Tasks(), kind, ClassSets.Common);
        var reports = new List<TrainingProgress>();
        MetaModel both = MetaTrainer.Train(set, Joint with { Adapter = adapter, Progress = new Reports(reports.Add) });
        MetaModel first = MetaTrainer.Train(set, Joint with { Adapter = adapter, AdapterIterations = 0 });

        TrainingProgress[] joint = [.. reports.Where(report => report.Objective == TrainingObjective.Joint)];
        Assert.Equal(60, joint.Length);
        Assert.True(joint[^10..].Average(report => report.TrainingLoss) < 0.8 * joint[..10].Average(report => report.TrainingLoss));
        Assert.Equal(adapter is BayesianAdapterOptions ? 0 : 20, reports.Count - joint.Length); // a prior by empirical Bayes takes no outer steps
        Assert.Equal(Encoder(first), Encoder(both));
        Assert.NotEqual(Encoder(MetaTrainer.Train(set, Joint with { Adapter = adapter, MaximumNumberOfIterations = 0 })), Encoder(both));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Train_Joint_HelpsNewTasks()
    {
        double Loss(int iterations) => QueryLoss(
            MetaTrainer.Train(CoreData.Of(Some.Tasks(20, 40), LabelKind.Regression), Joint with { MaximumNumberOfIterations = iterations }), 12);
        double untrained = Loss(0), trained = Loss(150);
        Assert.True(trained < 0.8 * untrained, $"trained {trained}, untrained {untrained}");
    }

    [Fact]
    public void Train_FineTuning_StepsFromTheJointEncoderWithoutMetaLearning()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        var adapter = new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 10, LearnedRates = LearnedRates.None };
        var reports = new List<TrainingProgress>();
        MetaModel model = MetaTrainer.Train(set, Joint with { Adapter = adapter, AdapterIterations = 0, Progress = new Reports(reports.Add) });
        Assert.All(reports, report => Assert.Equal(TrainingObjective.Joint, report.Objective));
        Assert.NotEqual(Encoder(model), model.Adapt(CoreData.Of(Some.Tasks(1, firstTask: 40), LabelKind.Binary))[0].EncoderParameters!.SelectMany(values => values));
    }

    [Fact]
    public void Train_JointOnAPoolOfClasses_TellsAllOfThemApart()
    {
        List<TaskRow> rows = Some.TasksWithOwnClasses(12, 60);
        rows.ForEach(row => row.Task = "pool");
        var reports = new List<TrainingProgress>();
        MetaModel model = MetaTrainer.Train(
            CoreData.Of(rows, LabelKind.Multiclass),
            Joint with { Episodes = new() { Ways = 3, Shots = 2, Queries = 5 }, Adapter = new LogisticAdapterOptions(), Progress = new Reports(reports.Add) });
        Assert.InRange(reports[0].TrainingLoss, 2.5, 6); // about log 36, not log 3
        Assert.Equal(36, model.Adapt(CoreData.Of(rows, LabelKind.Multiclass, ClassSets.PerTask))[0].Classes.Count);
    }

    [Fact]
    public void Train_JointAgain_SameBitsAndReadBack()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        MetaModel model = MetaTrainer.Train(set, Joint with { Adapter = new LogisticAdapterOptions() });
        byte[] bytes = Bytes.Of(model.Write);
        Assert.Equal(bytes, Bytes.Of(MetaTrainer.Train(set, Joint with { Adapter = new LogisticAdapterOptions() }).Write));
        MetaModel read = MetaModel.Read(new BinaryReader(new MemoryStream(bytes)));
        Assert.Equal(bytes, Bytes.Of(read.Write));
        Assert.Equal(model.Adapt(set)[2].Head.Weights, read.Adapt(set)[2].Head.Weights);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Train_PretrainedEncoder_StartsThereAndStaysWhereFrozen(bool isFrozen)
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        MetaModel old = MetaTrainer.Train(set, Joint with { Objective = TrainingObjective.Meta, AdapterIterations = null });
        var options = new MetaTrainingOptions { Encoder = new PretrainedEncoderOptions { Model = old, IsFrozen = isFrozen }, Adapter = new LogisticAdapterOptions(), ValidationFraction = 0 };
        Assert.Equal(Encoder(old), Encoder(MetaTrainer.Train(set, options with { MaximumNumberOfIterations = 0 })));
        MetaModel model = MetaTrainer.Train(set, options with { MaximumNumberOfIterations = 20 });
        Assert.Equal(isFrozen, Encoder(old).SequenceEqual(Encoder(model)));

        // For another kind of label, from a file, and without the old model.
        TaskSet values = CoreData.Of(Some.Tasks(), LabelKind.Regression);
        MetaModel regression = MetaTrainer.Train(values, options with { Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 5 });
        byte[] bytes = Bytes.Of(regression.Write);
        MetaModel read = MetaModel.Read(new BinaryReader(new MemoryStream(bytes)));
        Assert.Equal(bytes, Bytes.Of(read.Write));
        Assert.Equal(regression.Adapt(values)[1].Head.Weights, read.Adapt(values)[1].Head.Weights);
        Assert.Equal(old.CreateScorer().Embed(set.Features[0]).ToArray().SequenceEqual(read.CreateScorer().Embed(set.Features[0]).ToArray()), isFrozen);
    }

    [Fact]
    public void Train_FrozenFromTheStart_IsARandomMapThatOnlyTheAdapterLearnsOn()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        MetaTrainingOptions frozen = Joint with { Objective = TrainingObjective.Meta, AdapterIterations = null, Encoder = new MlpEncoderOptions { IsFrozen = true } };
        MetaModel model = MetaTrainer.Train(set, frozen), untrained = MetaTrainer.Train(set, frozen with { MaximumNumberOfIterations = 0 });
        Assert.Equal(Encoder(untrained), Encoder(model));
        Assert.NotEqual(Bytes.Of(untrained.Write), Bytes.Of(model.Write));
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Train_FrozenEncoder_EmbedsRowsOnceAndLearnsAsInsideTheLoop(AdapterOptions adapter, LabelKind kind)
    {
        // A very small dropout probability keeps the encoder in the loop, and drops nothing.
        MetaModel Trained(double dropout) => MetaTrainer.Train(CoreData.Of(Some.Tasks(), kind, ClassSets.Common), Joint with
        {
            Objective = TrainingObjective.Meta,
            AdapterIterations = null,
            Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6, IsFrozen = true, Dropout = dropout },
            Adapter = adapter,
        });
        MetaModel outside = Trained(0), inside = Trained(1e-12);
        Assert.Equal(Encoder(inside), Encoder(outside));
        Assert.All(inside.AdapterArrays.Zip(outside.AdapterArrays), pair => Assert.All(pair.First.Zip(pair.Second), values => Assert.Equal(values.First, values.Second, 1e-4 * Math.Max(1, Math.Abs(values.First)))));
    }

    [Fact]
    public void Train_PretrainedOnOtherFeatures_SaysWhatItNeeds()
    {
        MetaModel old = MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), new MetaTrainingOptions { Encoder = new MlpEncoderOptions(), MaximumNumberOfIterations = 0 });
        var store = new DenseFeatureStore(3);
        var builder = new TaskSetBuilder(LabelKind.Binary, store);
        for (int i = 0; i < 40; i++)
            builder.Add($"t{i % 2}", store.Add(new FeatureRow([i, 1, 2])), i / 2 % 2);
        var options = new MetaTrainingOptions { Encoder = new PretrainedEncoderOptions { Model = old } };
        Assert.Contains("must be a model of 3 features, as the rows have; got one of 6", Assert.Throws<ArgumentException>(() => MetaTrainer.Train(builder.Build(), options)).Message);
    }

    // Mean squared error on query rows of new tasks after adaptation on support rows.
    private static double QueryLoss(MetaModel model, int shots)
    {
        TaskSet set = CoreData.Of(Some.Tasks(8, 40, firstTask: 100), LabelKind.Regression);
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(set.With([.. set.Tasks.Select(task => task.Take([.. Enumerable.Range(0, shots)]))]));
        MetaScorer scorer = model.CreateScorer();
        return set.Tasks.SelectMany((task, t) => Enumerable.Range(shots, task.RowCount - shots).Select(i => scorer.Score(adapted[t], set.Features[task.Rows[i]])[0] - task.Labels[i])).Average(error => error * error);
    }

    private static float[] Encoder(MetaModel model) => [.. model.EncoderValues.SelectMany(array => array.Values)];
}
