using MetaML.Data;
using MetaML.Models;
using MetaML.Parameters;
using MetaML.TestKit;
using MetaML.Training;
using MetaML.Training.Checkpoints;
using MetaML.Training.Loop;
using MetaML.Training.Shards;
using MetaML.Weighting;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Training.Shards;

/// <summary>Training by the gradients of shards.</summary>
public sealed class ShardedTrainingTests
{
    private static readonly MetaTrainingOptions s_options = new()
    {
        MaximumNumberOfIterations = 12,
        EarlyStopping = new() { EvaluationInterval = 4 },
        CheckpointInterval = 5,
        Episodes = new() { TasksPerIteration = 8 },
    };

    [Theory]
    [InlineData(LabelKind.Regression)]
    [InlineData(LabelKind.Binary)]
    [InlineData(LabelKind.Multiclass)]
    public void Train_OneShard_IsTheLoopOfOneProcess(LabelKind kind)
    {
        TaskSet tasks = CoreData.Of(Some.Tasks(24, 30), kind);
        MetaModel model = Untrained(tasks, kind == LabelKind.Multiclass ? new LogisticAdapterOptions() : new RidgeAdapterOptions());
        MetaTrainingOptions options = s_options with { Encoder = model.EncoderOptions, Adapter = model.AdapterOptions, NumberOfThreads = 1, Seed = 0 };
        var problem = new LearningProblem(new PreparedProblem(tasks, options, null, null, fewestTasks: 1), options);
        using var loop = new OuterLoop(
            [(problem.Design.Encoder.Parameters, [.. model.EncoderValues]), (problem.Design.Adapter.Parameters, [.. model.AdapterValues])],
            parameters => new EpisodeGradients([problem], new FixedWeighting(tasks.Tasks.Select(_ => 1.0)), model.Scaling, parameters, options),
            options,
            CPU);
        var (encoder, adapters) = loop.Run(new TrainingRun(null, null, new TrainingStop(options), null), null);
        MetaModel sharded = Train(model, [new GradientShard(model, tasks, s_options, 0, 1)], null);
        Assert.Equal(encoder.Concat(adapters[0]).SelectMany(parameter => parameter.Values), sharded.EncoderValues.Concat(sharded.AdapterValues).SelectMany(parameter => parameter.Values));
        Assert.NotEqual(model.EncoderValues[0].Values, sharded.EncoderValues[0].Values);
        Assert.Equal((24, loop.Outcome.ValidationLoss, loop.Outcome.ValidationEpisodes), (sharded.Training!.TaskCount, sharded.Training.ValidationLoss, sharded.Training.ValidationEpisodes));
    }

    [Fact]
    public void Step_SumsByTheNumberOfTasksOfEachShard()
    {
        using var scope = NewDisposeScope();
        var parameters = new TrainedParameters([([ParameterSpec.Constant("a", 1, 2)], [new ParameterArray("a", [1, 1])])], CPU);
        var source = new ShardedGradients(
            parameters,
            (theta, iteration, progress) =>
            {
                Assert.Equal([1f, 1f], theta);
                Assert.Equal((7, 0.5), (iteration, progress));
                return [new(1, [1, 0]), new(2, [0, 8])];
            },
            theta => [new(30, 300, 0, 0), new(10, 50, 4, 3)]);
        Assert.Equal(3, source.Evaluate()); // only one shard holds something out
        Assert.Equal((40, 350L, 4), (source.Tasks, source.Rows, source.ValidationEpisodes));
        float[] gradient = [];
        Assert.Equal(1.25, source.Step(7, 0.5, given => gradient = ParameterSet.ToArray(given)));
        Assert.Equal([0.75f, 2f], gradient);
    }

    [Fact]
    public void Train_FromAnyCheckpoint_GivesTheSameBits()
    {
        MetaModel model = Untrained(CoreData.Of(Some.Tasks(24, 30), LabelKind.Regression), new RidgeAdapterOptions());
        GradientShard[] shards = Shards(model, 3);
        var states = new List<byte[]>();
        byte[] expected = Bytes.Of(Train(model, shards, new CheckpointStage(5, null, (state, _) => states.Add(state))).Write);
        Assert.Equal(4, states.Count); // at the start, after 5 and 10 steps, and at the end
        foreach (byte[] state in states)
            Assert.Equal(expected, Bytes.Of(Train(model, Shards(model, 3), new CheckpointStage(5, state, (_, _) => { })).Write));
        Assert.NotEqual(expected, Bytes.Of(Train(model, Shards(model, 2), null).Write));
    }

