using MetaML.Core.Tests.Weighting;
using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using TorchSharp;
using Xunit;

namespace MetaML.Core.Tests.Training.Checkpoints;

/// <summary>A training that is stopped and continues from its checkpoint gives bitwise the same model as one without interruption.</summary>
public sealed class ResumeTests : IDisposable
{
    private const int Iterations = 9;

    private readonly TemporaryFolder _folder = new();

    private static MetaTrainingOptions Quick => new()
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [8], EmbeddingDimension = 4, Dropout = 0.2, LayerNormalization = true },
        Adapter = new RidgeAdapterOptions(),
        MaximumNumberOfIterations = Iterations,
        EarlyStopping = new() { EvaluationInterval = 2 },
        CheckpointInterval = 2,
        NumberOfThreads = 2,
        Seed = 3,
    };

    private string FileName => _folder["training.checkpoint"];

    public void Dispose() => _folder.Dispose();

    public static TheoryData<AdapterCase> Adapters => new(((IEnumerable<object[]>)AdapterConformance.Cases).Select(row => (AdapterCase)row[0]).DistinctBy(adapter => adapter.Name));

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Train_Resumed_SameBits(AdapterCase adapter) => AssertResumes(adapter.Tasks(12), Quick with { Adapter = adapter.Options, ClassSets = adapter.ClassSets });

    public static TheoryData<TaskWeightingOptions> Weightings =>
    [
        .. ((IEnumerable<object[]>)TaskWeightingTests.All).Select(row => (TaskWeightingOptions)row[0]),
        new GradNormWeightingOptions(),
        new PcGradWeightingOptions(),
        new CaGradWeightingOptions(),
        new UpGradWeightingOptions(),
        new DualBalancingWeightingOptions(),
        new RelatednessWeightingOptions { TargetTasks = ["task1", "task5"] },
    ];

    [Theory]
    [MemberData(nameof(Weightings))]
    public void Train_ResumedWithWeights_SameBits(TaskWeightingOptions weighting) =>
        AssertResumes(CoreData.Of(Some.Tasks(), LabelKind.Binary), Quick with { TaskWeighting = weighting, Episodes = new() { TasksPerIteration = 4 } });

    [Fact]
    public void Weightings_AreAllOfThem()
    {
        IEnumerable<Type> all = typeof(TaskWeightingOptions).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(TaskWeightingOptions)));
        Assert.Equal(all.ToHashSet(), ((IEnumerable<object[]>)Weightings).Select(row => row[0].GetType()).ToHashSet());
    }

    public static TheoryData<string, MetaTrainingOptions> Forms => new()
    {
        { "two learners to choose from", Quick with { Encoder = null, Adapter = null } },
        { "joint, then the adapter", Quick with { Objective = TrainingObjective.Joint } },
        { "no validation", Quick with { ValidationFraction = 0 } },
        { "stops early", Quick with { LearningRate = 1e-9, MaximumNumberOfIterations = 40, EarlyStopping = new() { EvaluationInterval = 1, Patience = 6 } } },
        { "checkpoint at every step", Quick with { CheckpointInterval = 1 } },
        { "checkpoint at the end alone", Quick with { CheckpointInterval = 1000 } },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Train_ResumedInAnyForm_SameBits(string form, MetaTrainingOptions options)
    {
        Assert.NotEmpty(form);
        AssertResumes(CoreData.Of(Some.Tasks(), LabelKind.Binary), options);
    }

    [Fact]
    public void Train_ResumedWithSeveralKindsOfLabel_SameBits()
    {
        List<TaskRow> rows = Some.Tasks();
        TaskSet first = CoreData.Of(rows, LabelKind.Binary);
        var values = new TaskSetBuilder(LabelKind.Regression, first.Features);
        for (int row = 0; row < rows.Count; row++)
            values.Add(rows[row].Task, row, rows[row].Value);
        AssertResumes(options => Bytes.Of(writer =>
        {
            foreach (MetaModel model in MetaTrainer.Train([first, values.Build()], options))
                model.Write(writer);
        }), Quick);
    }

    [Theory]
    [InlineData(SelfSupervision.Contrastive)]
    [InlineData(SelfSupervision.Reconstruction)]
    public void SelfSupervised_Resumed_SameBits(SelfSupervision objective)
    {
        FeatureStore rows = CoreData.Of(Some.Tasks(3), LabelKind.Binary).Features;
        AssertResumes(
            options => Bytes.Of(SelfSupervisedTrainer.Train(rows, new SelfSupervisedOptions
            {
                Objective = objective,
                Encoder = options.Encoder,
                MaximumNumberOfIterations = options.MaximumNumberOfIterations,
                BatchSize = 16,
                Seed = options.Seed,
                Progress = options.Progress,
                CancellationToken = options.CancellationToken,
                CheckpointPath = options.CheckpointPath,
                CheckpointInterval = options.CheckpointInterval,
            }).Write),
            Quick with { NumberOfThreads = null });
    }

    private void AssertResumes(TaskSet set, MetaTrainingOptions options) => AssertResumes(some => Bytes.Of(MetaTrainer.Train(set, some).Write), options);

    private void AssertResumes(Func<MetaTrainingOptions, byte[]> train, MetaTrainingOptions options)
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        int steps = 0; // over all loops
        byte[] expected = train(options with { Progress = new Reports(_ => steps++) });
        Assert.False(File.Exists(FileName));

        options = options with { CheckpointPath = FileName };
        int done = 0;
        foreach (int stop in new[] { 1, Math.Max(2, steps / 2), steps })
        {
            using var source = new CancellationTokenSource();
            MetaTrainingOptions cancelled = options with
            {
                CancellationToken = source.Token,
                Progress = new Reports(_ =>
                {
                    if (++done == stop)
                        source.Cancel();
                }),
            };
            try
            {
                byte[] whole = train(cancelled); // after the last step there is nothing to cancel
                Assert.Equal(steps, stop);
                Assert.Equal(expected, whole);
                Assert.False(File.Exists(FileName));
                Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
                return;
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(stop, done); // within one step, and no step was repeated
                Assert.True(File.Exists(FileName));
            }
        }

        Assert.Equal(expected, train(options));
        Assert.False(File.Exists(FileName));
        Assert.Equal(steps, done);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
