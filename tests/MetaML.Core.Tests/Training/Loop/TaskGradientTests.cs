using MetaML.Data;
using MetaML.Episodes;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.TestKit;
using MetaML.Training;
using MetaML.Training.Loop;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Training.Loop;

/// <summary>Gradients of single tasks from one backward pass.</summary>
public sealed class TaskGradientTests
{
    private static readonly MlpEncoderOptions s_mlp = new() { HiddenUnits = [7], EmbeddingDimension = 4, Activation = Activation.Tanh, LayerNormalization = true };

    public static TheoryData<EncoderOptions, AdapterOptions, bool> Designs => new()
    {
        { s_mlp, new RidgeAdapterOptions(), false },
        { s_mlp, new BayesianAdapterOptions { Fit = PriorFit.Gradient }, true },
        { s_mlp with { Residual = true, HiddenUnits = [6, 6], LinearPath = true }, new GradientAdapterOptions { InnerSteps = 2 }, false },
        { s_mlp, new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2 }, false },
        { s_mlp, new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2 }, true },
        { new ConvolutionalEncoderOptions { Channels = 1, Height = 2, Width = 3, Blocks = 2, Filters = 4, Groups = 2, Augmentation = null }, new RidgeAdapterOptions(), false },
    };

    [Theory]
    [MemberData(nameof(Designs))]
    public void Products_OneBackwardPass_EqualOnePassForEachTask(EncoderOptions encoder, AdapterOptions adapter, bool sparse)
    {
        using var scope = NewDisposeScope();
        var (problem, parts) = Batches(encoder, adapter, sparse);
        foreach (bool lastLayer in new[] { false, true })
        {
            // Two parts, as on two threads: of sparse features each has columns of its own.
            ParameterSet[] leaves = Leaves(problem);
            var gradients = new List<TaskGradients>();
            foreach (EpisodeBatch batch in parts)
            {
                gradients.Add(new TaskGradients(problem.Design.Encoder.Parameters, batch.TaskCount, batch.Columns, lastLayer));
                TaskGradients.Backward(OuterShard.Losses(problem, batch, leaves[0], leaves[1], gradients: gradients[^1]).Outer, [gradients[^1]]);
            }

            double[,] products = TaskGradients.Products(gradients);
            double[][] expected = [.. parts.SelectMany(batch => Enumerable.Range(0, batch.TaskCount).Select(t => OneByOne(problem, batch, t, lastLayer)))];
            for (int i = 0; i < expected.Length; i++)
            {
                for (int j = 0; j < expected.Length; j++)
                {
                    double product = expected[i].Zip(expected[j], (x, y) => x * y).Sum();
                    double scale = Math.Sqrt(expected[i].Sum(x => x * x) * expected[j].Sum(x => x * x));
                    Assert.True(scale > 0);
                    Assert.Equal(product, products[i, j], 1e-9 * scale);
                }
            }
        }
    }

    [Fact]
    public void Backward_AfterTheTasksGradients_IsTheGradientOfTheWeightedSum()
    {
        using var scope = NewDisposeScope();
        var (problem, parts) = Batches(s_mlp, new RidgeAdapterOptions(), sparse: true);
        ParameterSet[] plain = Leaves(problem), copied = Leaves(problem);
        OuterShard.Losses(problem, parts[0], plain[0], plain[1]).Outer.sum(0L).backward();
        var gradients = new TaskGradients(problem.Design.Encoder.Parameters, parts[0].TaskCount, parts[0].Columns, lastLayer: false);
        Tensor losses = OuterShard.Losses(problem, parts[0], copied[0], copied[1], gradients: gradients).Outer;
        TaskGradients.Backward(losses, [gradients]);
        Assert.All(copied[0].Tensors, leaf => Assert.Null(leaf.grad)); // only the copies were reached
        losses.sum(0L).backward();
        foreach (var (expected, actual) in plain.Zip(copied).SelectMany(pair => pair.First.Tensors.Zip(pair.Second.Tensors)))
            Assert.True((expected.grad! - actual.grad!).abs().max().Value() < 1e-12);
    }

    [Fact]
    public void Train_UniformCombination_EqualsPlainTrainingUpToRounding()
    {
        TaskSet set = CoreData.Of(Some.Tasks(16, 40), LabelKind.Regression);
        foreach (var (plain, combined) in Losses(set, new UniformWeightingOptions()).Zip(Losses(set, new CaGradWeightingOptions { Radius = 0 })))
            Assert.Equal(plain, combined, 1e-4 * plain);
    }

    public static TheoryData<TaskWeightingOptions> Weightings => new(
        new PcGradWeightingOptions(),
        new CaGradWeightingOptions(),
        new UpGradWeightingOptions(),
        new DualBalancingWeightingOptions(),
        new GradNormWeightingOptions(),
        new FamoWeightingOptions(),
        new GeometricLossWeightingOptions(),
        new SmoothTchebycheffWeightingOptions(),
        new RelatednessWeightingOptions { TargetTasks = ["task2", "task7"] });

    [Theory]
    [MemberData(nameof(Weightings))]
    public void Train_AnyNumberOfThreads_EqualsOneUpToRounding(TaskWeightingOptions weighting)
    {
        TaskSet set = CoreData.Of(Some.Tasks(24, 60), LabelKind.Regression);
        double[] one = Losses(set, weighting, threads: 1), three = Losses(set, weighting, threads: 3);
        Assert.NotEqual(one, three); // rounding differs, so the work was shared out
        Assert.All(one.Zip(three), pair => Assert.Equal(pair.First, pair.Second, 1e-3 * pair.First));
        Assert.Equal(three, Losses(set, weighting, threads: 3));
    }

    [Theory]
    [MemberData(nameof(Weightings))]
    public void Train_TwoKindsOfLabel_WeighsAllTasksTogether(TaskWeightingOptions weighting)
    {
        List<TaskRow> rows = Some.Tasks(12, 30);
        TaskSet values = CoreData.Of(rows, LabelKind.Regression);
        var answers = new TaskSetBuilder(LabelKind.Binary, values.Features);
        for (int row = 0; row < rows.Count; row++)
            answers.Add("answers of " + rows[row].Task, row, rows[row].Answer ? 1 : 0);
        var reports = new List<TrainingProgress>();
        MetaTrainer.Train([values, answers.Build()], Options(weighting) with { MaximumNumberOfIterations = 40, Progress = new Reports(reports.Add) });
        Assert.Equal(24, reports[^1].TaskWeights.Select(pair => pair.Key).Distinct().Count());
        Assert.Equal(1, reports[^1].TaskWeights.Average(pair => pair.Value), 1e-9);
        Assert.True(reports[^1].TaskWeights.Select(pair => pair.Value).Distinct().Count() > 2);
        Assert.True(reports[^1].ValidationLoss < reports[0].ValidationLoss);
    }

    [Fact]
    public void Train_GradientsOfAnEncoderWithoutParameters_AreRefused()
    {
        var options = new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), TaskWeighting = new PcGradWeightingOptions() };
        ArgumentException error = Assert.Throws<ArgumentException>(() => MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Regression), options));
        Assert.Contains("MetaTrainingOptions.TaskWeighting must be", error.Message, StringComparison.Ordinal);
        Assert.Contains("got PcGradWeightingOptions", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_NothingTrainedByGradients_WarnsThatWeightsChangeNothing()
    {
        var warnings = new List<string>();
        var options = new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), TaskWeighting = new SizeWeightingOptions() };
        MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Regression), options, warn: warnings.Add);
        Assert.Contains(warnings, warning => warning.Contains("task weights", StringComparison.Ordinal));
    }

    private static MetaTrainingOptions Options(TaskWeightingOptions weighting) => new()
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [256, 256], EmbeddingDimension = 32 },
        TaskWeighting = weighting,
        MaximumNumberOfIterations = 4,
        Seed = 3,
    };

    private static double[] Losses(TaskSet set, TaskWeightingOptions weighting, int threads = 1)
    {
        var reports = new List<TrainingProgress>();
        MetaTrainer.Train(set, Options(weighting) with { NumberOfThreads = threads, Progress = new Reports(reports.Add) });
        return [.. reports.Select(report => report.TrainingLoss)];
    }

    private static (LearningProblem Problem, EpisodeBatch[] Parts) Batches(EncoderOptions encoder, AdapterOptions adapter, bool sparse)
    {
        List<TaskRow> rows = Some.Tasks(5, 12);
        foreach (TaskRow row in rows.Where(_ => sparse))
            row.Features[^1] = row.Features[row.Task is "task0" or "task1" ? 0 : 1] = 0; // a column that only one part has
        TaskSet set = CoreData.Of(rows, LabelKind.Regression, sparse: sparse);
        var options = new MetaTrainingOptions { Encoder = encoder, Adapter = adapter, ValidationFraction = 0 };
        options.Validate(LabelKind.Regression);
        var problem = new LearningProblem(new PreparedProblem(set, options, null, null, fewestTasks: 2), options);
        Episode[] episodes = [.. problem.Tasks.Tasks.Select(task => new Episode(task, [0, 1, 2, 3, 4], [5, 6, 7], []))];
        return (problem, [.. new[] { episodes[..2], episodes[2..] }.Select(some => EpisodeBatch.Create(problem.Tasks, some, null, dtype: ScalarType.Float64))]);
    }

    private static ParameterSet[] Leaves(LearningProblem problem)
    {
        var random = new Random(1);
        return [.. new[] { problem.Design.Encoder.Parameters, problem.Design.Adapter.Parameters }.Select(specs =>
            ParameterSet.FromArrays(specs, ParameterArray.Initialize(specs, random), dtype: ScalarType.Float64).Map((_, value) => value.requires_grad_()))];
    }

    private static double[] OneByOne(LearningProblem problem, EpisodeBatch batch, int task, bool lastLayer)
    {
        ParameterSet[] leaves = Leaves(problem);
        OuterShard.Losses(problem, batch, leaves[0], leaves[1]).Outer[task].backward();
        IEnumerable<Tensor> looked = lastLayer ? leaves[0].Tensors.SkipLast(1).Last().dim() > 1 ? leaves[0].Tensors.TakeLast(2) : leaves[0].Tensors.TakeLast(4) : leaves[0].Tensors;
        return [.. looked.SelectMany(leaf => leaf.grad!.reshape(-1).data<double>())];
    }
}