    [Fact]
    public void Train_LowersTheValidationLoss()
    {
        MetaModel model = Untrained(CoreData.Of(Some.Tasks(40, 40), LabelKind.Regression), new RidgeAdapterOptions());
        GradientShard[] shards = Shards(model, 4);
        MetaModel trained = ShardedTraining.Train(model, s_options with { MaximumNumberOfIterations = 150 }, Differentiate(shards), Validate(shards), null);
        Assert.True(trained.Training!.ValidationLoss < 0.8 * First());

        double First()
        {
            using var scope = NewDisposeScope();
            return new ShardedGradients(new TrainedParameters([(model.Design.Encoder.Parameters, [.. model.EncoderValues]), (model.Design.Adapter.Parameters, [.. model.AdapterValues])], CPU), Differentiate(shards), Validate(shards)).Evaluate()!.Value;
        }
    }

    [Fact]
    public void Differentiate_OnAnyThread_GivesTheSameBits()
    {
        MetaModel model = Untrained(CoreData.Of(Some.Tasks(24, 30), LabelKind.Regression), new RidgeAdapterOptions());
        GradientShard shard = Shards(model, 2)[1];
        float[] theta = new float[model.EncoderValues.Concat(model.AdapterValues).Sum(parameter => parameter.Values.Length)];
        new Random(1).NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(theta.AsSpan()));
        theta = Array.ConvertAll(theta, value => value % 0.1f is var small && float.IsFinite(small) ? small : 0);
        float[][] gradients = [.. Enumerable.Range(0, 8).AsParallel().Select(_ => shard.Differentiate(theta, 3, 0.2).Gradient)];
        Assert.Contains(gradients[0], value => value != 0);
        Assert.All(gradients, gradient => Assert.Equal(gradients[0], gradient));
        Assert.NotEqual(gradients[0], shard.Differentiate(theta, 4, 0.2).Gradient);
        Assert.Contains("trained values", Assert.Throws<ArgumentException>(() => shard.Differentiate(theta[1..], 3, 0.2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NeedsPrior_SaysWhatIsLeft()
    {
        TaskSet values = CoreData.Of(Some.Tasks(), LabelKind.Regression), answers = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        Assert.False(ShardedTraining.NeedsPrior(Untrained(values, new RidgeAdapterOptions())));
        Assert.False(ShardedTraining.NeedsPrior(Untrained(answers, new BayesianAdapterOptions()))); // gradients learn all that scores depend on
        Assert.True(ShardedTraining.NeedsPrior(Untrained(values, new BayesianAdapterOptions()))); // the noise
        Assert.True(ShardedTraining.NeedsPrior(Untrained(answers, new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes })));
        AssertRefused("pooled_prototypes", Untrained(answers, new PrototypeAdapterOptions()));
        AssertRefused("Bayesian adapter", Untrained(values, new BayesianAdapterOptions { Noise = PriorNoise.PerTask }));
        AssertRefused("nothing to train", MetaTrainer.Train(values, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), Seed = 1 }));
    }

    private static void AssertRefused(string part, MetaModel model) =>
        Assert.Contains(part, Assert.Throws<ArgumentException>(() => ShardedTraining.NeedsPrior(model)).Message, StringComparison.Ordinal);

    private static MetaModel Untrained(TaskSet tasks, AdapterOptions adapter) =>
        MetaTrainer.Train(tasks, new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 8 }, Adapter = adapter, MaximumNumberOfIterations = 0, Seed = 1 });

    // Of different sizes.
    private static GradientShard[] Shards(MetaModel model, int count)
    {
        TaskSet all = CoreData.Of(Some.Tasks(24, 30), LabelKind.Regression);
        return [.. Enumerable.Range(0, count).Select(k => new GradientShard(model, all.With([.. all.Tasks.Where((_, t) => t * t % count == k || t % count == k)]), s_options, k, count))];
    }

    private static MetaModel Train(MetaModel model, GradientShard[] shards, CheckpointStage? checkpoint) => ShardedTraining.Train(model, s_options, Differentiate(shards), Validate(shards), checkpoint);

    private static Func<float[], int, double, IReadOnlyList<ShardGradient>> Differentiate(GradientShard[] shards) =>
        (theta, iteration, progress) => Array.ConvertAll(shards, shard => shard.Differentiate(theta, iteration, progress));

    private static Func<float[], IReadOnlyList<ShardValidation>> Validate(GradientShard[] shards) => theta => Array.ConvertAll(shards, shard => shard.Validate(theta));
}
