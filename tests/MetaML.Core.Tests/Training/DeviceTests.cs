using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.Tasks;
using MetaML.TestKit;
using MetaML.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Training;

public sealed class DeviceTests
{
    // Shapes and devices without values: an operation on tensors of several devices is an error there, as it is on a graphics card.
    private static readonly Device s_shapesOnly = new(DeviceType.META);

    /// <summary>Apart from those that cannot compute without values: logistic regression is fitted outside libtorch by design, and layer normalisation, which FiLM needs, has no such form.</summary>
    public static TheoryData<AdapterCase> Adapters => new(AdapterConformance.Cases.Cast<object[]>().Select(row => (AdapterCase)row[0])
        .Where(adapter => adapter.Options is not (LogisticAdapterOptions or GradientAdapterOptions { Scope: GradientScope.Film })));

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Step_EveryAdapter_MakesNoTensorElsewhere(AdapterCase adapter) =>
        Descend(adapter.Tasks(12), new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [7], EmbeddingDimension = 5 }, Adapter = adapter.Options, ClassSets = adapter.ClassSets });

    [Fact]
    public void Step_SparseFeatures_MakesNoTensorElsewhere() =>
        Descend(CoreData.Of(Some.Tasks(), LabelKind.Binary, sparse: true), new MetaTrainingOptions { Encoder = new MlpEncoderOptions(), Adapter = new RidgeAdapterOptions() });

    [Fact]
    public void Step_AugmentedImages_MakesNoTensorElsewhere() =>
        Descend(CoreData.Of(Some.Tasks(), LabelKind.Binary), new MetaTrainingOptions { Encoder = new ConvolutionalEncoderOptions { Height = 2, Width = 3, Channels = 1, Blocks = 1, Filters = 4, Groups = 1, Augmentation = new() }, Adapter = new PrototypeAdapterOptions() });

    [Fact]
    public void ShapesOnly_TensorOfTheProcessor_IsRefused()
    {
        // Else the tests above could not fail.
        using var scope = NewDisposeScope();
        Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => zeros(3, device: s_shapesOnly).Plus(zeros(3)));
    }

    [Theory]
    [InlineData(null, 4, null)]
    [InlineData("cpu", 4, null)]
    [InlineData("cuda", 1, 0)]
    [InlineData("cuda:0", 1, 0)]
    [InlineData("cuda:3", 4, 3)]
    public void Choose_DeviceOfThisMachine_IsTaken(string? device, int cudaDevices, int? expected)
    {
        var log = new List<string>();
        Assert.Equal(expected, TrainingDevice.Choose(new MetaTrainingOptions { Device = device }, () => cudaDevices, log.Add).Cuda);
        Assert.Equal(expected is null ? [] : [$"Device: cuda:{expected}, as asked for, one of {cudaDevices}."], log);
    }

    [Fact]
    public void Choose_Processor_AsksForNoCudaDevices() =>
        Assert.Null(TrainingDevice.Choose(new MetaTrainingOptions(), () => throw new InvalidOperationException("asked"), null).Cuda);

    [Theory]
    [InlineData("cuda", 0, "'cuda', and the native torch library can use no CUDA device here")]
    [InlineData("cuda:2", 2, "'cuda:2', and there are 2 CUDA devices, numbered from 0")]
    public void Choose_DeviceThatIsAbsent_SaysSoOrFallsBack(string device, int cudaDevices, string got)
    {
        var options = new MetaTrainingOptions { Device = device };
        string message = Assert.Throws<InvalidOperationException>(() => TrainingDevice.Choose(options, () => cudaDevices, null)).Message;
        Assert.StartsWith($"MetaTrainingOptions.Device must be a device of this machine; got {got}. Training cannot start. Add the package TorchSharp-cuda", message, StringComparison.Ordinal);
        var log = new List<string>();
        Assert.Null(TrainingDevice.Choose(options with { FallbackToCpu = true }, () => cudaDevices, log.Add).Cuda);
        Assert.StartsWith($"Device: cpu, since '{device}' was asked for", Assert.Single(log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:0:0")]
    [InlineData("cpu:0")]
    public void Validate_NameOfNoDevice_Throws(string device)
    {
        string message = Assert.Throws<ArgumentException>(() => new MetaTrainingOptions { Device = device }.Validate(LabelKind.Binary)).Message;
        Assert.StartsWith($"MetaTrainingOptions.Device must be \"cpu\", \"cuda\" or \"cuda:\" and a device's number; got '{device}'.", message, StringComparison.Ordinal);
        Assert.StartsWith("SelfSupervisedOptions.Device must be", Assert.Throws<ArgumentException>(() => new SelfSupervisedOptions { Device = device }.Validate()).Message, StringComparison.Ordinal);
    }

    [CudaFact]
    public void Train_Cuda_LearnsAsOnTheProcessor()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Regression);
        double LossOn(string device)
        {
            double loss = 0;
            MetaTrainer.Train(set, new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [16] }, Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 50, Device = device, Progress = new Reports(report => loss = report.ValidationLoss!.Value) });
            return loss;
        }

        Assert.Equal(LossOn("cpu"), LossOn("cuda"), 0.02);
    }

    [NoCudaFact]
    public void Train_CudaThatIsAbsent_ThrowsOrFallsBack()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        var options = new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [4] }, MaximumNumberOfIterations = 2, Device = "cuda" };
        Assert.Contains("must be a device of this machine", Assert.Throws<InvalidOperationException>(() => MetaTrainer.Train(set, options)).Message, StringComparison.Ordinal);
        var log = new List<string>();
        MetaTrainer.Train(set, options with { FallbackToCpu = true }, log.Add);
        Assert.Contains(log, line => line.StartsWith("Device: cpu, since", StringComparison.Ordinal));
    }

    // What an outer step computes on its device, from the episodes' rows to new parameters.
    private static void Descend(TaskSet set, MetaTrainingOptions options)
    {
        using var scope = NewDisposeScope();
        var problem = new LearningProblem(set, options, null, null, 2);
        var random = new Random(1);
        IReadOnlyList<ParameterSpec> encoder = problem.Design.Encoder.Parameters, adapter = problem.Design.Adapter.Parameters;
        var parameters = new TrainedParameters([(encoder, ParameterArray.Initialize(encoder, random)), (adapter, ParameterArray.Initialize(adapter, random))], s_shapesOnly);
        ParameterSet[] leaves = parameters.Sets(areLeaves: true);
        EpisodeBatch batch = problem.Gather(problem.Source.Training.Draw(random), null, s_shapesOnly).WithFeatures(features => problem.Design.Encoder.Augment(features, random));
        var (query, outer) = OuterShard.Losses(problem, batch, leaves[0], leaves[1]);
        outer.sum(0L).backward();
        Tensor gradient = zeros_like(parameters.Theta);
        parameters.CopyGradients(leaves, gradient);
        new AdamOptimizer(parameters).Step(gradient, 0.1);
        Assert.All(new[] { query, outer, gradient, parameters.Theta }, tensor => Assert.Equal(DeviceType.META, tensor.device_type));
        Assert.Contains(leaves.SelectMany(set => set.Tensors), leaf => leaf.grad is not null);
    }
}
